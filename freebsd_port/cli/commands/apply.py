"""Apply the series to an environment or to any directory."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    target_options,
)

SECTION = "Apply"
PLACE = 2


_EPILOG = """\b
Examples:
  freebsd-port apply
  freebsd-port apply --dry-run -v --release 2025.1
  freebsd-port apply --tree src --series debian/patches/series --patches debian/patches --fuzz 2"""


@click.command("apply", epilog=_EPILOG)
@target_options
@click.option("-n", "--dry-run", is_flag=True, help="Show the plan and write nothing.")
@click.option(
    "-f", "--force", is_flag=True, help="Overwrite files edited by hand; keep copies of them."
)
@click.option(
    "-F",
    "--fuzz",
    type=click.IntRange(0, 3),
    default=0,
    show_default=True,
    help="Context lines that may differ, as in patch -F.",
)
@click.option(
    "--verify", is_flag=True, help="Then run the checks, unless this state is verified already."
)
@offline_option
@common_options
@pass_common
def command(
    common: Common, dry_run: bool, force: bool, fuzz: int, verify: bool, offline: bool
) -> None:
    """All or nothing: nothing is written unless every hunk fits.

    All hunks that do not fit are reported together. A patch that changed since it was applied is
    replaced; if nothing changed, nothing is written. Without an environment, --dry-run plans on the
    wheels of the release.
    """
    from freebsd_port.cli.views.convergence import convergence_json, show_convergence
    from freebsd_port.engine.ops.apply.apply import apply_series

    if verify and (common.tree is not None or dry_run):
        raise click.UsageError("--verify needs an environment, and excludes --dry-run")
    if dry_run and not common.has_place():
        from freebsd_port.cli.views.convergence import show_sources

        show_sources(common, "apply", is_offline=offline, fails=True)
        return
    workspace = common.workspace()
    done = apply_series(workspace, fuzz=fuzz, force=force, dry_run=dry_run)
    if not (verify and common.as_json):
        show_convergence(common, "apply", done)
    if verify:
        from freebsd_port.cli.views.verify import verify_and_show

        before = convergence_json("apply", done)
        verify_and_show(common, workspace, platforms=(), again=False, before=before)
