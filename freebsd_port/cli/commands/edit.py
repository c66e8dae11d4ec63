"""Edit files as part of the top patch."""

from __future__ import annotations

import click

from freebsd_port.cli.complete import complete_file
from freebsd_port.cli.options import Common, common_options, pass_common, target_options

SECTION = "Author"
PLACE = 2


_EPILOG = """\b
Examples:
  freebsd-port edit nova/virt/libvirt/host.py
  freebsd-port edit debian/rules --tree . --patches debian/patches"""


@click.command("edit", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=complete_file)
@target_options
@common_options
@pass_common
def command(common: Common, files: tuple[str, ...]) -> None:
    """Open the files in $VISUAL, $EDITOR or vi, and add those that you change to the top patch.

    The editor gets copies. They replace the files if the editor exits with status 0. Then run
    freebsd-port refresh.
    """
    from freebsd_port.cli.views.authoring import done, open_writable, report
    from freebsd_port.engine.ops.author.edit import edit_files

    taken = edit_files(open_writable(common), files, common.progress)
    lines = [done("edit", path, f" in {taken.patch}") for path in taken.paths]
    report(
        common,
        "edit",
        lines or [f"nothing changed in {taken.patch}"],
        patch=taken.patch,
        files=taken.paths,
    )
