"""List the patches in order; lock them, or check every prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freebsd_port.cli.lazy import VerbGroup
from freebsd_port.cli.options import Common, common_options, pass_common, tree_options, venv_option
from freebsd_port.cli.render import paint, print_json, say

SECTION = "Apply"
PLACE = 6


if TYPE_CHECKING:
    from freebsd_port.engine.ops.inspect.listing import ListedPatch

_EPILOG = """\b
Examples:
  freebsd-port series
  freebsd-port series -v --release 2025.1
  freebsd-port series --venv /usr/local/nova
  freebsd-port series --patches debian/patches"""


@click.group(
    "series",
    cls=VerbGroup,
    package="freebsd_port.cli.commands",
    prefix="series_",
    epilog=_EPILOG,
    invoke_without_command=True,
)
@venv_option
@tree_options
@common_options
@pass_common
def command(common: Common) -> None:
    """Without a verb, list the patches that the release takes; -v adds subject and files.

    With --venv or --tree, each line starts as in quilt: = for the top patch, + for those below it.
    """
    rows = _list(common)
    has_place = common.venv is not None or common.tree is not None
    marks = _marks(common) if has_place else {}
    if common.as_json:
        print_json(
            {
                "ok": True,
                "verb": "series",
                "patches": [
                    {
                        "name": row.name,
                        "applied": row.name in marks if has_place else None,
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
        say(f"{marks.get(row.name, ' ')} {row.name}" if has_place else row.name)
        if common.verbosity > 0:
            say(f"    {row.subject}")
            say(paint(f"    {', '.join(row.files)}, hunks: {row.hunks}", "dim"))


def _list(common: Common) -> tuple[ListedPatch, ...]:
    if common.names_series():
        from freebsd_port.engine.ops.inspect.listing import list_patches

        return list_patches(common.source())
    from freebsd_port.openstack.ops.inspect.listing import list_series

    project = common.project()
    return list_series(project, project.load_release(common.release).name)


def _marks(common: Common) -> dict[str, str]:
    """Give + for each patch that is applied there, and = for the top one."""
    from freebsd_port.engine.store.overlay.state import load_state

    on = [patch.name for patch in load_state(common.workspace().target.root).patches]
    return {name: "=" if name == on[-1] else "+" for name in on}
