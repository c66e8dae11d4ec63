"""`freebsd-port series`."""

from __future__ import annotations

import click

from freebsd_port.cli.options import Common, common_options, pass_common, venv_option
from freebsd_port.cli.render import paint, print_json, say

_EPILOG = """\b
Examples:
  freebsd-port series
  freebsd-port series -v --release 2025.1
  freebsd-port series --venv /usr/local/nova"""


@click.command("series", epilog=_EPILOG)
@venv_option
@common_options
@pass_common
def command(common: Common) -> None:
    """List the patches that are on for the release, in order; -v adds subject and files.

    With --venv each line starts as in quilt: = for the top patch, + for one below it.
    """
    from freebsd_port.ops.listing import list_series

    project = common.project()
    rows = list_series(project, project.load_release(common.release).name)
    marks = _marks(common)
    if common.as_json:
        print_json(
            {
                "ok": True,
                "verb": "series",
                "patches": [
                    {
                        "name": row.name,
                        "applied": row.name in marks if common.venv else None,
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
        say(f"{marks.get(row.name, ' ')} {row.name}" if common.venv else row.name)
        if common.verbosity > 0:
            say(f"    {row.subject}")
            say(paint(f"    {', '.join(row.files)}, hunks: {row.hunks}", "dim"))


def _marks(common: Common) -> dict[str, str]:
    """Give + for each patch that is on in the environment, and = for the top one."""
    if common.venv is None:
        return {}
    from freebsd_port.store.overlay import load_state

    on = [patch.name for patch in load_state(common.workspace().target.root).patches]
    return {name: "=" if name == on[-1] else "+" for name in on}
