"""Remove patches from the top."""

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
PLACE = 4


_EPILOG = """\b
Examples:
  freebsd-port pop
  freebsd-port pop 3
  freebsd-port pop oslo.privsep/privsep-posix-imports.patch
  freebsd-port pop -a"""


@click.command("pop", epilog=_EPILOG)
@click.argument("distance", required=False, metavar="[NUMBER|PATCH]", shell_complete=complete_patch)
@click.option(
    "-a",
    "--all",
    "is_all",
    is_flag=True,
    help="Remove all patches; every file gets its original bytes back.",
)
@target_options
@click.option("-n", "--dry-run", is_flag=True, help="Show the plan and write nothing.")
@click.option(
    "-f",
    "--force",
    is_flag=True,
    help="Overwrite files edited by hand, keeping copies; forget distributions replaced since.",
)
@common_options
@pass_common
def command(common: Common, distance: str | None, is_all: bool, dry_run: bool, force: bool) -> None:
    """Remove the top patch, the top NUMBER of patches, or all patches above PATCH."""
    from freebsd_port.cli.options import read_distance
    from freebsd_port.cli.views.convergence import show_convergence
    from freebsd_port.engine.ops.apply.apply import pop_patches

    goal = read_distance(distance, is_all=is_all)
    done = pop_patches(common.workspace(), goal, force=force, dry_run=dry_run)
    show_convergence(common, "pop", done)
