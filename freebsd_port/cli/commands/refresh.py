"""Update a patch from its files as they are now."""

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
PLACE = 5


_EPILOG = """\b
Examples:
  freebsd-port refresh
  freebsd-port refresh nova/console-log.patch
  freebsd-port refresh -U 5"""


@click.command("refresh", epilog=_EPILOG)
@click.argument("patch", required=False, shell_complete=complete_patch)
@click.option(
    "-f",
    "--force",
    is_flag=True,
    help="Refresh a patch even if later patches change the same files.",
)
@click.option(
    "-U", "context", type=click.IntRange(0), default=3, show_default=True, help="Lines of context."
)
@click.option("--backup", is_flag=True, help="Keep the old patch as PATCH~.")
@target_options
@common_options
@pass_common
def command(common: Common, patch: str | None, force: bool, context: int, backup: bool) -> None:
    """Refresh the top patch, unless you name another; its header stays.

    With -f, a file that later patches change too keeps the change that this patch makes now.
    """
    from freebsd_port.cli.render import paint, say
    from freebsd_port.cli.views.authoring import done, lock_remark, open_writable, report
    from freebsd_port.engine.ops.author.refresh import refresh_patch

    workspace = open_writable(common)
    made = refresh_patch(workspace, patch, force=force, context=context, backup=backup)
    for path in made.shadowed:
        say(paint(f"did not refresh {path}: a later patch changes it too", "warn"), to_stderr=True)
    remark = ", empty" if made.is_empty else "" if made.is_changed else ", unchanged"
    report(
        common,
        "refresh",
        [
            done("refresh", made.name, remark),
            *(lock_remark(workspace, made.shared) if made.is_changed else []),
        ],
        patch=made.name,
        text=made.text,
        files=made.files,
        changed=made.is_changed,
        shared=made.shared,
        shadowed=made.shadowed,
    )
