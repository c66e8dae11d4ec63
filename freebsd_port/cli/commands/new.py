"""Begin a patch on top of those that are on."""

from __future__ import annotations

import click

from freebsd_port.cli.options import Common, common_options, pass_common, target_options

SECTION = "Author"
PLACE = 1

_EPILOG = """\b
Examples:
  freebsd-port new nova/host-memory-arc.patch
  freebsd-port new fix.patch --tree src --patches debian/patches"""


@click.command("new", epilog=_EPILOG)
@click.argument("name")
@target_options
@common_options
@pass_common
def command(common: Common, name: str) -> None:
    """Begin a patch on top of those that are on.

    On a release it begins as a header to be filled in. Give it files with edit or add.
    """
    from datetime import UTC, datetime

    from freebsd_port.cli.views.authoring import done, open_writable, report
    from freebsd_port.engine.ops.author.new import begin_patch

    begun = begin_patch(open_writable(common), name, datetime.now(UTC).date().isoformat())
    report(common, "new", [done("new", begun.name, ", on top")], patch=begun.name, text=begun.text)
