"""Print or change the header of a patch."""

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
PLACE = 9


_EPILOG = """\b
Examples:
  freebsd-port header
  freebsd-port header -e nova/console-log.patch
  freebsd-port header -a < more.txt"""


@click.command("header", epilog=_EPILOG)
@click.argument("patch", required=False, shell_complete=complete_patch)
@click.option("-a", "--append", is_flag=True, help="Append standard input to it.")
@click.option("-r", "--replace", is_flag=True, help="Replace it with standard input.")
@click.option("-e", "--edit", is_flag=True, help="Edit it in $VISUAL, $EDITOR or vi.")
@click.option("--backup", is_flag=True, help="Keep the old patch as PATCH~.")
@target_options
@common_options
@pass_common
def command(
    common: Common, patch: str | None, append: bool, replace: bool, edit: bool, backup: bool
) -> None:
    """Print the header of the top patch, unless you name another.

    A changed header leaves the diffs byte for byte as they are. With PATCH, no environment is
    needed.
    """
    from freebsd_port.cli.views.authoring import (
        as_text,
        done,
        open_texts,
        read_stdin,
        report,
        show_bytes,
    )
    from freebsd_port.engine.ops.author.header import change_header, edit_header, read_header

    if append + replace + edit > 1:
        raise click.UsageError("-a, -r and -e exclude each other")
    if not (append or replace or edit):
        shown = read_header(common.workspace_or_wheels(is_offline=True), patch)
        if common.as_json:
            report(common, "header", [], patch=shown.name, header=as_text(shown.header))
        else:
            show_bytes(shown.header)
        return
    workspace = open_texts(common, is_offline=True)
    if edit:
        headed = change_header(workspace, patch, edit_header, backup=backup)
    else:
        text = read_stdin()
        headed = change_header(
            workspace, patch, lambda old: old + text if append else text, backup=backup
        )
    remark = "" if headed.is_changed else ", unchanged"
    report(
        common,
        "header",
        [done("header", headed.name, remark)],
        patch=headed.name,
        header=as_text(headed.header),
        changed=headed.is_changed,
    )
