"""Print the name of the patch below the top one."""

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
PLACE = 12


_EPILOG = """\b
Examples:
  freebsd-port previous
  freebsd-port previous --tree src --patches debian/patches"""


@click.command("previous", epilog=_EPILOG)
@click.argument("patch", required=False, shell_complete=complete_patch)
@target_options
@common_options
@pass_common
def command(common: Common, patch: str | None) -> None:
    """Print the patch below the top one, or below PATCH. Exit status 2 if there is none."""
    from freebsd_port.cli.views.authoring import show_name
    from freebsd_port.engine.ops.author.show import find_previous

    show_name(common, "previous", find_previous(common.workspace(), patch))
