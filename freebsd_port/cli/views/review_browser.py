"""`review site` and `review serve`: the review in a browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.cli.context import Common
from freebsd_port.cli.render import count, print_json, say
from freebsd_port.cli.views.review_run import gather_named
from freebsd_port.errors import UsageError

if TYPE_CHECKING:
    from freebsd_port.engine.core.review.facts import SeriesFacts


def write_and_show(common: Common, directory: Path, *, is_offline: bool) -> None:
    """Write the site, and print what was written."""
    from freebsd_port.openstack.ops.review.site import write_site

    written = write_site(_gather(common, is_offline=is_offline), directory, common.progress)
    if common.as_json:
        print_json(
            {
                "ok": True,
                "verb": "review site",
                "directory": str(directory),
                "files": written.files,
                "changed": written.changed,
                "removed": written.removed,
            }
        )
    elif common.verbosity >= 0:
        removed = f", {written.removed} removed" if written.removed else ""
        told = f"{count(written.files, 'file')}, {written.changed} written{removed}"
        say(f"{directory / 'index.html'}: {told}")


def _gather(common: Common, *, is_offline: bool) -> SeriesFacts:
    if common.names_series():
        return gather_named(common)
    from freebsd_port.openstack.ops.review.gather import gather_review

    return gather_review(
        common.project(),
        common.release,
        venv=common.venv,
        options=common.options,
        is_offline=is_offline,
        progress=common.progress,
    )


def serve(
    common: Common, by: str | None, *, port: int | None, has_browser: bool, is_offline: bool
) -> None:
    """Answer until the user interrupts."""
    from freebsd_port.engine.core.review.decisions import require_name
    from freebsd_port.engine.ops.review.decide import Choice
    from freebsd_port.engine.store.files.git import find_git_user
    from freebsd_port.openstack.ops.review.decide import decide_hunks
    from freebsd_port.openstack.ops.review.desk import open_desk, usual_port
    from freebsd_port.openstack.store.project.stamp import stamp_project

    project = common.project()
    found = by or find_git_user(project.root)
    if found is None:
        raise UsageError("the reviewer has no name: give --by NAME, or set git's user.name")
    reviewer = require_name(found)

    def decide(facts: SeriesFacts, ids: tuple[str, ...], choice: Choice, note: str) -> object:
        return decide_hunks(project, facts, ids, choice, by=reviewer, note=note)

    listener, desk, url = open_desk(
        project.root,
        port,
        lambda: _gather(common, is_offline=is_offline),
        lambda: stamp_project(project),
        decide,
    )
    if common.as_json:
        print_json({"ok": True, "verb": "review serve", "url": url, "by": reviewer})
    else:
        say(url)
        if port is None and listener.port != usual_port(project.root):
            taken = f"port {usual_port(project.root)} is taken"
            common.progress(f"{taken}: notes typed and not saved there are not shown here")
        common.progress(f"decisions are recorded as {reviewer}'s; press Ctrl-C to stop")
    if has_browser and _has_screen():
        import webbrowser

        webbrowser.open(url)
    try:
        listener.run(desk.answer)
    except KeyboardInterrupt:
        common.progress("stopped")


def _has_screen() -> bool:
    """Tell whether a browser would have a window, and not take over this terminal."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in named)
