"""`freebsd-port series`."""

from __future__ import annotations

import click

from freebsd_port.cli.options import Common, common_options, pass_common
from freebsd_port.cli.render import paint, print_json, say

_EPILOG = """\b
Examples:
  freebsd-port series
  freebsd-port series -v --release 2025.1"""


@click.command("series", epilog=_EPILOG)
@common_options
@pass_common
def command(common: Common) -> None:
    """List the patches that are on for the release, in order; -v adds subject and files."""
    from freebsd_port.ops.listing import list_series

    project = common.project()
    rows = list_series(project, project.load_release(common.release).name)
    if common.as_json:
        print_json(
            {
                "ok": True,
                "verb": "series",
                "patches": [
                    {
                        "name": row.name,
                        "subject": row.subject,
                        "forwarded": row.forwarded,
                        "files": list(row.files),
                        "hunks": row.hunks,
                        "text": str(row.text),
                    }
                    for row in rows
                ],
            }
        )
        return
    for row in rows:
        say(row.name)
        if common.verbosity > 0:
            say(f"    {row.subject}")
            say(paint(f"    {', '.join(row.files)}, hunks: {row.hunks}", "dim"))
