"""A patch: one file of the series, read into changes to files. Reading names no target yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from io import BytesIO

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from freebsd_port.core.filename import HeaderName, parse_git_names, parse_header_name
from freebsd_port.core.hunk import (
    Hunk,
    HunkError,
    Range,
    build_hunk,
    parse_range,
    render_hunk,
    reverse_hunk,
)

_MODE_LINES = (
    (b"old mode ", "old_mode"),
    (b"new mode ", "new_mode"),
    (b"deleted file mode ", "old_mode"),
    (b"new file mode ", "new_mode"),
)
_INDEX = re.compile(rb"index ([0-9a-f]+)\.\.([0-9a-f]+)(?: (\d+))?\s*$")
MAX_LINE_BYTES = 16 * 1024 * 1024
"""Longer lines are refused: no source file has one, and a hostile patch may."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a patch does to one file."""

    preamble: bytes
    """All bytes between the previous hunk and this file's first hunk."""

    hunks: tuple[Hunk, ...]
    old: HeaderName | None
    new: HeaderName | None
    index: bytes | None
    """Name on an `Index:` line."""

    is_git: bool
    """Led by `diff --git`; then modes, renames and copies are known."""

    old_mode: int | None
    new_mode: int | None
    is_rename: bool
    is_copy: bool
    is_binary: bool
    creates: int
    """0 no; 1 the old side is empty; 2 and the header says the file was absent."""

    deletes: int
    """0 no; 1 the new side is empty; 2 and the header says the file goes away."""

    line: int
    """1-based line of the patch file at which the preamble starts."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch file. `render_patch(parse_patch(name, data)) == data` for any bytes."""

    name: str
    """As in the series, such as `nova/host-cpumap-fallback.patch`."""

    changes: tuple[FileChange, ...]
    trailer: bytes
    """Bytes after the last hunk: a mail signature or blank lines."""


@dataclass(slots=True)
class _Preamble:
    """The header lines of one file change as they are found."""

    old: HeaderName | None = None
    new: HeaderName | None = None
    index: bytes | None = None
    is_git: bool = False
    has_extended: bool = False
    old_mode: int | None = None
    new_mode: int | None = None
    is_rename: bool = False
    is_copy: bool = False
    is_binary: bool = False
    creates: int = 0
    deletes: int = 0

    def read(self, line: bytes) -> None:
        """Take in one line that is not part of a hunk."""
        if line.startswith(b"--- "):
            self.old = parse_header_name(line[4:])
        elif line.startswith(b"+++ "):
            self.new = parse_header_name(line[4:])
        elif line.startswith(b"Index:"):
            self.index = parse_header_name(line[6:]).name
        elif line.startswith(b"diff --git "):
            old, new = parse_git_names(line[11:])
            self.is_git = True
            self.old = HeaderName(old, False) if old else None
            self.new = HeaderName(new, False) if new else None
        elif self.is_git:
            self._read_extended(line)

    def _read_extended(self, line: bytes) -> None:
        for lead, field in _MODE_LINES:
            if line.startswith(lead):
                text = line[len(lead) :].strip()
                setattr(self, field, int(text, 8) if re.fullmatch(rb"[0-7]{1,7}", text) else None)
                self.has_extended = True
        if line.startswith(b"new file mode "):
            self.creates = 2
        elif line.startswith(b"deleted file mode "):
            self.deletes = 2
        elif line.startswith((b"rename from ", b"rename to ")):
            self.is_rename = self.has_extended = True
        elif line.startswith((b"copy from ", b"copy to ")):
            self.is_copy = self.has_extended = True
        elif line.startswith(b"GIT binary patch"):
            self.is_binary = self.has_extended = True
        elif line.startswith(b"index "):
            self._read_index(line)

    def _read_index(self, line: bytes) -> None:
        match = _INDEX.match(line)
        if match is None:
            return
        self.has_extended = True
        if not match[1].strip(b"0"):
            self.creates = 2
        if not match[2].strip(b"0"):
            self.deletes = 2
        if match[3]:
            self.old_mode = self.new_mode = int(match[3], 8)


def parse_patch(name: str, data: bytes) -> Patch:
    """Read a patch file's bytes.

    Raises HunkError, naming the line, for a hunk whose counts and lines disagree. What GNU
    patch tolerates is tolerated: eaten blanks, chopped blank lines at the end, CRLF headers.
    """
    lines = BytesIO(data).readlines()
    changes: list[FileChange] = []
    head = _Preamble()
    start = index = 0
    total = len(lines)
    while index < total:
        line = lines[index]
        if line.startswith(b"@@ -") and (head.old or head.new or head.index):
            change, index = _read_change(name, lines, start, index, head)
            changes.append(change)
            head, start = _Preamble(), index
            continue
        if line.startswith(b"diff --git ") and head.has_extended:
            changes.append(_hunkless(lines, start, index, head))
            head, start = _Preamble(), index
        if len(line) > MAX_LINE_BYTES:
            raise _long_line(name, index)
        head.read(line)
        index += 1
    if head.has_extended:
        changes.append(_hunkless(lines, start, total, head))
        start = total
    return Patch(name, tuple(changes), b"".join(lines[start:]))


def _read_change(
    name: str, lines: list[bytes], start: int, first: int, head: _Preamble
) -> tuple[FileChange, int]:
    """Read the hunks from index `first` on; give the change and the index after it."""
    crlf = any(
        line.endswith(b"\r\n") and line.startswith((b"--- ", b"+++ ", b"Index:"))
        for line in lines[start:first]
    )
    spans: list[tuple[int, Range, int]] = []
    normal = ["--- a\n", "+++ b\n"]
    index = first
    while index < len(lines) and lines[index].startswith(b"@@ -"):
        span = parse_range(lines[index])
        if span is None:
            raise HunkError("malformed hunk header", where=f"{name}:{index + 1}")
        stop = _collect(name, lines, index, span, crlf, normal)
        spans.append((index, span, stop))
        index = stop
    hunks = _read_sides(name, lines, spans, normal)
    return _finish(lines, start, first, head, hunks), index


def _collect(
    name: str, lines: list[bytes], header: int, span: Range, crlf: bool, normal: list[str]
) -> int:
    """Append the hunk in the strict form that unidiff reads; give the index after its last line."""
    old, new = span.old_count, span.new_count
    normal.append(f"@@ -{span.old_start},{old} +{span.new_start},{new} @@\n")
    index = header + 1
    total = len(lines)
    while old > 0 or new > 0:
        if index < total:
            line = lines[index]
        elif new <= 2 and old <= new:
            line = b" \n"  # blank context lines at the end of the file got chopped
        else:
            raise HunkError(
                f"the hunk is shorter than its header says: {old} old and {new} new lines missing",
                where=f"{name}:{header + 1}",
            )
        index += 1
        if len(line) > MAX_LINE_BYTES:
            raise _long_line(name, index - 1)
        marker = line[:1]
        if marker == b"#":
            continue
        if marker in (b"\n", b"\t", b"\r"):
            line, marker = b" " + line, b" "
        if crlf and line.endswith(b"\r\n"):
            line = line[:-2] + b"\n"
        if marker == b" ":
            old -= 1
            new -= 1
        elif marker == b"-":
            old -= 1
        elif marker == b"+":
            new -= 1
        elif marker != b"\\":
            old = -1
        if old < 0 or new < 0:
            raise HunkError(
                "the hunk's lines do not match the counts in its header",
                where=f"{name}:{index}",
            )
        normal.append(line.decode("latin-1"))
    if index < total and lines[index].startswith(b"\\"):
        normal.append("\\ No newline at end of file\n")
        index += 1
    return min(index, total)


def _read_sides(
    name: str, lines: list[bytes], spans: list[tuple[int, Range, int]], normal: list[str]
) -> tuple[Hunk, ...]:
    """Let unidiff read the hunks, and hold what it read against the bytes it was given."""
    try:
        read = PatchSet(normal)
    except UnidiffParseError as error:
        where = f"{name}:{spans[0][0] + 1}"
        raise HunkError(f"the hunks cannot be read: {error}", where=where) from error
    if len(read) != 1 or len(read[0]) != len(spans):
        raise HunkError("the hunks cannot be told apart", where=f"{name}:{spans[0][0] + 1}")
    hunks: list[Hunk] = []
    seen = 2
    for (header, span, stop), block in zip(spans, read[0], strict=True):
        seen += 1
        sides: list[tuple[str, bytes]] = []
        for line in block:
            if line.line_type + line.value != normal[seen] and line.line_type != "\\":
                raise HunkError(
                    "unidiff read other bytes than the patch holds", where=f"{name}:{header + 1}"
                )
            sides.append((line.line_type, line.value.encode("latin-1")))
            seen += 1
        hunk = build_hunk(lines[header], span, tuple(lines[header + 1 : stop]), sides, header + 1)
        if hunk.leading < 0:
            raise HunkError("the hunk changes nothing", where=f"{name}:{header + 1}")
        hunks.append(hunk)
    return tuple(hunks)


def _finish(
    lines: list[bytes], start: int, first: int, head: _Preamble, hunks: tuple[Hunk, ...]
) -> FileChange:
    span = parse_range(lines[first]) or Range(1, 1, 1, 1)
    creates, deletes = head.creates, head.deletes
    if span.old_start == 0:
        creates = max(creates, 2 if head.old and head.old.is_absent else 1)
    if span.new_start == 0:
        deletes = max(deletes, 2 if head.new and head.new.is_absent else 1)
    change = _hunkless(lines, start, first, head)
    return replace(change, hunks=hunks, creates=creates, deletes=deletes)


def _hunkless(lines: list[bytes], start: int, stop: int, head: _Preamble) -> FileChange:
    return FileChange(
        preamble=b"".join(lines[start:stop]),
        hunks=(),
        old=head.old,
        new=head.new,
        index=head.index,
        is_git=head.is_git,
        old_mode=head.old_mode,
        new_mode=head.new_mode,
        is_rename=head.is_rename,
        is_copy=head.is_copy,
        is_binary=head.is_binary,
        creates=head.creates,
        deletes=head.deletes,
        line=start + 1,
    )


def _long_line(name: str, index: int) -> HunkError:
    return HunkError(
        f"a line is longer than {MAX_LINE_BYTES // (1024 * 1024)} MB", where=f"{name}:{index + 1}"
    )


def render_patch(patch: Patch) -> bytes:
    """Give back the patch file's bytes exactly."""
    parts = []
    for change in patch.changes:
        parts.append(change.preamble)
        parts.extend(render_hunk(hunk) for hunk in change.hunks)
    return b"".join(parts) + patch.trailer


def reverse_patch(patch: Patch) -> Patch:
    """Swap old and new everywhere, as `patch -R` reads it."""
    changes = tuple(
        replace(
            change,
            hunks=tuple(reverse_hunk(hunk) for hunk in change.hunks),
            old=change.new,
            new=change.old,
            old_mode=change.new_mode,
            new_mode=change.old_mode,
            creates=change.deletes,
            deletes=change.creates,
        )
        for change in patch.changes
    )
    return replace(patch, changes=changes)
