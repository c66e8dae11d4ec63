"""Remove files from the top patch."""

from __future__ import annotations

import click

from freebsd_port.cli.complete import complete_file
from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_patch,
    pass_common,
    target_options,
)

SECTION = "Author"
PLACE = 4


_EPILOG = """\b
Examples:
  freebsd-port remove nova/virt/libvirt/host.py"""


@click.command("remove", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=complete_file)
@click.option(
    "-P",
    "patch",
    metavar="PATCH",
    shell_complete=complete_patch,
    help="Remove from this patch instead of the top one.",
)
@target_options
@common_options
@pass_common
def command(common: Common, files: tuple[str, ...], patch: str | None) -> None:
    """Each file becomes what it was below the patch.

    Edits that were not refreshed are kept in a copy next to the file.
    """
    from freebsd_port.cli.views.authoring import done, lock_remark, open_writable, report
    from freebsd_port.engine.ops.author.edit import remove_files

    workspace = open_writable(common)
    taken = remove_files(workspace, files, patch)
    lines = [f"kept a copy: {copy}" for copy in taken.kept]
    lines += [done("remove", path, f" from {taken.patch}") for path in taken.paths]
    report(
        common,
        "remove",
        [*lines, *lock_remark(workspace)],
        patch=taken.patch,
        files=taken.paths,
        kept=taken.kept,
    )
