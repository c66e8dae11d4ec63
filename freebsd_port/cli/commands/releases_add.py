"""Add a release, or change the pins of one."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import click

from freebsd_port.cli.complete import complete_release
from freebsd_port.cli.options import Common, output_options, pass_common
from freebsd_port.cli.render import count, paint, print_json, say

SECTION = "Verbs"
PLACE = 2


if TYPE_CHECKING:
    from freebsd_port.openstack.ops.release.add import AddedRelease

_EPILOG = """\b
Examples:
  freebsd-port releases add 2026.2 --pin nova=34.0.1
  freebsd-port releases add 2027.1 --pin nova=35.0.0 --constraints upper-constraints.txt
  freebsd-port releases add 2027.1 --pin nova=35.0.0 --constraints FILE --python '>=3.12,<3.15'

\b
OpenStack's constraints are at https://releases.openstack.org/constraints/upper/NAME"""


@click.command("add", epilog=_EPILOG)
@click.argument("name", shell_complete=complete_release)
@click.option(
    "--pin",
    "pins",
    multiple=True,
    metavar="NAME=VERSION",
    help="Pin this version of a distribution.",
)
@click.option(
    "--python",
    metavar="RANGE",
    help="Pythons that it supports; by default those of the nearest release.",
)
@click.option("--codename", metavar="TEXT", help="Codename; by default NAME.")
@click.option(
    "--constraints",
    type=click.File("rb"),
    metavar="FILE",
    help="OpenStack's upper-constraints, - for standard input; the other pins come from it.",
)
@click.option(
    "--require", "requires", multiple=True, metavar="TEXT", help="Additional requirement."
)
@output_options
@pass_common
def command(
    common: Common,
    name: str,
    pins: tuple[str, ...],
    python: str | None,
    codename: str | None,
    constraints: IO[bytes] | None,
    requires: tuple[str, ...],
) -> None:
    """Pin a release, and lock its requirements.

    The names and hashes of the wheels come from the package index, requirements.in from the nearest
    release. Locking all packages takes minutes; if it fails, nothing changes.
    """
    from freebsd_port.openstack.core.release.new_release import parse_move
    from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS
    from freebsd_port.openstack.ops.release.add import Constraints, Wishes, add_release

    if not (pins or python or codename or constraints or requires):
        raise click.UsageError("nothing to change: name a version with --pin")
    read = Constraints(constraints.read(), constraints.name) if constraints else None
    project = common.project()
    pinned: tuple[str, ...] = PATCHED_DISTRIBUTIONS
    if name in project.release_names():
        pinned = tuple(pin.distribution for pin in project.load_release(name).pins)
    versions = dict(parse_move(pin, pinned) for pin in pins)
    wishes = Wishes(versions, python, codename, read, requires)
    done = add_release(project, name, wishes, common.progress)
    if common.as_json:
        print_json(_as_json(done))
    elif common.verbosity >= 0:
        _show(done)


def _next(done: AddedRelease) -> str:
    return f"freebsd-port rebase --to {done.release.name}"


def _show(done: AddedRelease) -> None:
    for distribution, before, version in done.moved:
        was = f"{before} -> " if before else ""
        say(f"{paint(done.release.name, 'strong')} {distribution} {was}{version}")
    for path in done.changed:
        say(f"wrote {path}")
    for lock in done.locks:
        say(f"{lock.release.label}: {count(len(lock.locked), 'package')} locked")
    if done.moved:
        say(f"  try:   {_next(done)}")


def _as_json(done: AddedRelease) -> dict[str, Any]:
    return {
        "ok": True,
        "verb": "releases add",
        "release": done.release.name,
        "model": done.model,
        "pins": {pin.distribution: pin.version for pin in done.release.pins},
        "moved": [
            {"distribution": distribution, "before": before, "version": version}
            for distribution, before, version in done.moved
        ],
        "locked": len(done.locks[0].locked),
        "changed": [str(path) for path in done.changed],
        "try": _next(done) if done.moved else None,
    }
