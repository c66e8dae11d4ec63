"""The lineage of a file's lines: which hunk added, removed or relied on what, line by line.

Lines are known by where they come from, not by their text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from freebsd_port.engine.core.patch.hunk import Hunk

ADDED, REMOVED, CONTEXT = b"+- "


@dataclass(slots=True, eq=False)
class TracedLine:
    """One line of the file as it is now, and the gap before it."""

    owner: int | None = None
    """The hunk that added it."""

    relied_on: set[int] = field(default_factory=set)
    """Hunks that have it as context."""

    removed_before: set[int] = field(default_factory=set)
    """Hunks that removed something from the gap before it."""

    spanned_before: set[int] = field(default_factory=set)
    """Hunks that have both this line and the one before it, so nothing may come between."""


@dataclass(slots=True)
class Met:
    """The earlier hunks that a hunk meets."""

    blocking: set[int] = field(default_factory=set)
    """Those that could not come after it, or it before them."""

    touching: set[int] = field(default_factory=set)
    """Those whose changed lines are its own, or next to them."""


class Lineage:
    """One file on its way through the series; hunks are numbers that the caller gives."""

    def __init__(self, count: int, owner: int | None = None) -> None:
        """Begin with so many lines, all of them added by `owner`."""
        first, last = (
            TracedLine(),
            TracedLine(),
        )  # the start and the end of the file, which hunks rely on too
        self._lines = [first, *(TracedLine(owner) for _ in range(count)), last]

    def carry_out(self, number: int, hunk: Hunk, start: int, *, is_reverse: bool) -> Met:
        """Say what the hunk meets, and change the lines as it does.

        `start` is the 0-based line, in the file as it is now, at which its old side starts.
        """
        marks = read_marks(hunk, is_reverse=is_reverse)
        at = start + 1
        count = len(hunk.old)
        low = at - (hunk.leading < hunk.trailing and hunk.old_start <= 1)
        high = at + count + (hunk.trailing < hunk.leading)
        met = Met()
        self._meet_context(met, low, high)
        for begin, end, _ in _runs(marks, at):
            self._meet_change(met, begin, end)
        grown = 0
        for begin, end, added in _runs(marks, at):
            self._change(number, begin + grown, end + grown, added)
            grown += added - (end - begin)
        for index in range(low, high + grown):
            line = self._lines[index]
            if line.owner != number:
                line.relied_on.add(number)
            if index > low:
                line.spanned_before.add(number)
        return met

    def _meet_context(self, met: Met, low: int, high: int) -> None:
        """Meet what put lines among the hunk's old side, or took them from between two of it."""
        for index in range(low, high):
            line = self._lines[index]
            if line.owner is not None:
                met.blocking.add(line.owner)
            if index > low:
                met.blocking |= line.removed_before

    def _meet_change(self, met: Met, begin: int, end: int) -> None:
        """Meet what relies on the lines or the gap that change, and what changed beside them."""
        for line in self._lines[begin:end]:
            met.blocking |= line.relied_on
        if begin == end:
            met.blocking |= self._lines[begin].spanned_before
        for line in self._lines[begin - 1 : end + 1]:
            if line.owner is not None:
                met.touching.add(line.owner)
        for line in self._lines[begin : end + 1]:
            met.touching |= line.removed_before

    def _change(self, number: int, begin: int, end: int, added: int) -> None:
        gone, following = self._lines[begin:end], self._lines[end]
        made = [TracedLine(number) for _ in range(added)]
        first = made[0] if made and gone else following
        for line in gone:
            first.removed_before |= line.removed_before
        if gone:
            first.removed_before.add(number)
        self._lines[begin:end] = made


def read_marks(hunk: Hunk, *, is_reverse: bool) -> bytes:
    """Give what each line of the hunk is, a byte a line; reversed after reading or not."""
    indent = len(hunk.header) - len(hunk.header.lstrip())
    firsts = (line[:indent].lstrip()[:1] or line[indent : indent + 1] for line in hunk.body)
    marks = b"".join(
        first if first in (b"+", b"-") else b" " for first in firsts if first not in (b"\\", b"#")
    )
    marks = marks.translate(bytes.maketrans(b"+-", b"-+")) if is_reverse else marks
    return marks.ljust(len(hunk.old) + marks.count(ADDED))  # blank lines at the end may be missing


def _runs(marks: Sequence[int], at: int) -> Iterator[tuple[int, int, int]]:
    """Give (first old line, the one behind the last, lines added) of each run of changes."""
    begin, added = at, 0
    for mark in (*marks, CONTEXT):
        if mark == ADDED:
            added += 1
        elif mark == REMOVED:
            at += 1
        else:
            if at > begin or added:
                yield begin, at, added
            at += 1
            begin, added = at, 0
