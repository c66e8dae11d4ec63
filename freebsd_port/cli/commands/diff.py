"""Show what a patch changes in its files as they are now."""

from __future__ import annotations

import click

from freebsd_port.cli.complete import complete_file
from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_patch,
    offline_option,
    pass_common,
    target_options,
)

SECTION = "Author"
PLACE = 6


_EPILOG = """\b
Examples:
  freebsd-port diff
  freebsd-port diff -z
  freebsd-port diff -P nova/console-log.patch nova/virt/libvirt/driver.py"""


@click.command("diff", epilog=_EPILOG)
@click.argument("files", nargs=-1, metavar="[FILE]...", shell_complete=complete_file)
@click.option(
    "-P",
    "patch",
    metavar="PATCH",
    shell_complete=complete_patch,
    help="Show this patch instead of the top one.",
)
@click.option(
    "-z", "only_edits", is_flag=True, help="Show only edits that are not in the patch yet."
)
@click.option("-R", "reverse", is_flag=True, help="Reverse the diff.")
@click.option(
    "-U", "context", type=click.IntRange(0), default=3, show_default=True, help="Lines of context."
)
@click.option(
    "--combine",
    metavar="PATCH",
    shell_complete=complete_patch,
    help="Show all patches from this one on as one diff; - for the first.",
)
@target_options
@offline_option
@common_options
@pass_common
def command(
    common: Common,
    files: tuple[str, ...],
    patch: str | None,
    only_edits: bool,
    reverse: bool,
    context: int,
    combine: str | None,
    offline: bool,
) -> None:
    """Without -P, show the top patch as refresh would write it.

    Without an environment, show the patch on the pinned wheels of the release.
    """
    from freebsd_port.cli.render import paint, print_json, say
    from freebsd_port.cli.views.authoring import as_text, show_bytes
    from freebsd_port.engine.ops.author.show import DiffOptions, diff_patch

    if only_edits and combine:
        raise click.UsageError("-z and --combine exclude each other")
    options = DiffOptions(patch, combine, only_edits, reverse, context)
    found = diff_patch(common.workspace_or_wheels(is_offline=offline), files, options)
    if common.as_json:
        rows = [{"path": f.path, "diff": as_text(f.text), "shadowed": f.is_shadowed} for f in found]
        print_json({"ok": True, "verb": "diff", "files": rows})
        return
    show_bytes(b"".join(file.text for file in found), is_diff=True)
    if any(file.is_shadowed for file in found):
        say(paint("later patches change some of these files too", "warn"), to_stderr=True)
