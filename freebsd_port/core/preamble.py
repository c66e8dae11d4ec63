"""The preamble: the lines before a file's first hunk, and what they say of the file.

What counts as a header line, and which one wins, is GNU patch's choice; git's extended header
lines count only below `diff --git`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from freebsd_port.core.change import FileChange
from freebsd_port.core.filename import (
    HeaderName,
    parse_git_names,
    parse_header_name,
    parse_index_name,
)
from freebsd_port.core.hunk import Hunk

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

    is_git: bool = False
    git_names: tuple[bytes | None, bytes | None] = (None, None)
    is_binary: bool = False
    modes: list[int | None] = field(default_factory=lambda: [None, None])
    creates: int = 0
    deletes: int = 0
    marks: set[bytes] = field(default_factory=set)

    def read(self, line: bytes) -> None:
        """Take in one line that is not part of a hunk."""
        line = line.lstrip(INDENT)
        if not self.is_git and not line.startswith((*_LEADS, b"- --- ")):
            return  # prose and mail headers, which are most lines
        if line.startswith(_LEADS):
            self.has_header = True
        if line.startswith((b"--- ", b"- --- ")):
            self.old = parse_header_name(line[line.index(b"--- ") + 4 :]) or self.old
        elif line.startswith(b"+++ "):
            self.new = parse_header_name(line[4:]) or self.new
        elif line.startswith(b"Index:"):
            self.index = parse_index_name(line[6:]) or self.index
        elif line.startswith(b"diff --git "):
            self._read_git(line[11:])
            return
        elif self.is_git:
            self._read_extended(line)
            return
        else:
            return
        self.has_crlf = line.endswith(b"\r\n")

    def _read_git(self, text: bytes) -> None:
        self.is_git = True
        self.old = self.new = None
        self.git_names = parse_git_names(text)

    def _read_extended(self, line: bytes) -> None:
        for lead, side in _MODES:
            if line.startswith(lead):
                self.modes[side] = _parse_mode(line[len(lead) :])
                self.has_extended = True
        if line.startswith(b"new file mode "):
            self.creates = 2
        elif line.startswith(b"deleted file mode "):
            self.deletes = 2
        elif line.startswith(_MARKS):
            self.marks.update(mark for mark in _MARKS if line.startswith(mark))
            self.has_extended = True
        elif line.startswith(b"GIT binary patch"):
            self.is_binary = self.has_extended = True
        elif match := _INDEX.match(line):
            self.has_extended = True
            self.creates, self.deletes = _absence(match[1]), _absence(match[2])
            if match[3]:
                self.modes = [_parse_mode(match[3])] * 2

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


def _complete(header: HeaderName | None, name: bytes | None) -> HeaderName | None:
    if header is not None and header.name:
        return header
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
