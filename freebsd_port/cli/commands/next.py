"""Print the name of the patch that comes next."""

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
PLACE = 11

_EPILOG = """\b
Examples:
  freebsd-port next
  freebsd-port next --tree src --patches debian/patches"""


@click.command("next", epilog=_EPILOG)
@click.argument("patch", required=False, shell_complete=complete_patch)
@target_options
@common_options
@pass_common
def command(common: Common, patch: str | None) -> None:
    """Print the patch that comes next. Exit status 2 when there is none.

    A named patch is printed if it is not on; exit status 2 if it is.
    """
    from freebsd_port.cli.render import print_json, say
    from freebsd_port.engine.ops.author.show import find_next

    name = find_next(common.workspace(), patch)
    if common.as_json:
        print_json({"ok": True, "verb": "next", "patch": name})
    else:
        say(name)
