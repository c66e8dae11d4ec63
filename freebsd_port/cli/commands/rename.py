"""Rename a patch."""

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
PLACE = 13


_EPILOG = """\b
Examples:
  freebsd-port rename nova/host-memory.patch
  freebsd-port rename -P host-memory-arc nova/host-memory.patch"""


@click.command("rename", epilog=_EPILOG)
@click.argument("name")
@click.option(
    "-P",
    "patch",
    metavar="PATCH",
    shell_complete=complete_patch,
    help="Rename this patch instead of the top one.",
)
@target_options
@common_options
@pass_common
def command(common: Common, name: str, patch: str | None) -> None:
    """Rename the top patch, or another with -P, in the series, on disk and where it is applied.

    Its directory of files for upstream gets the new name too.
    """
    from freebsd_port.cli.views.authoring import done, open_writable, report
    from freebsd_port.engine.ops.author.rename import rename_patch_to

    renamed = rename_patch_to(open_writable(common), name, patch)
    report(
        common,
        "rename",
        [done("rename", renamed.old, f" to {renamed.new}")],
        patch=renamed.new,
        before=renamed.old,
        texts=renamed.texts,
    )
