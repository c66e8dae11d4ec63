"""A patch: one file of the series, split into its header and the changes to each file.

Reading a patch does not choose the files that it changes; that is `changed_file`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from io import BytesIO

from freebsd_port.engine.core.patch.change import FileChange, Omission, named_paths, reverse_change
from freebsd_port.engine.core.patch.hunk import HunkError, render_hunk
from freebsd_port.engine.core.patch.reader import (
    INDENT,
    MAX_LINE_BYTES,
    HunkReader,
    Preamble,
    long_line,
)

_BODY = re.compile(rb"^(?:(?:---|\*\*\*|Index:)[ \t][^ \t\n]|diff -)", re.MULTILINE)
_SUSPECT = re.compile(
    rb"^(?:-(?!--? ?\r?$)|\+|@@ -|\\ |Binary files |Files |GIT bin|\*{8}|\d[\d,]*[acdis])", re.M
)
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


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch file. `render_patch(parse_patch(name, data)) == data` for any bytes."""

    name: str
    """As in the series, such as `nova/host-cpumap-fallback.patch`."""

    changes: tuple[FileChange, ...]
    trailer: bytes
    """Bytes after the last hunk: a mail signature or blank lines."""

    omissions: tuple[Omission, ...] = ()
    """What the patch tells of but does not hold, in order."""

    def added_lines(self) -> frozenset[bytes]:
        """Give every line that the patch adds, wherever it does; newlines kept."""
        return self._marked_lines((b"+",))

    def changed_lines(self) -> frozenset[bytes]:
        """Give every line that the patch adds or removes, wherever it does; newlines kept."""
        return self._marked_lines((b"+", b"-"))

    def _marked_lines(self, marks: tuple[bytes, ...]) -> frozenset[bytes]:
        return frozenset(
            line[1:]
            for change in self.changes
            for hunk in change.hunks
            for line in hunk.body
            if line.startswith(marks)
        )


def parse_patch(name: str, data: bytes, *, is_begun: bool = False) -> Patch:
    """Read a patch file's bytes; empty ones are a patch that changes nothing.

    With `is_begun` a header alone is one too; GNU patch calls that garbage.

    Raises HunkError, naming the line, for a hunk whose counts and lines disagree, a kind of diff
    that is not unified, lines of a diff that no hunk covers, and a file that holds no diff at
    all. What GNU patch tolerates is tolerated: eaten blanks, chopped blank lines at the end,
    indentation, comments, CRLF headers.
    """
    lines = BytesIO(data).readlines()
    changes: list[FileChange] = []
    omissions: list[Omission] = []
    head = Preamble()
    reader: HunkReader | None = None
    start = index = 0
    total = len(lines)

    def end_text(stop: int, *, has_hunk: bool) -> bytes:
        """Give the lines up to index `stop`, and look for what no hunk does."""
        text = b"".join(lines[start:stop])
        plain = text
        if reader and not reader.is_plain:
            plain = b"".join(map(reader.plain, lines[start:stop]))
        follows_hunk = bool(changes and changes[-1].hunks)
        if _is_suspect(plain, follows_hunk=follows_hunk, has_hunk=has_hunk):
            from freebsd_port.engine.core.patch.uncovered import find_omissions

            omissions.extend(
                find_omissions(
                    name,
                    plain,
                    start + 1,
                    follows_hunk=follows_hunk,
                    is_prose=not changes,
                    has_hunk=has_hunk,
                )
            )
        return text

    def end_bare_change(text: bytes) -> None:
        """Take in a change that git's header lines announce and that has no hunk."""
        changes.append(head.finish(text, start + 1, None))
        if head.differs_at and not head.is_binary:
            omissions.append(
                Omission(head.differs_at, "the content of the file is not in the patch")
            )

    if lines and not lines[-1].endswith(b"\n"):
        total -= 1  # GNU patch drops a last line that was cut off
    while index < total:
        line = lines[index]
        if len(line) > MAX_LINE_BYTES:
            raise long_line(name, index)
        if head.has_header and line.lstrip(INDENT).startswith(b"@@ -"):
            text = end_text(index, has_hunk=True)
            if stranger := head.find_stranger():
                shown = stranger.decode("utf-8", "backslashreplace")
                what = f"git's header lines above it are not of {shown}"
                raise HunkError(what, where=f"{name}:{index + 1}")
            reader = HunkReader(name, lines, index, has_crlf=head.has_crlf)
            first = line.lstrip(INDENT)
            changes.append(head.finish(text, start + 1, first, reader.read()))
            head, start, index = Preamble(), reader.index, reader.index
            continue
        if head.has_extended and line.lstrip(INDENT).startswith(b"diff --git "):
            text = end_text(index, has_hunk=False)
            end_bare_change(text)
            head, start = Preamble(), index
        if not line.startswith(b"#"):
            head.read(line, index + 1)
        index += 1
    text = end_text(len(lines), has_hunk=False)
    if head.has_extended:
        end_bare_change(text)
        text = b""
    if data and not changes and not (is_begun and is_header_only(data)):
        raise HunkError("the patch contains no diff", where=name)
    return Patch(name, tuple(changes), text, tuple(omissions))


def _is_suspect(text: bytes, *, follows_hunk: bool, has_hunk: bool) -> bool:
    """Tell whether text between hunks may hold lines that belong to one; most does not."""
    if has_hunk:  # then its last two lines are nearly always the names of the file
        cut = text.rfind(b"\n--- ") + 1
        names = text[cut:]
        if names.startswith(b"--- ") and names.count(b"\n") == 2 and b"\n+++ " in names:
            text = text[:cut]
    return _SUSPECT.search(text) is not None or (follows_hunk and text.startswith((b" ", b"\t")))


def require_complete(patch: Patch) -> None:
    """Raise HunkError for the first thing that the patch tells of but does not hold."""
    for omission in patch.omissions:
        raise HunkError(omission.what, where=f"{patch.name}:{omission.line}")


def repeats_a_file(patch: Patch, strip: int) -> bool:
    """Tell whether two diffs of the patch may be of the same file."""
    seen: set[str] = set()
    for change in patch.changes:
        paths = set(named_paths(change, strip))
        if paths & seen:
            return True
        seen |= paths
    return False


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
