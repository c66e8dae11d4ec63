"""Take patches off from the top."""

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
@click.option("-a", "--all", "is_all", is_flag=True, help="Pop all; every byte comes back.")
@target_options
@click.option("-n", "--dry-run", is_flag=True, help="Show the plan, write nothing.")
@click.option(
    "-f",
    "--force",
    is_flag=True,
    help="Write over files edited by hand and keep copies; forget distributions replaced since.",
)
@common_options
@pass_common
def command(common: Common, distance: str | None, is_all: bool, dry_run: bool, force: bool) -> None:
    """Take the top patch off, or the top NUMBER, or those above PATCH, or all of them."""
    from freebsd_port.cli.options import read_distance
    from freebsd_port.cli.views.convergence import show_convergence
    from freebsd_port.engine.ops.apply.apply import pop_patches

    goal = read_distance(distance, is_all=is_all)
    done = pop_patches(common.workspace(), goal, force=force, dry_run=dry_run)
    show_convergence(common, "pop", done)
