"""Report where series, files, headers, locks and pins disagree."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    venv_option,
)

SECTION = "Verify"
PLACE = 2

_EPILOG = """\b
Examples:
  freebsd-port check
  freebsd-port check --release 2026.2 --offline
  freebsd-port check --venv /usr/local/nova
  freebsd-port check --require-reviewed"""


@click.command("check", epilog=_EPILOG)
@venv_option
@offline_option
@click.option(
    "--require-reviewed",
    is_flag=True,
    help="Also report every hunk that is not approved in its present form.",
)
@common_options
@pass_common
def command(common: Common, offline: bool, require_reviewed: bool) -> None:
    """Check every release, unless --release names one, and report all findings at once.

    With --venv, also report where the environment differs from what the series makes of it.
    """
    from freebsd_port.cli.views.check import show_check
    from freebsd_port.openstack.ops.inspect.check import (
        check_project,
        check_reviews,
        check_workspace,
    )

    project = common.project()
    result = check_project(project, common.release, is_offline=offline, progress=common.progress)
    findings = result.findings
    if common.venv is not None:
        findings += check_workspace(common.workspace)
    if require_reviewed:
        findings += check_reviews(
            project, common.release, is_offline=offline, progress=common.progress
        )
    show_check(common, "check", result, findings)
