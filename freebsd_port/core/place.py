"""Where a hunk lands in a file: exactly, displaced, with fuzz, or nowhere.

The search order is GNU patch's, so that both put every hunk on the same line.
"""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.core.hunk import Hunk, reverse_hunk


@dataclass(frozen=True, slots=True)
class Placement:
    """The hunk fits."""

    line: int
    """1-based line of the file, as earlier hunks left it, at which the old side starts."""

    offset: int
    """Lines away from where the header (and the hunk before) expected it."""

    fuzz: int
    """Context lines that were let go at the ends."""

    @property
    def kind(self) -> str:
        """Give the outcome in one word: exact, offset or fuzz."""
        return "fuzz" if self.fuzz else "offset" if self.offset else "exact"


@dataclass(frozen=True, slots=True)
class Miss:
    """The hunk fits nowhere in the file; this is the nearest thing to a fit."""

    line: int
    """Target line of the best partial match, 1-based."""

    matching: int
    """How many of the hunk's old lines agree there."""

    total: int
    """How many old lines the hunk has."""

    is_already_there: bool
    """The file holds the new side instead: the change seems to be made."""


@dataclass(slots=True)
class Cursor:
    """How far the hunks of one file have come; lines are counted as they are now."""

    frozen: int = 0
    """Lines at the start that are finished."""

    grown: int = 0
    """Lines that earlier hunks added, less those they removed."""

    offset: int = 0
    """Displacement found so far; the next hunk is expected to have it too."""


def place_hunk(lines: list[bytes], hunk: Hunk, cursor: Cursor, max_fuzz: int) -> Placement | Miss:
    """Find the place nearest to the expected one, the later of two equally near ones first.

    Less fuzz wins over less offset. Context shorter at one end binds the hunk to the start or
    the end of the file. The cursor is not moved. Source: GNU patch, locating hunks.
    """
    expected = hunk.old_start + cursor.offset + cursor.grown
    if not hunk.old:
        expected += 1
        if cursor.frozen <= expected - 1:
            return Placement(min(expected, len(lines) + 1), cursor.offset, 0)
        return Miss(expected, 0, 0, False)
    start, count = expected - 1, len(hunk.old)
    fits_here = start >= cursor.frozen and tuple(lines[start : start + count]) == hunk.old
    if fits_here and hunk.leading == hunk.trailing:
        return Placement(expected, cursor.offset, 0)
    for fuzz in range(min(max_fuzz, max(hunk.leading, hunk.trailing)) + 1):
        line = _locate(lines, hunk, cursor, expected, fuzz)
        if line:
            return Placement(line, cursor.offset + line - expected, fuzz)
    return _nearest_miss(lines, hunk)


def _locate(lines: list[bytes], hunk: Hunk, cursor: Cursor, expected: int, fuzz: int) -> int:
    """Give the 1-based line at which the hunk fits with exactly this fuzz, or 0."""
    context = max(hunk.leading, hunk.trailing)
    head = fuzz + hunk.leading - context
    tail = fuzz + hunk.trailing - context
    count, total = len(hunk.old), len(lines)
    lowest = cursor.frozen + 1
    highest = total - (count - max(tail, 0)) + 1
    if head < 0 and hunk.old_start <= 1:
        first = 1 + cursor.grown
        if tail < 0 and (count != total - cursor.grown or lowest - 1 > hunk.leading):
            return 0
        bound = cursor.frozen - cursor.grown <= hunk.leading and first <= total - (count - tail) + 1
        return first if bound and _fits(lines, hunk, first, 0, max(tail, 0)) else 0
    head = max(head, 0)
    if tail < 0:
        last = total - count + 1
        return last if last >= lowest and _fits(lines, hunk, last, head, 0) else 0
    for distance in range(max(highest - expected, expected - lowest, 0) + 1):
        above = expected + distance
        if lowest <= above <= highest and _fits(lines, hunk, above, head, tail):
            return above
        below = expected - distance
        if distance and lowest <= below <= highest and _fits(lines, hunk, below, head, tail):
            return below
    return 0


def _fits(lines: list[bytes], hunk: Hunk, line: int, head: int, tail: int) -> bool:
    start, stop = head, len(hunk.old) - tail
    if start >= stop:
        return True
    at = line - 1 + start
    if at >= len(lines) or at < 0 or lines[at] != hunk.old[start]:
        return False
    return tuple(lines[at : at + stop - start]) == hunk.old[start:stop]


def splice_hunk(lines: list[bytes], hunk: Hunk, placement: Placement, cursor: Cursor) -> None:
    """Put the new side in place of the old one and move the cursor behind it.

    Context that fuzz let go stays as the file has it. A last line without newline gets one when
    lines follow it now.
    """
    start, count, before = placement.line - 1, len(hunk.old), len(lines)
    new: tuple[bytes, ...] | list[bytes] = hunk.new
    if placement.fuzz:
        context = max(hunk.leading, hunk.trailing)
        head = max(placement.fuzz + hunk.leading - context, 0)
        tail = max(placement.fuzz + hunk.trailing - context, 0)
        kept = lines[start : start + count]
        new = [*kept[:head], *hunk.new[head : len(hunk.new) - tail], *kept[count - tail :]]
    lines[start : start + count] = new
    _close_line(lines, start - 1)
    for index in range(start, start + len(new)):
        _close_line(lines, index)
    cursor.grown += len(lines) - before
    cursor.offset = placement.offset
    cursor.frozen = start + len(hunk.new) - hunk.trailing


def _close_line(lines: list[bytes], index: int) -> None:
    if 0 <= index < len(lines) - 1 and not lines[index].endswith(b"\n"):
        lines[index] += b"\n"


def _nearest_miss(lines: list[bytes], hunk: Hunk) -> Miss:
    where: dict[bytes, list[int]] = {}
    for index, line in enumerate(lines):
        where.setdefault(line, []).append(index)
    scores: dict[int, int] = {}
    for shift, line in enumerate(hunk.old):
        for index in where.get(line, ()):
            scores[index - shift] = scores.get(index - shift, 0) + 1
    expected = hunk.old_start - 1
    best = max(scores, key=lambda at: (scores[at], -abs(at - expected)), default=expected)
    return Miss(max(best, 0) + 1, scores.get(best, 0), len(hunk.old), _is_made(lines, hunk))


def _is_made(lines: list[bytes], hunk: Hunk) -> bool:
    """Tell whether the new side stands in the file, exactly."""
    undone = reverse_hunk(hunk)
    return bool(undone.old) and _locate(lines, undone, Cursor(), undone.old_start, 0) > 0
