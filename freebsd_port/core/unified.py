"""Reading the hunks of one file change, with all that GNU patch tolerates in them.

What unidiff makes of the same bytes is `second_reading`'s business.
"""

from __future__ import annotations

from dataclasses import replace

from freebsd_port.core.hunk import Hunk, HunkError, Range, parse_range
from freebsd_port.core.preamble import INDENT

MAX_LINE_BYTES = 16 * 1024 * 1024
"""Longer lines are refused: no source file has one, and a hostile patch may."""

_MISCOUNTED = "the hunk's lines do not match the counts in its header"


class HunkReader:
    """The hunks that follow one preamble, read in order from the lines of the patch file."""

    def __init__(self, name: str, lines: list[bytes], first: int, *, has_crlf: bool) -> None:
        """Start at index `first`, where the first `@@` line is."""
        self.index = first
        """Index of the line to be read next."""

        self._name = name
        self._lines = lines
        self._has_crlf = has_crlf
        self._indent = len(lines[first]) - len(lines[first].lstrip(INDENT))
        self._is_plain = not self._indent and not has_crlf

    def read(self) -> tuple[Hunk, ...]:
        """Read until a line that begins no hunk. Raises HunkError, naming the line."""
        hunks: list[Hunk] = []
        while (header := self._find_header()) is not None:
            if header > self.index:  # comments; they belong to the hunk before them
                comments = tuple(self._lines[self.index : header])
                hunks[-1] = replace(hunks[-1], body=hunks[-1].body + comments)
            span = parse_range(self._plain(self._lines[header]))
            if span is None:
                raise self._fault("malformed hunk header", header)
            self.index = header + 1
            hunks.append(self._read_hunk(header, span))
        return tuple(hunks)

    def _find_header(self) -> int | None:
        """Find the next `@@` line; only comments may stand before it."""
        for index in range(self.index, len(self._lines)):
            line = self._lines[index]
            if not line.endswith(b"\n"):
                break
            line = self._plain(line)
            if not line.startswith(b"#"):
                return index if line.startswith(b"@@ -") else None
        return None

    def _plain(self, line: bytes) -> bytes:
        """Take off the indentation, and the CR that the mail added."""
        if self._indent:
            blanks = len(line) - len(line.lstrip(INDENT))
            line = line[min(blanks, self._indent) :]
        if self._has_crlf and line.endswith(b"\r\n"):
            line = line[:-2] + b"\n"
        return line

    def _read_hunk(self, header: int, span: Range) -> Hunk:
        """Read the lines below a header into two sides and move behind the last one."""
        old: list[bytes] = []
        new: list[bytes] = []
        leading, context = -1, 0
        while (old_left := span.old_count - len(old)) | (new_left := span.new_count - len(new)):
            marker, text = self._next_line(header, old_left, new_left)
            is_old, is_new = marker != b"+", marker != b"-"
            if old_left < is_old or new_left < is_new:
                raise self._fault(_MISCOUNTED, self.index - 1)
            if is_old and is_new:
                context += 1
            else:
                leading = context if leading < 0 else leading
                context = 0
            is_last = (is_old and old_left == 1) or (is_new and new_left == 1)
            if is_last and self._lacks_newline():
                self.index += 1
                text = text.removesuffix(b"\n")
            if is_old:
                old.append(text)
            if is_new:
                new.append(text)
        if leading < 0:
            raise self._fault("the hunk changes nothing", header)
        return Hunk(
            header=self._lines[header],
            body=tuple(self._lines[header + 1 : self.index]),
            old_start=span.old_start,
            new_start=span.new_start,
            old=tuple(old),
            new=tuple(new),
            leading=leading,
            trailing=context,
            line=header + 1,
        )

    def _lacks_newline(self) -> bool:
        r"""Tell whether the line to be read next is `\ No newline at end of file`."""
        return self.index < len(self._lines) and self._lines[self.index].startswith(b"\\")

    def _next_line(self, header: int, old: int, new: int) -> tuple[bytes, bytes]:
        """Give marker and text of the next line that is no comment.

        Blank context at the end of the file may lack.
        """
        while self.index < len(self._lines):
            line = self._lines[self.index]
            if not line.endswith(b"\n"):
                break
            if len(line) > MAX_LINE_BYTES:
                raise long_line(self._name, self.index)
            self.index += 1
            if not self._is_plain:
                line = self._plain(line)
            marker = line[:1]
            if marker in b" -+":
                return marker, line[1:]
            if marker in b"\n\t":
                return b" ", line  # the blank of an empty context line got lost
            if marker == b"=":
                return b" ", line[1:]
            if marker != b"#":
                raise self._fault(_MISCOUNTED, self.index - 1)
        if old == new and new <= 3:
            self.index = len(self._lines)
            return b" ", b"\n"
        raise self._fault(
            f"the hunk is shorter than its header says: {old} old and {new} new lines missing",
            header,
        )

    def _fault(self, what: str, index: int) -> HunkError:
        return HunkError(what, where=f"{self._name}:{index + 1}")


def long_line(name: str, index: int) -> HunkError:
    """Give the error for a line that no source file has."""
    megabytes = MAX_LINE_BYTES // (1024 * 1024)
    return HunkError(f"a line is longer than {megabytes} MB", where=f"{name}:{index + 1}")
