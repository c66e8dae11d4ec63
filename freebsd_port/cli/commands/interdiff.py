"""Show what changed in the series between two releases or revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freebsd_port.cli.complete import complete_release
from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    variant_option,
)
from freebsd_port.cli.render import print_json

if TYPE_CHECKING:
    from freebsd_port.engine.ops.inspect.interdiff import Interdiff

SECTION = "Review"
PLACE = 2


_EPILOG = """\b
Examples:
  freebsd-port interdiff 2026.1 2026.2
  freebsd-port interdiff HEAD~5
  freebsd-port interdiff --stat v0.1 main
  freebsd-port interdiff --exit-code HEAD --release 2025.1
  freebsd-port interdiff ../foo-1.0/debian/patches debian/patches

\b
Exit status: 0 done, 1 failed, or with --exit-code something differs, 2 usage."""


@click.command("interdiff", epilog=_EPILOG)
@click.argument("old", metavar="OLD", shell_complete=complete_release)
@click.argument("new", metavar="[NEW]", required=False, shell_complete=complete_release)
@click.option("--stat", is_flag=True, help="Print one line for each patch.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if something differs.")
@variant_option
@offline_option
@common_options
@pass_common
def command(
    common: Common, old: str, new: str | None, stat: bool, exit_code: bool, offline: bool
) -> None:
    """Compare releases, git revisions, a revision with the working tree, or two series.

    A series is a file or a directory that has one, such as debian/patches.

    Hunks are paired by the lines that they change, so other context or other line numbers are not
    confused with another meaning. For releases, the variants that each takes are shown, and with
    -v where every hunk is placed; -v also shows context. For revisions, --release chooses the
    variants to compare.
    """
    from freebsd_port.cli.views.interdiff import as_json, show_interdiff, show_stat

    found = _compare(common, old, new, is_offline=offline)
    if common.as_json:
        print_json(as_json(found, with_context=common.verbosity > 0))
    elif common.verbosity >= 0:
        show = show_stat if stat else show_interdiff
        show(found, is_verbose=common.verbosity > 0)
    if exit_code and any(patch.status != "same" for patch in found.patches):
        click.get_current_context().exit(1)


def _compare(common: Common, old: str, new: str | None, *, is_offline: bool) -> Interdiff:
    """Compare what the words name: two series, two releases, or revisions."""
    from freebsd_port.engine.ops.inspect.interdiff import compare_files, is_series
    from freebsd_port.openstack.ops.inspect.interdiff import (
        are_releases,
        compare_releases,
        compare_revisions,
    )

    if new is not None and is_series(old) and is_series(new):
        if common.release or common.options:
            raise click.UsageError("--release and --option are for the project's series")
        return compare_files(old, new)
    project = common.project()
    names = [old] if new is None else [old, new]
    if are_releases(project, names) and new is not None:
        if common.release:
            raise click.UsageError("--release is for revisions only")
        return compare_releases(
            project, old, new, common.options, is_offline=is_offline, progress=common.progress
        )
    release = project.load_release(common.release).name
    return compare_revisions(project, old, new, release, common.options)
