"""Remove a patch from the series."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_patch,
    pass_common,
    target_options,
)

SECTION = "Author"
PLACE = 14


_EPILOG = """\b
Examples:
  freebsd-port delete
  freebsd-port delete -r nova/host-memory.patch
  freebsd-port delete -r --backup -n"""


@click.command("delete", epilog=_EPILOG)
@click.argument("patch", required=False, shell_complete=complete_patch)
@click.option(
    "-r",
    "removes",
    is_flag=True,
    help="Also remove the file of the patch, and its files for upstream.",
)
@click.option(
    "--backup", is_flag=True, help="With -r, rename the file to PATCH~ instead of removing it."
)
@click.option("-n", "is_next", is_flag=True, help="Delete the patch after the top one.")
@target_options
@common_options
@pass_common
def command(common: Common, patch: str | None, removes: bool, backup: bool, is_next: bool) -> None:
    """Delete the top patch, unless you name another. An applied patch is popped first."""
    from freebsd_port.cli.views.authoring import done, lock_remark, open_writable, report
    from freebsd_port.engine.ops.author.rename import delete_patch

    if is_next and patch is not None:
        raise click.UsageError("-n and PATCH exclude each other")
    workspace = open_writable(common)
    gone = delete_patch(workspace, patch, is_next=is_next, removes=removes, backup=backup)
    report(
        common,
        "delete",
        [done("delete", gone.name, ", popped" if gone.was_on else ""), *lock_remark(workspace)],
        patch=gone.name,
        popped=gone.was_on,
        removed=gone.removed,
    )
