"""Report where series, files, headers, locks and pins disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freebsd_port.cli.options import (
    Common,
    fuzz_option,
    offline_option,
    output_options,
    pass_common,
    release_option,
    tree_options,
    venv_option,
)

if TYPE_CHECKING:
    from freebsd_port.engine.ops.inspect.check import SeriesCheck

SECTION = "Verify"
PLACE = 2

_EPILOG = """\b
Examples:
  freebsd-port check
  freebsd-port check --release 2026.2 --offline
  freebsd-port check --venv /usr/local/nova
  freebsd-port check --require-reviewed
  freebsd-port check --tree . --patches debian/patches --headers"""


@click.command("check", epilog=_EPILOG)
@venv_option
@offline_option
@click.option(
    "--require-reviewed",
    is_flag=True,
    help="Also report every hunk that is not approved in its present form.",
)
@click.option("--headers", is_flag=True, help="With --series: also ask for DEP-3's fields.")
@fuzz_option("With --series: allow this fuzz; by default 2, as quilt does.")
@tree_options
@release_option("OpenStack release; by default all.")
@output_options
@pass_common
def command(
    common: Common, offline: bool, require_reviewed: bool, headers: bool, fuzz: int | None
) -> None:
    """Check every release, unless --release names one, and report all findings at once.

    With --venv, also report where the environment differs from what the series makes of it.

    With --series or --patches, check that series instead: it and its files agree, and with --tree
    every patch applies on top of those before it.
    """
    from freebsd_port.cli.views.check import show_check, show_series_check

    if common.names_series():
        show_series_check(common, _check_series(common, fuzz, with_headers=headers))
        return
    if headers or fuzz is not None:
        raise click.UsageError("--headers and --fuzz need --series or --patches")
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


def _check_series(common: Common, fuzz: int | None, *, with_headers: bool) -> SeriesCheck:
    from freebsd_port.engine.core.apply.place import QUILT_FUZZ
    from freebsd_port.engine.ops.inspect.check import check_series

    return check_series(
        common.source(),
        None if common.tree is None else common.base(),
        max_fuzz=QUILT_FUZZ if fuzz is None else fuzz,
        with_headers=with_headers,
    )
