"""Apply the next patches."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_patch,
    pass_common,
    target_options,
)

SECTION = "Apply"
PLACE = 3


_EPILOG = """\b
Examples:
  freebsd-port push
  freebsd-port push 3
  freebsd-port push nova/host-cpumap-fallback.patch
  freebsd-port push -a"""


@click.command("push", epilog=_EPILOG)
@click.argument("distance", required=False, metavar="[NUMBER|PATCH]", shell_complete=complete_patch)
@click.option("-a", "--all", "is_all", is_flag=True, help="Apply all remaining patches.")
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
@common_options
@pass_common
def command(
    common: Common, distance: str | None, is_all: bool, dry_run: bool, force: bool, fuzz: int
) -> None:
    """Apply the next patch, the next NUMBER of patches, or all patches up to PATCH."""
    from freebsd_port.cli.options import read_distance
    from freebsd_port.cli.views.convergence import show_convergence
    from freebsd_port.engine.ops.apply.apply import push_patches

    goal = read_distance(distance, is_all=is_all)
    done = push_patches(common.workspace(), goal, fuzz=fuzz, force=force, dry_run=dry_run)
    show_convergence(common, "push", done)
