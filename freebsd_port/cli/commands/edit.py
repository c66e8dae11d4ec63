"""Edit files and let them belong to the top patch."""

from __future__ import annotations

import click

from freebsd_port.cli.options import Common, common_options, pass_common, target_options

SECTION = "Author"
PLACE = 2

_EPILOG = """\b
Examples:
  freebsd-port edit nova/virt/libvirt/host.py
  freebsd-port edit debian/rules --tree . --patches debian/patches"""


@click.command("edit", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@target_options
@common_options
@pass_common
def command(common: Common, files: tuple[str, ...]) -> None:
    """Open files in $VISUAL, $EDITOR or vi, and let them belong to the top patch.

    The editor gets copies, which are put in place when it ends well; a file that comes back the
    same is left alone. Then: freebsd-port refresh
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
