"""The texts that older releases take in place of a hunk, to be held against it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from freebsd_port.core.hunk import Hunk
from freebsd_port.core.review.facts import HunkFacts, Landing
from freebsd_port.core.review.lines import HunkLine, read_lines
from freebsd_port.core.review.markup import Html, element, plain
from freebsd_port.core.review.page_diff import render_diff


def render_others(hunk: HunkFacts, shown: Sequence[HunkLine]) -> list[Html]:
    """Give each text that some release takes instead, once, with the releases that do."""
    texts: dict[tuple[bytes, ...], list[tuple[Landing, Hunk]]] = {}
    for landing in hunk.landings:
        if landing.other is not None:
            texts.setdefault(landing.other.body, []).append((landing, landing.other))
    known = {(line.change, line.text) for line in shown}
    found = []
    for same in texts.values():
        releases = ", ".join(landing.release for landing, _ in same)
        landing, other = same[-1]
        lines = _read(hunk, other, landing.line)
        fresh = {line.patch_line for line in lines if (line.change, line.text) not in known}
        found.append(_render_other(hunk, releases, lines, fresh))
    return found


def _read(hunk: HunkFacts, other: Hunk, line: int | None) -> tuple[HunkLine, ...]:
    old_line = other.old_start if line is None else line
    new_line = old_line + other.new_start - other.old_start
    return read_lines(other, old_line, new_line, is_python=hunk.path.endswith(".py"))


def _render_other(
    hunk: HunkFacts, releases: str, lines: Sequence[HunkLine], fresh: Collection[int]
) -> Html:
    label = f"Lines of hunk {hunk.number} of {plain(hunk.path)} on {releases}"
    many = "1 line differs" if len(fresh) == 1 else f"{len(fresh)} lines differ"
    summary = element("summary", "Text for ", element("strong", releases), f": {many}")
    table = render_diff(lines, label, missed=(), findings=(), other=fresh)
    return element("details", summary, table, class_="other")
