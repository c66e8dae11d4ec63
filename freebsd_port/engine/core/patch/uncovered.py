"""Text between the diffs of a patch that looks like part of one, but that no hunk covers.

GNU patch takes such text for prose and drops it: a hunk whose `@@` line got lost, lines behind
those that a hunk's header counts, diffs of another kind. Prose itself may stand between diffs.
"""

from __future__ import annotations

import re

from freebsd_port.engine.core.patch.change import Omission
from freebsd_port.engine.core.patch.hunk import HunkError

_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_BINARY = re.compile(rb"(?:Binary files|Files) \S.* and \S.* differ\s*")
_NORMAL = re.compile(rb"\d+(?:,\d+)?[acd]\d+(?:,\d+)?\s*")
_ED = re.compile(rb"\d+(?:,\d+)?[acdis]\s*")
_NEXT_COMMIT = re.compile(rb"From [0-9a-f]{40} |commit [0-9a-f]{40}$")
_SIGNATURE = (b"-- ", b"--", b"---")
_RULER = re.compile(rb"-{3,}\s*|\+{3,}\s*|- --- .*", re.DOTALL)
_LONGER = "the hunk has more lines than its header says"
_HEADER_LINES = (b"diff -", b"Index:")


def find_omissions(
    name: str, text: bytes, first: int, *, follows_hunk: bool, is_prose: bool, has_hunk: bool
) -> list[Omission]:
    """Find what the text between two diffs tells of and no hunk does.

    `text` is what stands before a change's first hunk or behind the last one, without
    indentation; `first` is its 1-based line. `is_prose` says that it begins with the header of
    the patch, `has_hunk` that a hunk follows it. Raises HunkError at the first line that a hunk
    must have lost.
    """
    reader = _Reader(name, text.removesuffix(b"\n").split(b"\n"), first, has_hunk=has_hunk)
    return reader.read(follows_hunk=follows_hunk, is_prose=is_prose)


class _Reader:
    """Looks at the lines of one such text in order."""

    def __init__(self, name: str, lines: list[bytes], first: int, *, has_hunk: bool) -> None:
        self._name = name
        self._lines = [line.removesuffix(b"\r") for line in lines]
        self._first = first
        self._has_hunk = has_hunk
        self._header: int | None = None
        """Index of a `---` line whose hunk is still to come."""

        self._context: int | None = None
        """Index of the first line that goes on with the hunk before the text."""

    def read(self, *, follows_hunk: bool, is_prose: bool) -> list[Omission]:
        """Give what is left out, in order."""
        found: list[Omission] = []
        is_next_to_hunk = follows_hunk
        is_binary = False
        for index, line in enumerate(self._lines):
            if line.startswith(_HEADER_LINES):
                self._end_header()
                is_next_to_hunk = is_prose = is_binary = False
            elif is_binary:
                continue
            elif self._is_name(index):
                is_next_to_hunk = is_prose = False
            elif _NEXT_COMMIT.match(line):
                is_next_to_hunk, is_prose = False, True
            elif line.startswith(b"GIT binary patch"):
                is_binary = True
            elif _BINARY.fullmatch(line):
                found.append(
                    self._omission("the difference of the binary files is not in the patch", index)
                )
            else:
                self._require_unified(index, is_prose=is_prose)
                if not is_prose:
                    self._require_no_change(index, is_next_to_hunk=is_next_to_hunk)
                is_next_to_hunk = is_next_to_hunk and line.startswith((b" ", b"\t"))
                if is_next_to_hunk and line.strip() and self._context is None:
                    self._context = index
                    found.append(self._omission(_LONGER, index))
        if not self._has_hunk:
            self._end_header()
        return found

    def _is_name(self, index: int) -> bool:
        """Take in a pair of `---` and `+++` lines; one without the other belongs to no diff."""
        line = self._lines[index]
        if line.startswith(b"+++ ") and self._header is not None and self._header == index - 1:
            return True
        following = self._lines[index + 1] if index + 1 < len(self._lines) else b""
        if line.startswith(b"--- ") and following.startswith(b"+++ "):
            self._end_header()
            self._header = index
            return True
        return False

    def _end_header(self) -> None:
        if self._header is not None:
            raise self._fault("no hunk follows the names of the file", self._header)

    def _require_unified(self, index: int, *, is_prose: bool) -> None:
        line, following = self._lines[index], self._lines[index + 1 : index + 2]
        behind = following[0] if following else b""
        if _HUNK.match(line):
            raise self._fault("the hunk stands below no names of a file", index)
        is_context = line.startswith(b"********") and behind.startswith(b"*** ")
        if is_context or (_NORMAL.fullmatch(line) and behind.startswith((b"< ", b"> "))):
            raise self._fault("only unified diffs are supported", index)
        if _ED.fullmatch(line) and (not is_prose or b"." in self._lines[index:]):
            raise self._fault("only unified diffs are supported, not ed scripts", index)

    def _require_no_change(self, index: int, *, is_next_to_hunk: bool) -> None:
        line = self._lines[index]
        if line in _SIGNATURE or not line.startswith((b"+", b"-", b"\\ No newline")):
            return
        if is_next_to_hunk:
            raise self._fault(_LONGER, index if self._context is None else self._context)
        if not _RULER.fullmatch(line):
            raise self._fault("the line belongs to no hunk", index)

    def _omission(self, what: str, index: int) -> Omission:
        return Omission(self._first + index, what)

    def _fault(self, what: str, index: int) -> HunkError:
        return HunkError(what, where=f"{self._name}:{self._first + index}")
