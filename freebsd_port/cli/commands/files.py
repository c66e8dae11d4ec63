"""List the files that a patch changes."""

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
PLACE = 7


_EPILOG = """\b
Examples:
  freebsd-port files
  freebsd-port files -v nova/console-log.patch
  freebsd-port files -a -l"""


@click.command("files", epilog=_EPILOG)
@click.argument("patch", required=False, shell_complete=complete_patch)
@click.option(
    "-a",
    "--all",
    "is_all",
    is_flag=True,
    help="List the files of all applied patches up to this one.",
)
@click.option("-l", "labels", is_flag=True, help="Print the name of the patch before each file.")
@click.option(
    "--combine",
    metavar="PATCH",
    shell_complete=complete_patch,
    help="List the files of all patches from this one on; - for the first.",
)
@target_options
@common_options
@pass_common
def command(
    common: Common, patch: str | None, is_all: bool, labels: bool, combine: str | None
) -> None:
    """List the files of the top patch, unless you name another.

    -v marks files that the patch creates (+) or removes (-). With PATCH, no environment is needed.
    """
    from freebsd_port.cli.render import print_json, say
    from freebsd_port.engine.ops.author.show import list_files

    first = None if combine == "-" else combine
    is_all = is_all or combine is not None
    found = list_files(
        common.workspace_or_wheels(is_offline=True), patch, is_all=is_all, first=first
    )
    if common.as_json:
        rows = [{"patch": f.patch, "path": f.path, "mark": f.mark.strip()} for f in found]
        print_json({"ok": True, "verb": "files", "files": rows})
        return
    shown = None
    for file in found:
        if labels:
            label = f"[{file.patch}]" if common.verbosity > 0 else file.patch
            say(f"{label} {file.path}")
            continue
        if is_all and common.verbosity > 0 and file.patch != shown:
            say(file.patch)
            shown = file.patch
        say(f"{file.mark} {file.path}" if common.verbosity > 0 else file.path)
