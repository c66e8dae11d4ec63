"""Writing a patch anew from splices: unified diffs as git writes them, below the old header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.filename import name_line, quote_name
from freebsd_port.engine.core.patch.hunk import render_hunk
from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.splice import Splice, apply_splices, find_splices

CONTEXT = 3
_SECTION_BYTES = 80
_DIFF = re.compile(rb"^(?:diff --git |--- |Index:|={20,})", re.MULTILINE)
_UPDATED = re.compile(rb"^(Last-Update):[^\r\n]*", re.MULTILINE | re.IGNORECASE)
_SECTION = re.compile(rb"[A-Za-z_$]")


def render_hunks(
    before: Sequence[bytes], splices: Sequence[Splice], context: int = CONTEXT
) -> bytes:
    """Give the hunks of a file's splices, with so many lines of context around each.

    `before` holds the file's lines, newlines kept. Source: POSIX diff, unified format; git-diff(1)
    for the text behind the second `@@`.
    """
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


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What the diff of one file is written from."""

    path: str
    source: str
    """The file that it reads; another one for a rename only."""

    before: Sequence[bytes] | None
    """Lines of the source; None where it is not there."""

    splices: tuple[Splice, ...]
    kind: Literal["edit", "create", "delete", "rename"]
    mode: int | None
    """Permission bits that it sets on a file that is there; None leaves them."""

    origin: FileChange | None
    """The part of the patch that it comes from."""

    is_kept: bool
    """Whether that part does all of it as it stands, and is kept to the byte."""

    old_mode: int | None = None
    """Permission bits of the source."""


def render_patch(
    patch: Patch, files: Sequence[Rewritten], entry: SeriesEntry, today: str | None
) -> bytes:
    """Write a patch anew: its header with Last-Update, each file's diff, its trailer.

    Without `today` the header stays as it is. What still fits is kept, and names are written as
    the patch writes them. For an entry with -R the sides stand swapped.
    """
    first = patch.changes[0]
    header = _split_preamble(first)[0]
    if today is not None:
        header = _UPDATED.sub(rb"\g<1>: " + today.encode(), header, count=1)
    names = _Names(first, entry.strip)
    parts = [header]
    for one in files:
        lead = one.origin.preamble if one.origin else b""
        if one.origin is first:
            lead = _split_preamble(first)[1]
        if one.origin is not None and one.is_kept:
            parts += [lead, *(render_hunk(hunk) for hunk in one.origin.hunks)]
        else:
            parts.append(_render_file(one, lead, names, is_reversed=entry.reverse))
    return b"".join([*parts, patch.trailer])


def _split_preamble(change: FileChange) -> tuple[bytes, bytes]:
    """Give what stands before the diff of a file, and the lines that lead its hunks."""
    cut = _DIFF.search(change.preamble)
    at = cut.start() if cut else len(change.preamble)
    return change.preamble[:at], change.preamble[at:]


class _Names:
    """How a patch writes file names: what stands before the path on either side."""

    def __init__(self, change: FileChange, strip: int) -> None:
        self._strip = strip
        sides = [side.name if side else None for side in (change.old, change.new)]
        known = [_lead(name, strip) for name in sides if (name and b"/" in name) or not strip]
        default = [b"a/", b"b/"] if strip == 1 else [b"x/" * strip] * 2
        self.old, self.new = (
            _lead(name, strip) if name else (known[0] if known and strip != 1 else fallback)
            for name, fallback in zip(sides, default, strict=True)
        )

    def write(self, path: str | None, *, is_new: bool) -> bytes:
        """Give a name as it stands behind `---` or `+++`; None is no file."""
        if path is None:
            return b"/dev/null"
        return (self.new if is_new else self.old) + path.encode("utf-8", "surrogateescape")


def _lead(name: bytes | None, strip: int) -> bytes:
    """Give the components that are stripped off a name."""
    parts = re.split(rb"/+", name or b"")
    return b"".join(part + b"/" for part in parts[:strip]) if len(parts) > strip else b""


def _render_file(one: Rewritten, lead: bytes, names: _Names, *, is_reversed: bool) -> bytes:
    """Write the diff of one file anew, below what is still right of its old lead."""
    if one.origin is not None:
        names = _Names(one.origin, names._strip) if one.origin.old or one.origin.new else names
    before = list(one.before or ())
    after = apply_splices(before, one.splices)
    old = None if one.kind == "create" else one.source
    new = None if one.kind == "delete" else one.path
    splices: Sequence[Splice] = one.splices
    if is_reversed:
        before, splices, old, new = after, find_splices(after, before), new, old
    parts = [_render_lead(one, lead, names, old, new, is_reversed=is_reversed)]
    if splices:
        parts.append(
            b"--- %s+++ %s"
            % (
                name_line(names.write(old, is_new=False)),
                name_line(names.write(new, is_new=True)),
            )
        )
        parts.append(render_hunks(before, splices))
    return b"".join(parts)


_STALE = (b"--- ", b"+++ ", b"index ", b"similarity index ", b"dissimilarity index ")


def _render_lead(
    one: Rewritten,
    lead: bytes,
    names: _Names,
    old: str | None,
    new: str | None,
    *,
    is_reversed: bool,
) -> bytes:
    """Give the lines above `---`: the old ones where they are still right, git's where needed."""
    if lead:
        kept = [line for line in lead.splitlines(keepends=True) if not line.startswith(_STALE)]
        return b"".join(kept)
    is_empty = one.kind in ("create", "delete") and not one.splices
    if one.kind != "rename" and one.mode is None and not is_empty:
        return b""
    sides = (names.write(old or new, is_new=False), names.write(new or old, is_new=True))
    lines = [b"diff --git %s %s\n" % tuple(quote_name(side) for side in sides)]
    if one.mode is not None:
        modes = (one.old_mode or 0o644, one.mode)
        modes = modes[::-1] if is_reversed else modes
        lines.append(b"old mode 100%o\nnew mode 100%o\n" % modes)
    if one.kind == "rename":
        lines.append(b"rename from %s\nrename to %s\n" % (_encode(old), _encode(new)))
    if is_empty:
        word = b"new" if (old is None) else b"deleted"
        lines.append(b"%s file mode 100%o\n" % (word, one.old_mode or 0o644))
    return b"".join(lines)


def _encode(path: str | None) -> bytes:
    return quote_name((path or "").encode("utf-8", "surrogateescape"))
