"""List the patches in order."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    venv_option,
)
from freebsd_port.cli.render import paint, print_json, say
from freebsd_port.openstack.core.release.platform import EMULATED, LINUX, NATIVE

SECTION = "Apply"
PLACE = 6

_EPILOG = """\b
Examples:
  freebsd-port series
  freebsd-port series -v --release 2025.1
  freebsd-port series --venv /usr/local/nova
  freebsd-port series --check-order
  freebsd-port series --check-order --no-import --offline

\b
Exit status: 0 done, 1 failed, or some prefix is not proved, 2 usage."""


@click.command("series", epilog=_EPILOG)
@venv_option
@click.option(
    "--check-order",
    is_flag=True,
    help="Instead: prove that every prefix of the series applies, compiles and imports.",
)
@click.option("--no-import", is_flag=True, help="With --check-order: be content without imports.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    type=click.Choice([*EMULATED, LINUX, NATIVE]),
    help="With --check-order: where to import; may be repeated. The newest FreeBSD unless given.",
)
@offline_option
@common_options
@pass_common
def command(
    common: Common, check_order: bool, no_import: bool, platforms: tuple[str, ...], offline: bool
) -> None:
    """List the patches that are on for the release, in order; -v adds subject and files.

    With --venv each line starts as in quilt: = for the top patch, + for one below it.

    With --check-order each prefix is laid over the pinned wheels in memory, and every module it
    touched so far is imported in a fresh process of the release's environment, whatever patches
    are on there. Nothing is written. Every prefix that fails is told.
    """
    if (no_import or platforms or offline) and not check_order:
        raise click.UsageError("--no-import, --platform and --offline go with --check-order")
    if no_import and platforms:
        raise click.UsageError("give either --no-import or --platform")
    if check_order:
        from freebsd_port.cli.views.check_order import check_and_show

        check_and_show(common, platforms, is_imported=not no_import, is_offline=offline)
        return
    _list(common)


def _list(common: Common) -> None:
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
    """Give + for each patch that is on in the environment, and = for the top one."""
    if common.venv is None:
        return {}
    from freebsd_port.engine.store.overlay.state import load_state

    on = [patch.name for patch in load_state(common.workspace().target.root).patches]
    return {name: "=" if name == on[-1] else "+" for name in on}
