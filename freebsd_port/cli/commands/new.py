"""Start a patch on top of the applied ones."""

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
    """For a release, the patch starts with a header to fill in. Then add files with edit or add."""
    from datetime import UTC, datetime

    from freebsd_port.cli.views.authoring import done, open_writable, report
    from freebsd_port.engine.ops.author.new import begin_patch

    begun = begin_patch(open_writable(common), name, datetime.now(UTC).date().isoformat())
    report(
        common,
        "new",
        [done("new", begun.name, ", now the top patch")],
        patch=begun.name,
        text=begun.text,
    )
