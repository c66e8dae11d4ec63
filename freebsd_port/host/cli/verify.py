"""Check nova's services, cells and resources; boot a guest."""

from __future__ import annotations

from pathlib import Path

import click

from freebsd_port.cli.options import Common, output_options, pass_common
from freebsd_port.host.cli.diagnoses import show_diagnoses
from freebsd_port.host.cli.options import (
    answers_option,
    passwords_option,
    recorded_option,
    root_option,
)

SECTION = "Verbs"
PLACE = 6


_EPILOG = """\b
Examples:
  freebsd-port host verify
  freebsd-port host verify --boot FreeBSD-14.3
  freebsd-port host verify --boot FreeBSD-14.3 --network private --timeout 600
  freebsd-port host verify -q --json

\b
Exit status: 0 everything is right, 1 something is not, 2 usage."""


@click.command(epilog=_EPILOG)
@click.option(
    "--boot", "image", metavar="IMAGE", help="Boot a guest from this image, and delete it."
)
@click.option("--network", metavar="NETWORK", help="Connect the guest to this network.")
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="Time limit for the guest to start, and for its deletion.",
)
@recorded_option
@passwords_option
@root_option
@answers_option
@output_options
@pass_common
def command(
    common: Common,
    image: str | None,
    network: str | None,
    seconds: float,
    recording: Path | None,
    passwords_path: Path,
    root: Path,
    answers_path: Path,
) -> None:
    """Ask the compute API and placement as nova's own user, and look at databases and cells.

    CPUs, memory, disk and traits in placement are compared with what the host reports. IMAGE is a
    name or ID in glance; the guest has 1 CPU, 512 MiB, a flavor of its own, and a network only if
    you name one. Guest and flavor are deleted afterwards, even after a failure or Ctrl-C.
    """
    from freebsd_port.errors import UsageError
    from freebsd_port.host.ops.answers import load_answers
    from freebsd_port.host.ops.doctor import load_recording
    from freebsd_port.host.ops.guest import GuestWish
    from freebsd_port.host.ops.verify import verify_host

    if network and not image:
        raise UsageError("--network needs --boot", hint="name an image too: --boot IMAGE")
    answers = load_answers(answers_path)
    host = load_recording(recording) if recording else None
    wish = GuestWish(image, network, seconds) if image else None
    found = verify_host(answers, passwords_path, root, host, wish, common.progress)
    if not show_diagnoses(common, "host verify", found):
        raise click.exceptions.Exit(1)
