"""Add files to the top patch."""

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
PLACE = 3


_EPILOG = """\b
Examples:
  freebsd-port add nova/virt/libvirt/host.py
  freebsd-port add -P nova/console-log.patch nova/virt/libvirt/guest.py"""


@click.command("add", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=complete_file)
@click.option(
    "-P",
    "patch",
    metavar="PATCH",
    shell_complete=complete_patch,
    help="Add to this patch instead of the top one.",
)
@target_options
@common_options
@pass_common
def command(common: Common, files: tuple[str, ...], patch: str | None) -> None:
    """Add files before you edit them; a file need not exist yet.

    Name a file relative to the tree, or as your shell sees it. Exit status 2, as with quilt, if a
    file belongs to the patch already.
    """
    from freebsd_port.cli.views.authoring import done, open_writable, report
    from freebsd_port.engine.ops.author.edit import add_files

    taken = add_files(open_writable(common), files, patch)
    lines = [done("add", path, f" to {taken.patch}") for path in taken.paths]
    report(common, "add", lines, patch=taken.patch, files=taken.paths)
