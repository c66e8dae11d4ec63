"""Make the environment of a release from its requirements lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freebsd_port.cli.options import Common, common_options, pass_common, venv_option
from freebsd_port.cli.render import print_json, say

if TYPE_CHECKING:
    from freebsd_port.openstack.store.python.installer import Installer

SECTION = "Apply"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port venv
  freebsd-port venv --release 2025.1 --python 3.11
  freebsd-port venv --venv /usr/local/nova --installer uv"""


@click.command("venv", epilog=_EPILOG)
@venv_option
@click.option(
    "--python",
    metavar="PYTHON",
    help="Interpreter for the environment: a path, a command or a version.",
)
@click.option(
    "--installer",
    type=click.Choice(["pip", "uv"]),
    help="Program that installs the packages; uv, which is faster, if it is in PATH, otherwise "
    "pip.",
)
@common_options
@pass_common
def command(common: Common, python: str | None, installer: Installer | None) -> None:
    """If the environment exists and agrees with the lock, nothing is done."""
    from freebsd_port.openstack.ops.release.venv import make_environment

    project = common.project()
    release = project.load_release(common.release)
    root = (common.venv or project.environment(release.name)).absolute()
    done = make_environment(
        project,
        release,
        root,
        python=python,
        installer=installer,
        progress=common.progress,
    )
    if common.as_json:
        print_json(
            {
                "ok": True,
                "verb": "venv",
                "outcome": done.outcome,
                "place": str(done.environment.root),
                "release": done.release.name,
                "python": done.environment.version,
                "pins": {pin.distribution: pin.version for pin in done.release.pins},
            }
        )
    elif common.verbosity >= 0:
        pins = ", ".join(f"{pin.distribution} {pin.version}" for pin in done.release.pins)
        place = f"{done.environment.root}, Python {done.environment.version}"
        say(f"{done.outcome} {place}: {pins}")
