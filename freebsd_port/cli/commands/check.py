"""`freebsd-port check`."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    venv_option,
)
from freebsd_port.cli.render import count, paint, print_error, print_json, problem_rows, say
from freebsd_port.errors import PortError
from freebsd_port.openstack.ops.inspect.check import CheckResult

_EPILOG = """\b
Examples:
  freebsd-port check
  freebsd-port check --release 2026.2 --offline
  freebsd-port check --venv /usr/local/nova
  freebsd-port check --write-lock --release 2026.2
  freebsd-port check --require-reviewed"""


@click.command("check", epilog=_EPILOG)
@venv_option
@offline_option
@click.option("--write-lock", is_flag=True, help="Write the release's series.lock anew.")
@click.option(
    "--require-reviewed",
    is_flag=True,
    help="Every hunk that a carried release takes must be approved as it is.",
)
@common_options
@pass_common
def command(common: Common, offline: bool, write_lock: bool, require_reviewed: bool) -> None:
    """Find where series, files, headers, locks and pins disagree; all findings at once.

    Looks at every release unless --release names one. With --venv, an environment that is not
    as the series leaves it is a finding too.
    """
    from freebsd_port.openstack.ops.inspect.check import (
        check_project,
        check_reviews,
        check_workspace,
    )

    result = check_project(
        common.project(),
        common.release,
        write_lock=write_lock,
        is_offline=offline,
        progress=common.progress,
    )
    findings = result.findings
    if common.venv is not None:
        findings += check_workspace(common.workspace)
    if require_reviewed:
        findings += check_reviews(
            common.project(), common.release, is_offline=offline, progress=common.progress
        )
    _show(common, result, findings)
    if findings:
        click.get_current_context().exit(1)


def _show(common: Common, result: CheckResult, findings: tuple[PortError, ...]) -> None:
    if common.as_json:
        print_json(
            {
                "ok": not findings,
                "verb": "check",
                "patches": result.patches,
                "releases": list(result.releases),
                "uncarried": list(result.uncarried),
                "judge": result.judge,
                "written": [str(path) for path in result.written],
                "problems": problem_rows(findings),
            }
        )
    else:
        for finding in findings:
            print_error(finding)
        if common.verbosity >= 0:
            for path in result.written:
                say(f"wrote {path}")
            for name in result.uncarried:
                say(paint(f"{name}: no series.lock, the series was not carried to it", "dim"))
            if result.judge is not None:
                say(paint(f"computed once more by {result.judge}", "dim"))
            looked = f"{count(result.patches, 'patch')}, {count(len(result.releases), 'release')}"
            say(f"{looked}: {count(len(findings), 'finding')}")
