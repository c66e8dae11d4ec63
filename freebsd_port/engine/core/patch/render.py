"""Writing a patch anew from splices: unified diffs as git writes them, below the old header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from freebsd_port.engine.core.patch.filename import name_line
from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.text.splice import Splice

CONTEXT = 3
_SECTION_BYTES = 80
_DIFF = re.compile(rb"^(?:diff --git |--- |Index:|={20,})", re.MULTILINE)
_UPDATED = re.compile(rb"^(Last-Update):[^\r\n]*", re.MULTILINE | re.IGNORECASE)
_SECTION = re.compile(rb"[A-Za-z_$]")


def render_change(
    path: str, before: Sequence[bytes], splices: Sequence[Splice], *, old_path: str | None = None
) -> bytes:
    """Give the `---`, `+++` and hunks of a file's splices, which are in order and change something.

    `before` holds the file's lines, newlines kept; an empty one is a new file, and what splices
    leave empty is a removed one. Source: POSIX diff, unified format; git-diff(1) for the text
    behind the second `@@`.
    """
    kept = len(before) - sum(s.stop - s.start for s in splices) + sum(len(s.lines) for s in splices)
    old = f"a/{old_path or path}" if before else "/dev/null"
    new = f"b/{path}" if kept else "/dev/null"
    old_line, new_line = (name_line(name.encode("utf-8", "surrogateescape")) for name in (old, new))
    return b"--- %s+++ %s" % (old_line, new_line) + render_hunks(before, splices)


def render_hunks(
    before: Sequence[bytes], splices: Sequence[Splice], context: int = CONTEXT
) -> bytes:
    """Give the hunks of a file's splices, with so many lines of context around each."""
    parts: list[bytes] = []
    grown = 0
    for group in _group(splices, context):
        parts += _render_hunk(before, group, grown, context)
        grown += sum(len(s.lines) - (s.stop - s.start) for s in group)
    return b"".join(parts)


def _group(splices: Sequence[Splice], context: int) -> list[list[Splice]]:
    """Put splices into one hunk when their context would touch."""
    groups: list[list[Splice]] = []
    for splice in splices:
        if groups and splice.start - groups[-1][-1].stop <= 2 * context:
            groups[-1].append(splice)
        else:
            groups.append([splice])
    return groups


def _render_hunk(
    before: Sequence[bytes], group: list[Splice], grown: int, context: int
) -> list[bytes]:
    start = max(group[0].start - context, 0)
    stop = min(group[-1].stop + context, len(before))
    old = new = 0
    body: list[bytes] = []
    at = start
    for splice in (*group, Splice(stop, stop, ())):
        for marker, lines in (
            (b" ", before[at : splice.start]),
            (b"-", before[splice.start : splice.stop]),
            (b"+", splice.lines),
        ):
            body += [_body_line(marker, line) for line in lines]
            old += len(lines) if marker != b"+" else 0
            new += len(lines) if marker != b"-" else 0
        at = splice.stop
    ranges = f"-{_range(start, old)} +{_range(start + grown, new)}"
    return [f"@@ {ranges} @@".encode() + _section(before, start) + b"\n", *body]


def _body_line(marker: bytes, line: bytes) -> bytes:
    return (
        marker + line
        if line.endswith(b"\n")
        else b"%s%s\n\\ No newline at end of file\n" % (marker, line)
    )


def _range(start: int, count: int) -> str:
    first = start + (count > 0)
    return f"{first}" if count == 1 else f"{first},{count}"


def _section(before: Sequence[bytes], start: int) -> bytes:
    """Give the nearest line above that begins a definition, as git's default has it."""
    for line in reversed(before[:start]):
        if _SECTION.match(line):
            return b" " + line[:_SECTION_BYTES].rstrip()
    return b""


def render_patch(
    patch: Patch, files: Mapping[str, tuple[Sequence[bytes], Sequence[Splice]]], today: str
) -> bytes:
    """Write a patch anew: its header with Last-Update, each file's diff, its trailer.

    `files` holds lines and splices by path, in the order in which they are written.
    """
    preamble = patch.changes[0].preamble
    cut = _DIFF.search(preamble)
    header = preamble[: cut.start()] if cut else preamble
    header = _UPDATED.sub(rb"\g<1>: " + today.encode(), header, count=1)
    diffs = [render_change(path, lines, splices) for path, (lines, splices) in files.items()]
    return b"".join([header, *diffs, patch.trailer])
