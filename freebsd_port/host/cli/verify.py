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
Exit status: 0 all is as it should be, 1 something is not, 2 usage."""


@click.command(epilog=_EPILOG)
@click.option("--boot", "image", metavar="IMAGE", help="Boot a guest from it, and delete it.")
@click.option("--network", metavar="NETWORK", help="Give that guest an interface there.")
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="How long that guest may take to start, and again to go.",
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
    """Say whether nova's services on this host are up, and its numbers in placement are right.

    It asks the compute API and placement as nova's own user of keystone, looks at databases and
    cells, and holds CPUs, memory, disk and traits against what the host says of itself. With
    --boot, IMAGE is a name or ID in glance; the guest has 1 CPU, 512 MiB, a flavor of its own and
    no network unless one is named. Both are deleted again, also after a failure or Ctrl-C.
    """
    from freebsd_port.errors import UsageError
    from freebsd_port.host.ops.answers import load_answers
    from freebsd_port.host.ops.doctor import load_recording
    from freebsd_port.host.ops.guest import GuestWish
    from freebsd_port.host.ops.verify import verify_host

    if network and not image:
        raise UsageError("--network is for the guest of --boot", hint="name an image too: --boot")
    answers = load_answers(answers_path)
    host = load_recording(recording) if recording else None
    wish = GuestWish(image, network, seconds) if image else None
    found = verify_host(answers, passwords_path, root, host, wish, common.progress)
    if not show_diagnoses(common, "host verify", found):
        raise click.exceptions.Exit(1)
