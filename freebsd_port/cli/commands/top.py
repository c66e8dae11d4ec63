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
    from freebsd_port.cli.render import print_json, say
    from freebsd_port.engine.ops.author.show import find_top

    name = find_top(common.workspace())
    if common.as_json:
        print_json({"ok": True, "verb": "top", "patch": name})
    else:
        say(name)
