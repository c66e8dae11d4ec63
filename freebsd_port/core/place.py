"""Where a hunk lands in a file: exactly, displaced, with fuzz, or nowhere.

The search order is GNU patch's, so that both put every hunk on the same line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from freebsd_port.core.hunk import Hunk, reverse_hunk


@dataclass(frozen=True, slots=True)
class Placement:
    """The hunk fits."""

    line: int
    """1-based line of the file, as earlier hunks left it, at which the old side starts.

    Below 1 when fuzz let go of context that would stand before the file.
    """

    offset: int
    """Lines away from where the header expected it."""

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
    """How far the hunks of one file have come, and what they have made so far."""

    frozen: int = 0
    """Lines at the start of the file that are finished, counted as the file had them."""

    grown: int = 0
    """Lines that earlier hunks added, less those they removed."""

    offset: int = 0
    """Displacement found so far; the next hunk is expected to have it too."""

    made: list[bytes] = field(default_factory=list)
    """The patched file up to the frozen line."""


def place_hunk(lines: list[bytes], hunk: Hunk, cursor: Cursor, max_fuzz: int) -> Placement | Miss:
    """Find the place nearest to the expected one, the later of two equally near ones first.

    `lines` are the file's own, as no hunk of this change has touched them. Less fuzz wins over
    less offset. Context shorter at one end binds the hunk to the start or the end of the file.
    The cursor is not moved. Source: GNU patch, locating hunks.
    """
    expected = hunk.old_start + cursor.offset
    if not hunk.old:
        expected += 1
        if 0 <= cursor.frozen < expected:
            return Placement(expected + cursor.grown, cursor.offset, 0)
        return Miss(max(expected, 1), 0, 0, False)
    for fuzz in range(min(max_fuzz, max(hunk.leading, hunk.trailing)) + 1):
        line = _locate(lines, hunk, cursor, expected, fuzz)
        if line:
            if line - 1 + hunk.leading < cursor.frozen:
                break  # it changes what an earlier hunk has changed; GNU patch gives up here too
            return Placement(line + cursor.grown, cursor.offset + line - expected, fuzz)
    return _nearest_miss(lines, hunk)


def _locate(lines: list[bytes], hunk: Hunk, cursor: Cursor, expected: int, fuzz: int) -> int:
    """Give the 1-based line at which the hunk fits with exactly this fuzz, or 0."""
    context = max(hunk.leading, hunk.trailing)
    head = fuzz + hunk.leading - context
    tail = fuzz + hunk.trailing - context
    count, total = len(hunk.old), len(lines)
    lowest = cursor.frozen + 1
    highest = total - (count - tail) + 1
    if head < 0 and hunk.old_start <= 1:
        bound = cursor.frozen <= hunk.leading and highest >= 1
        return 1 if bound and _fits(lines, hunk, 1, 0, tail) else 0
    head = max(head, 0)
    if tail < 0:
        last = total - count + 1
        return last if last >= lowest and _fits(lines, hunk, last, head, 0) else 0
    for line in _search_order(expected, lowest, highest):
        if _fits(lines, hunk, line, head, tail):
            return line
    return 0


def _search_order(expected: int, lowest: int, highest: int) -> Iterator[int]:
    """Give the lines to try: outwards from the expected one, the later of two first.

    When earlier hunks have passed the expected line, the lines just before it are tried too:
    two hunks may share context that neither changes.
    """
    if lowest <= expected <= highest:
        yield expected
    elif expected < lowest:
        if expected <= highest:
            first = 2 * expected - lowest
            yield from (first, lowest)
            yield from range(first + 1, highest + 1)
        return
    for distance in range(1, max(highest - expected, expected - lowest) + 1):
        if expected + distance <= highest:
            yield expected + distance
        if lowest <= expected - distance <= highest:
            yield expected - distance


def _fits(lines: list[bytes], hunk: Hunk, line: int, head: int, tail: int) -> bool:
    start, stop = head, len(hunk.old) - max(tail, 0)
    if start >= stop:
        return line != 0
    at = line - 1 + start
    if at >= len(lines) or at < 0 or line == 0 or lines[at] != hunk.old[start]:
        return False
    return tuple(lines[at : at + stop - start]) == hunk.old[start:stop]


def splice_hunk(lines: list[bytes], hunk: Hunk, placement: Placement, cursor: Cursor) -> None:
    """Take the hunk's change, and the lines up to it, into what the cursor has made.

    Context is always the file's own, so what fuzz let go stays as the file has it.
    """
    start = placement.line - cursor.grown - 1
    _append(cursor.made, lines[cursor.frozen : start + hunk.leading])
    new = hunk.new[hunk.leading : len(hunk.new) - hunk.trailing]
    for line in new:
        _append(cursor.made, (line,))
    cursor.frozen = start + len(hunk.old) - hunk.trailing
    cursor.grown += len(hunk.new) - len(hunk.old)
    cursor.offset = placement.offset


def finish_lines(lines: list[bytes], cursor: Cursor) -> list[bytes]:
    """Give the whole patched file: what the hunks made and what follows the last of them."""
    _append(cursor.made, lines[cursor.frozen :])
    return cursor.made


def _append(made: list[bytes], more: Sequence[bytes]) -> None:
    """Add lines; a last one without newline gets it now that others follow."""
    if more and made and not made[-1].endswith(b"\n"):
        made[-1] += b"\n"
    made.extend(more)


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
