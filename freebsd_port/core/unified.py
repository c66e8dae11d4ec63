"""Reading the hunks of one file change: what GNU patch tolerates becomes strict unified diff.

The strict form goes through unidiff, and what comes back is held against the bytes.
"""

from __future__ import annotations

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from freebsd_port.core.hunk import Hunk, HunkError, Range, build_hunk, parse_range
from freebsd_port.core.preamble import INDENT

MAX_LINE_BYTES = 16 * 1024 * 1024
"""Longer lines are refused: no source file has one, and a hostile patch may."""

_NO_NEWLINE = "\\ No newline at end of file\n"


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
        self._strict = ["--- a\n", "+++ b\n"]

    def read(self) -> tuple[Hunk, ...]:
        """Read until a line that begins no hunk. Raises HunkError, naming the line."""
        spans: list[tuple[int, Range]] = []
        while (header := self._find_header()) is not None:
            span = parse_range(self._plain(self._lines[header]))
            if span is None:
                raise self._fault("malformed hunk header", header)
            self.index = header + 1
            self._collect(header, span)
            spans.append((header, span))
        return self._read_sides(spans)

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

    def _collect(self, header: int, span: Range) -> None:
        """Append the hunk in strict form and move behind its last line."""
        old, new = span.old_count, span.new_count
        self._strict.append(f"@@ -{span.old_start},{old} +{span.new_start},{new} @@\n")
        while old > 0 or new > 0:
            line = self._next_line(header, old, new)
            marker = line[:1]
            if marker in b"\n\t":
                line, marker = b" " + line, b" "  # the blank of an empty context line got lost
            elif marker == b"=":
                line, marker = b" " + line[1:], b" "
            if marker not in b" -+" or (marker != b"+" and not old) or (marker != b"-" and not new):
                raise self._fault(
                    "the hunk's lines do not match the counts in its header", self.index - 1
                )
            old -= marker != b"+"
            new -= marker != b"-"
            self._strict.append(line.decode("latin-1"))
            is_last = (marker != b"+" and not old) or (marker != b"-" and not new)
            if is_last and self._lacks_newline():
                self._strict.append(_NO_NEWLINE)
                self.index += 1

    def _lacks_newline(self) -> bool:
        r"""Tell whether the line to be read next is `\ No newline at end of file`."""
        return self.index < len(self._lines) and self._lines[self.index].startswith(b"\\")

    def _next_line(self, header: int, old: int, new: int) -> bytes:
        """Give the next line that is no comment; blank context at the end of the file may lack."""
        while self.index < len(self._lines):
            line = self._lines[self.index]
            if not line.endswith(b"\n"):
                break
            if len(line) > MAX_LINE_BYTES:
                raise long_line(self._name, self.index)
            self.index += 1
            if not self._is_plain:
                line = self._plain(line)
            if not line.startswith(b"#"):
                return line
        if old == new and new <= 3:
            self.index = len(self._lines)
            return b" \n"
        raise self._fault(
            f"the hunk is shorter than its header says: {old} old and {new} new lines missing",
            header,
        )

    def _read_sides(self, spans: list[tuple[int, Range]]) -> tuple[Hunk, ...]:
        """Let unidiff read the strict form, and hold what it read against what it was given."""
        first = spans[0][0]
        try:
            read = PatchSet(self._strict)
        except UnidiffParseError as error:
            raise self._fault(f"the hunks cannot be read: {error}", first) from error
        if len(read) != 1 or len(read[0]) != len(spans):
            raise self._fault("the hunks cannot be told apart", first)
        hunks: list[Hunk] = []
        stops = [*(header for header, _ in spans[1:]), self.index]
        seen = 2
        for (header, span), stop, block in zip(spans, stops, read[0], strict=True):
            texts = [line.line_type + line.value for line in block]
            given = self._strict[seen + 1 : seen + 1 + len(texts)]
            if texts != given:
                raise self._fault("unidiff read other bytes than the patch holds", header)
            seen += 1 + len(texts)
            sides = [(text[0], text[1:].encode("latin-1")) for text in texts]
            body = tuple(self._lines[header + 1 : stop])
            hunk = build_hunk(self._lines[header], span, body, sides, header + 1)
            if hunk.leading < 0:
                raise self._fault("the hunk changes nothing", header)
            hunks.append(hunk)
        return tuple(hunks)

    def _fault(self, what: str, index: int) -> HunkError:
        return HunkError(what, where=f"{self._name}:{index + 1}")


def long_line(name: str, index: int) -> HunkError:
    """Give the error for a line that no source file has."""
    megabytes = MAX_LINE_BYTES // (1024 * 1024)
    return HunkError(f"a line is longer than {megabytes} MB", where=f"{name}:{index + 1}")
