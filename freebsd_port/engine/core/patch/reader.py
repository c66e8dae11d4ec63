"""Read the changes of a patch: the preamble of each file, and its hunks.

Which preamble lines count, and which wins, is GNU patch's choice; git's extended header lines
count only below `diff --git`. What unidiff reads in the same bytes is `cross_reading`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.filename import (
    HeaderName,
    parse_git_names,
    parse_header_name,
    parse_index_name,
    parse_moved_name,
)
from freebsd_port.engine.core.patch.hunk import Hunk, HunkError, Range, parse_range

_LEADS = (b"--- ", b"+++ ", b"*** ", b"Index:", b"diff --git ")
_MODES = ((b"old mode ", 0), (b"new mode ", 1), (b"deleted file mode ", 0), (b"new file mode ", 1))
_MARKS = (b"rename from ", b"rename to ", b"copy from ", b"copy to ")
_MODE = re.compile(rb"\s*([0-7]{6})\r?\n")
_INDEX = re.compile(rb"index ([0-9a-f]+)\.\.([0-9a-f]+)(?:\s+(.*))?$", re.DOTALL)
_EMPTY_BLOB = b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
INDENT = b" \tX"
"""What may stand before every line of an indented or mailed patch."""


@dataclass(slots=True)
class Preamble:
    """The header lines of one file change, taken in one by one."""

    old: HeaderName | None = None
    new: HeaderName | None = None
    index: bytes | None = None
    has_header: bool = False
    """A header line came, so that an `@@` line is a hunk."""

    has_extended: bool = False
    """A git line came that says something even without a hunk."""

    has_crlf: bool = False
    """The header lines end in CR LF, so the CRs are the mail's and not the file's."""

    differs_at: int | None = None
    """1-based line of an `index` line whose blobs differ, so that a hunk should follow."""

    is_git: bool = False
    git_names: tuple[bytes | None, bytes | None] = (None, None)
    is_binary: bool = False
    modes: list[int | None] = field(default_factory=lambda: [None, None])
    creates: int = 0
    deletes: int = 0
    marks: set[bytes] = field(default_factory=set)

    def read(self, line: bytes, number: int) -> None:
        """Take in one line that is not part of a hunk; `number` is 1-based."""
        line = line.lstrip(INDENT)
        if not self.is_git and not line.startswith((*_LEADS, b"- --- ")):
            return  # prose and mail headers, which are most lines
        if line.startswith(_LEADS):
            self.has_header = True
        if line.startswith((b"--- ", b"- --- ")):
            self.old = _follow(self.old, line[line.index(b"--- ") + 4 :])
        elif line.startswith(b"+++ "):
            self.new = _follow(self.new, line[4:])
        elif line.startswith(b"*** "):  # of a context diff, but it counts in any
            self.new = _follow(self.new, line[4:])
            return
        elif line.startswith(b"Index:"):
            self.index = parse_index_name(line[6:]) or self.index
        elif line.startswith(b"diff --git "):
            self._read_git(line[11:])
            return
        elif self.is_git:
            self._read_extended(line, number)
            return
        else:
            return
        self.has_crlf = line.endswith(b"\r\n")

    def _read_git(self, text: bytes) -> None:
        self.is_git = True
        self.old = self.new = None
        self.git_names = parse_git_names(text)

    def _read_extended(self, line: bytes, number: int) -> None:
        for lead, side in _MODES:
            if line.startswith(lead):
                self.modes[side] = _parse_mode(line[len(lead) :])
                self.has_extended = True
        if line.startswith(b"new file mode "):
            self.creates = 2
        elif line.startswith(b"deleted file mode "):
            self.deletes = 2
        elif line.startswith(_MARKS):
            mark = next(mark for mark in _MARKS if line.startswith(mark))
            self.marks.add(mark)
            self.has_extended = True
            self._read_moved(mark, line[len(mark) :])
        elif line.startswith(b"GIT binary patch"):
            self.is_binary = self.has_extended = True
        elif match := _INDEX.match(line):
            self.has_extended = True
            self.creates, self.deletes = _absence(match[1]), _absence(match[2])
            is_empty = self.creates and self.deletes
            self.differs_at = None if is_empty or _is_same_blob(match[1], match[2]) else number
            if match[3]:
                self.modes = [_parse_mode(match[3])] * 2

    def _read_moved(self, mark: bytes, text: bytes) -> None:
        """Take the name of a rename or copy, which has no prefix, where `diff --git` tells none."""
        name = parse_moved_name(text)
        if not all(self.git_names) and name:
            old, new = self.git_names
            is_old = mark.endswith(b"from ")
            self.git_names = (b"a/" + name, new) if is_old else (old, b"b/" + name)

    def find_stranger(self) -> bytes | None:
        """Give a name below git's header lines that is not the header's own, where it matters.

        GNU patch would do to that file what the header says of another one.
        """
        is_made_or_gone = self.creates == 2 or self.deletes == 2
        says_more = self.marks or is_made_or_gone or self.modes[0] != self.modes[1]
        if not says_more or None in self.git_names:
            return None
        for header in (self.old, self.new):
            if header is not None and header.name and header.name not in self.git_names:
                return header.name
        return None

    def finish(
        self, text: bytes, line: int, first_hunk: bytes | None, hunks: tuple[Hunk, ...] = ()
    ) -> FileChange:
        """Give the change that these lines announce and these hunks make.

        `text` is the preamble itself, `first_hunk` the `@@` line that ended it, None when there
        is no hunk.
        """
        creates, deletes = self.creates, self.deletes
        old, new = self._sides(has_hunk=first_hunk is not None)
        if first_hunk is not None:
            if re.match(rb"@@ -0(?!\d)", first_hunk):
                creates = 1 + (old is not None and old.is_absent)
            if re.match(rb"@@ -\S+ +\+0(?!\d)", first_hunk):
                deletes = 1 + (new is not None and new.is_absent)
        return FileChange(
            preamble=text,
            hunks=hunks,
            old=old,
            new=new,
            index=self.index,
            is_git=self.is_git,
            old_mode=self.modes[0],
            new_mode=self.modes[1],
            is_rename=self.marks.issuperset(_MARKS[:2]),
            is_copy=self.marks.issuperset(_MARKS[2:]),
            is_binary=self.is_binary,
            creates=creates,
            deletes=deletes,
            line=line,
        )

    def _sides(self, *, has_hunk: bool) -> tuple[HeaderName | None, HeaderName | None]:
        """Complete the names of `---` and `+++` lines with those of `diff --git`.

        GNU patch fills a missing one from the other side where a hunk follows, and takes `+++`
        for the old side where none does.
        """
        old, new = (self.old, self.new) if has_hunk else (self.new, self.old)
        for_old, for_new = self.git_names[::-1] if has_hunk else self.git_names
        return _complete(old, for_old), _complete(new, for_new)


def _follow(before: HeaderName | None, text: bytes) -> HeaderName | None:
    """Read a name; the one before stays for when it cannot be taken."""
    found = parse_header_name(text)
    if found is None or before is None:
        return found or before
    return HeaderName(found.name, found.is_absent, before)


def _complete(header: HeaderName | None, name: bytes | None) -> HeaderName | None:
    if header is not None and (header.name or header.before):
        if name is None:
            return header
        return HeaderName(header.name, header.is_absent, _complete(header.before, name))
    is_absent = header is not None and header.is_absent
    return HeaderName(name, is_absent) if name or is_absent else None


def _parse_mode(text: bytes) -> int | None:
    """Read six octal digits and nothing else; None for anything else, and for 0."""
    match = _MODE.fullmatch(text)
    return (int(match[1], 8) or None) if match else None


def _absence(digest: bytes) -> int:
    """Tell from a blob's abbreviated name: 2 no file, 1 an empty one, 0 one with content."""
    if not digest.strip(b"0"):
        return 2
    return 1 if _EMPTY_BLOB.startswith(digest) else 0


def _is_same_blob(old: bytes, new: bytes) -> bool:
    return old.startswith(new) or new.startswith(old)


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
        self.is_plain = not self._indent and not has_crlf

    def read(self) -> tuple[Hunk, ...]:
        """Read until a line that begins no hunk. Raises HunkError, naming the line."""
        hunks: list[Hunk] = []
        while (header := self._find_header()) is not None:
            if header > self.index:  # comments; they belong to the hunk before them
                comments = tuple(self._lines[self.index : header])
                hunks[-1] = replace(hunks[-1], body=hunks[-1].body + comments)
            span = parse_range(self.plain(self._lines[header]))
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
            line = self.plain(line)
            if not line.startswith(b"#"):
                return index if line.startswith(b"@@ -") else None
        return None

    def plain(self, line: bytes) -> bytes:
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
            if not self.is_plain:
                line = self.plain(line)
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
