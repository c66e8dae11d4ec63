"""Lock the requirements of a release, with hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freebsd_port.cli.options import Common, common_options, pass_common
from freebsd_port.cli.render import count, paint, print_error, print_json, problem_rows, say

SECTION = "Rebase"
PLACE = 3


if TYPE_CHECKING:
    from freebsd_port.openstack.ops.release.requirements_lock import LockResult

_EPILOG = """\b
Examples:
  freebsd-port lock --release 2026.2
  freebsd-port lock --check"""


@click.command("lock", epilog=_EPILOG)
@click.option(
    "--check", "only_check", is_flag=True, help="Only check the present lock, without the network."
)
@common_options
@pass_common
def command(common: Common, only_check: bool) -> None:
    """Resolve the requirements with pip-tools, and write requirements.txt.

    Markers are evaluated for FreeBSD as well as Linux, and every difference is reported.
    """
    from freebsd_port.openstack.ops.release.requirements_lock import check_lock, lock_release

    project = common.project()
    release = project.load_release(common.release)
    if only_check:
        result = check_lock(project, release)
    else:
        result = lock_release(project, release, progress=common.progress)
    if common.as_json:
        print_json(_as_json(result))
    else:
        _show(common, result)
    if result.problems:
        click.get_current_context().exit(1)


def _show(common: Common, result: LockResult) -> None:
    for problem in result.problems:
        print_error(problem)
    if common.verbosity >= 0:
        for one in result.differences:
            pythons = ", ".join(one.pythons)
            say(f"{one.system:7} Python {pythons}: {one.distribution} {paint(one.kind, 'warn')}")
        for path in result.changed:
            say(f"wrote {path}")
        locked = count(len(result.locked), "package")
        if result.tests:
            locked += f" and {len(result.tests)} for upstream's tests"
        say(f"{result.release.name}: {locked} locked, {count(len(result.problems), 'problem')}")


def _as_json(result: LockResult) -> dict[str, object]:
    return {
        "ok": not result.problems,
        "verb": "lock",
        "release": result.release.name,
        "locked": len(result.locked),
        "locked_for_tests": len(result.tests),
        "changed": [str(path) for path in result.changed],
        "differences": [
            {
                "distribution": one.distribution,
                "system": one.system,
                "pythons": list(one.pythons),
                "kind": one.kind,
                "problem": one.is_problem,
            }
            for one in result.differences
        ],
        "problems": problem_rows(result.problems),
    }
