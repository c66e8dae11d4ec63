"""Lock the requirements of a release's roles, with hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freebsd_port.cli.options import Common, common_options, pass_common, role_option
from freebsd_port.cli.render import count, paint, print_error, print_json, problem_rows, say

SECTION = "Rebase"
PLACE = 3


if TYPE_CHECKING:
    from freebsd_port.openstack.ops.release.requirements_lock import LockResult

_EPILOG = """\b
Examples:
  freebsd-port lock --release 2026.2
  freebsd-port lock --role control
  freebsd-port lock --check"""


@click.command("lock", epilog=_EPILOG)
@click.option(
    "--check", "only_check", is_flag=True, help="Only check the present lock, without the network."
)
@role_option("Lock only this role; by default every role of the release.")
@common_options
@pass_common
def command(common: Common, only_check: bool) -> None:
    """Resolve the requirements with pip-tools, and write requirements.txt.

    Each role has its own requirements-ROLE.in and requirements-ROLE.txt; those of the role compute
    are requirements.in and requirements.txt. Markers are evaluated for FreeBSD as well as Linux,
    and every difference is reported.
    """
    from freebsd_port.openstack.ops.release.requirements_lock import check_lock, lock_release

    project = common.project()
    release = project.load_release(common.release)
    roles = release.role_names
    if common.role is not None:
        roles = (release.require_role(common.role).name,)
    results = [
        check_lock(project, release, role)
        if only_check
        else lock_release(project, release, role, progress=common.progress)
        for role in roles
    ]
    is_good = not any(result.problems for result in results)
    if common.as_json:
        first, *others = (_as_json(result) for result in results)
        about = {"ok": is_good, "verb": "lock", "release": release.name}
        problems = [problem for result in results for problem in result.problems]
        print_json({**about, **first, "roles": others, "problems": problem_rows(problems)})
    else:
        for result in results:
            _show(common, result)
    if not is_good:
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
        say(f"{result.release.label}: {locked} locked, {count(len(result.problems), 'problem')}")


def _as_json(result: LockResult) -> dict[str, object]:
    return {
        "role": result.release.role,
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
    }
