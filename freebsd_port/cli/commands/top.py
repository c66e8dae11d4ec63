"""Print the name of the top patch."""

from __future__ import annotations

import click

from freebsd_port.cli.options import Common, common_options, pass_common, target_options

SECTION = "Author"
PLACE = 10


_EPILOG = """\b
Examples:
  freebsd-port top
  freebsd-port top --tree src --patches debian/patches"""


@click.command("top", epilog=_EPILOG)
@target_options
@common_options
@pass_common
def command(common: Common) -> None:
    """Exit status 2 if no patch is applied."""
    from freebsd_port.cli.views.authoring import show_name
    from freebsd_port.engine.ops.author.show import find_top

    show_name(common, "top", find_top(common.workspace()))
