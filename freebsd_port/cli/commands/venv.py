"""Make the environment of a release's role from its requirements lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freebsd_port.cli.options import Common, common_options, environment_options, pass_common
from freebsd_port.cli.render import print_json, say

if TYPE_CHECKING:
    from freebsd_port.openstack.store.python.installer import Installer

SECTION = "Apply"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port venv
  freebsd-port venv --release 2025.1 --python 3.11
  freebsd-port venv --role control
  freebsd-port venv --venv /usr/local/nova --installer uv"""


@click.command("venv", epilog=_EPILOG)
@environment_options
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
    """If the environment exists and agrees with the lock, nothing is done.

    The role says which services it is for; the default, compute, is nova. An environment remembers
    its role. `freebsd-port releases -v` lists the roles of each release.
    """
    from freebsd_port.openstack.ops.release.venv import make_environment
    from freebsd_port.openstack.ops.series import find_place, find_role

    project = common.project()
    release = project.load_release(common.release)
    root = find_place(project, release, common.venv, common.role).absolute()
    done = make_environment(
        project,
        release,
        root,
        role=common.role or find_role(root, None),
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
                "role": done.release.role,
                "python": done.environment.version,
                "pins": {pin.distribution: pin.version for pin in done.release.pins},
            }
        )
    elif common.verbosity >= 0:
        pins = ", ".join(f"{pin.distribution} {pin.version}" for pin in done.release.pins)
        place = f"{done.environment.root}, Python {done.environment.version}"
        say(f"{done.outcome} {place}: {pins}")
