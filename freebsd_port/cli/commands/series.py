"""`freebsd-port series`."""

from __future__ import annotations

import click

from freebsd_port.cli.lazy import VerbGroup
from freebsd_port.cli.options import Common, common_options, pass_common, venv_option
from freebsd_port.cli.render import paint, print_json, say
from freebsd_port.cli.verbs import VERBS_BELOW

_EPILOG = """\b
Examples:
  freebsd-port series
  freebsd-port series -v --release 2025.1
  freebsd-port series --venv /usr/local/nova"""


@click.group(
    "series",
    cls=VerbGroup,
    package="freebsd_port.cli.commands",
    prefix="series_",
    sections={"Verbs": VERBS_BELOW["series"]},
    epilog=_EPILOG,
    invoke_without_command=True,
)
@venv_option
@common_options
@pass_common
def command(common: Common) -> None:
    """Without a verb, list the patches that the release takes; -v adds subject and files.

    With --venv, each line starts as in quilt: = for the top patch, + for those below it.
    """
    from freebsd_port.openstack.ops.inspect.listing import list_series

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
    """Give + for each patch that is applied in the environment, and = for the top one."""
    if common.venv is None:
        return {}
    from freebsd_port.engine.store.overlay.state import load_state

    on = [patch.name for patch in load_state(common.workspace().target.root).patches]
    return {name: "=" if name == on[-1] else "+" for name in on}
