"""`review --html` and `review --serve`: the review in a browser."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.cli.context import Common
from freebsd_port.cli.render import count, print_json, say
from freebsd_port.errors import UsageError

if TYPE_CHECKING:
    from freebsd_port.cli.views.review_run import ReviewOptions
    from freebsd_port.engine.core.review.facts import SeriesFacts


@dataclass(frozen=True, slots=True)
class InBrowser:
    """What was asked for beside the terminal."""

    html: Path | None
    serve: bool
    port: int | None
    no_browser: bool

    @property
    def is_asked(self) -> bool:
        """Tell whether any of it was."""
        return self != InBrowser(None, False, None, False)


def review_in_browser(common: Common, asked: ReviewOptions, site: InBrowser) -> None:
    """Write the site, or serve it; both show the whole series."""
    if not site.serve and (site.port is not None or site.no_browser):
        raise UsageError("--port and --no-browser belong to --serve")
    if site.html is not None and (site.serve or asked.by is not None):
        raise UsageError(
            "--html takes neither --serve nor --by: a site in a directory decides nothing"
        )
    if not asked.is_overview or asked.choice or asked.sarif or asked.note:
        raise UsageError(
            "the site shows the whole series, and is filtered there",
            hint="name neither patch nor hunk, and decide in a call of its own",
        )
    if site.html is not None:
        _write(common, _gather(common, asked), site.html)
    else:
        _serve(common, asked, site)


def _gather(common: Common, asked: ReviewOptions) -> SeriesFacts:
    from freebsd_port.openstack.ops.review.gather import gather_review

    return gather_review(
        common.project(),
        common.release,
        venv=common.venv,
        options=common.options,
        is_offline=asked.offline,
        progress=common.progress,
    )


def _write(common: Common, facts: SeriesFacts, directory: Path) -> None:
    from freebsd_port.openstack.ops.review.site import write_site

    written = write_site(facts, directory)
    if common.as_json:
        print_json(
            {
                "ok": True,
                "verb": "review",
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


def _serve(common: Common, asked: ReviewOptions, site: InBrowser) -> None:
    """Answer until the user interrupts."""
    from freebsd_port.engine.core.review.decisions import require_name
    from freebsd_port.engine.ops.review.decide import Choice
    from freebsd_port.engine.store.files.git import find_git_user
    from freebsd_port.openstack.ops.review.decide import decide_hunks
    from freebsd_port.openstack.ops.review.desk import open_desk
    from freebsd_port.openstack.store.project.stamp import stamp_project

    project = common.project()
    found = asked.by or find_git_user(project.root)
    if found is None:
        raise UsageError("who decides? name a person with --by NAME, or set git's user.name")
    by = require_name(found)

    def decide(facts: SeriesFacts, ids: tuple[str, ...], choice: Choice, note: str) -> object:
        return decide_hunks(project, facts, ids, choice, by=by, note=note)

    listener, desk, url = open_desk(
        site.port or 0, lambda: _gather(common, asked), lambda: stamp_project(project), decide
    )
    if common.as_json:
        print_json({"ok": True, "verb": "review", "url": url, "by": by})
    else:
        say(url)
        common.progress(f"what is decided is decided by {by}; Ctrl-C ends it")
    if not site.no_browser and _has_screen():
        import webbrowser

        webbrowser.open(url)
    try:
        listener.run(desk.answer)
    except KeyboardInterrupt:
        common.progress("ended")


def _has_screen() -> bool:
    """Tell whether a browser would have a window, and not take over this terminal."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in named)
