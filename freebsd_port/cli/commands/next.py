"""Print the name of the next patch."""

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
    """Exit status 2 if there is none. With PATCH, print it, or exit with 2 if it is applied."""
    from freebsd_port.cli.views.authoring import show_name
    from freebsd_port.engine.ops.author.show import find_next

    show_name(common, "next", find_next(common.workspace(), patch))
