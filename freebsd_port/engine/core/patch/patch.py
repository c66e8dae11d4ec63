"""A patch: one file of the series, split into its header and the changes to each file.

Reading a patch does not choose the files that it changes; that is `changed_file`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from io import BytesIO

from freebsd_port.engine.core.patch.change import FileChange, reverse_change
from freebsd_port.engine.core.patch.hunk import HunkError, render_hunk
from freebsd_port.engine.core.patch.reader import (
    INDENT,
    MAX_LINE_BYTES,
    HunkReader,
    Preamble,
    long_line,
)

_BODY = re.compile(rb"^(?:(?:---|\*\*\*|Index:)[ \t][^ \t\n]|diff -)", re.MULTILINE)
_DIFF_LINE = re.compile(rb"^(?:--- |\+\+\+ |@@ |\*\*\* |diff |Index:|[0-9,]+[acd][0-9,]*$)", re.M)


def split_patch(data: bytes) -> tuple[bytes, bytes]:
    """Give header and body; `header + body == data`.

    Source: quilt 0.66, patch_header and patch_body of scripts/patchfns.
    """
    match = _BODY.search(data)
    cut = match.start() if match else len(data)
    return data[:cut], data[cut:]


def join_patch(header: bytes, body: bytes) -> bytes:
    """Put them together; a header gets the newline that its last line lacks."""
    if header and not header.endswith((b"\n", b"\r")):
        header += b"\n"
    return header + body


def is_header_only(data: bytes) -> bool:
    """Tell whether this is a patch begun: nothing in it looks like a diff."""
    return _DIFF_LINE.search(data) is None


__all__ = ["FileChange", "Patch", "parse_patch", "render_patch", "reverse_patch"]

_NORMAL_COMMAND = re.compile(rb"\d+(,\d+)?[acd]\d+(,\d+)?\r?\n")


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch file. `render_patch(parse_patch(name, data)) == data` for any bytes."""

    name: str
    """As in the series, such as `nova/host-cpumap-fallback.patch`."""

    changes: tuple[FileChange, ...]
    trailer: bytes
    """Bytes after the last hunk: a mail signature or blank lines."""

    def added_lines(self) -> frozenset[bytes]:
        """Give every line that the patch adds, wherever it does; newlines kept."""
        return frozenset(
            line[1:]
            for change in self.changes
            for hunk in change.hunks
            for line in hunk.body
            if line.startswith(b"+")
        )


def parse_patch(name: str, data: bytes, *, is_begun: bool = False) -> Patch:
    """Read a patch file's bytes; empty ones are a patch that changes nothing.

    With `is_begun` a header alone is one too; GNU patch calls that garbage.

    Raises HunkError, naming the line, for a hunk whose counts and lines disagree, a kind of diff
    that is not unified, and a file that holds no diff at all. What GNU patch tolerates is
    tolerated: eaten blanks, chopped blank lines at the end, indentation, comments, CRLF headers.
    """
    lines = BytesIO(data).readlines()
    changes: list[FileChange] = []
    head = Preamble()
    start = index = 0
    total = len(lines)
    if lines and not lines[-1].endswith(b"\n"):
        total -= 1  # GNU patch drops a last line that was cut off
    while index < total:
        line = lines[index]
        if len(line) > MAX_LINE_BYTES:
            raise long_line(name, index)
        if head.has_header and line.lstrip(INDENT).startswith(b"@@ -"):
            reader = HunkReader(name, lines, index, has_crlf=head.has_crlf)
            text, first = b"".join(lines[start:index]), line.lstrip(INDENT)
            changes.append(head.finish(text, start + 1, first, reader.read()))
            head, start, index = Preamble(), reader.index, reader.index
            continue
        if head.has_extended and line.lstrip(INDENT).startswith(b"diff --git "):
            changes.append(head.finish(b"".join(lines[start:index]), start + 1, None))
            head, start = Preamble(), index
        if head.has_header:
            _require_unified(name, lines, index)
        if not line.startswith(b"#"):
            head.read(line)
        index += 1
    if head.has_extended:
        changes.append(head.finish(b"".join(lines[start:]), start + 1, None))
        start = len(lines)
    if data and not changes and not (is_begun and is_header_only(data)):
        raise HunkError("the patch holds no diff", where=name)
    return Patch(name, tuple(changes), b"".join(lines[start:]))


def _require_unified(name: str, lines: list[bytes], index: int) -> None:
    """Refuse a context or normal diff, which would otherwise pass for text between changes."""
    if index + 1 >= len(lines):
        return
    line, following = lines[index], lines[index + 1]
    is_context = line.startswith(b"********") and following.startswith(b"*** ")
    is_normal = _NORMAL_COMMAND.fullmatch(line) and following.startswith((b"< ", b"> "))
    if is_context or is_normal:
        raise HunkError("only unified diffs are supported", where=f"{name}:{index + 1}")


def render_patch(patch: Patch) -> bytes:
    """Give back the patch file's bytes exactly."""
    parts = []
    for change in patch.changes:
        parts.append(change.preamble)
        parts.extend(render_hunk(hunk) for hunk in change.hunks)
    return b"".join(parts) + patch.trailer


def reverse_patch(patch: Patch) -> Patch:
    """Swap old and new everywhere, as `patch -R` reads it."""
    return replace(patch, changes=tuple(reverse_change(change) for change in patch.changes))


_HARMLESS = (b"+++ ", b"--- ", b"-- ", b"--\n", b"---\n", b"--\r\n", b"---\r\n")
"""The next file's header, and what mail puts before a signature."""


def require_no_leftover(patch: Patch) -> None:
    """Raise HunkError when a hunk goes on behind the lines that its header counts.

    GNU patch takes such lines for text between patches and applies the first part alone.
    """
    if not patch.changes:
        return
    following = [change.preamble for change in patch.changes[1:]] + [patch.trailer]
    for change, text in zip(patch.changes, following, strict=True):
        if change.hunks and text.startswith((b"+", b"-", b" ")) and not text.startswith(_HARMLESS):
            hunk = change.hunks[-1]
            raise HunkError(
                "the hunk has more lines than its header says",
                where=f"{patch.name}:{hunk.line + len(hunk.body) + 1}",
            )
