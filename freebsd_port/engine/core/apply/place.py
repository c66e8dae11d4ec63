"""Where a hunk is placed in a file: exactly, displaced, with fuzz, or nowhere.

The search order is GNU patch's, so that both put every hunk on the same line.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from freebsd_port.engine.core.patch.hunk import Hunk, reverse_hunk

QUILT_FUZZ = 2
"""What quilt, like patch, allows by default. Source: GNU patch manual, option -F."""


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
    found = find_placement(lines, hunk, cursor, max_fuzz)
    if found is not None:
        return found
    if not hunk.old:
        return Miss(max(hunk.old_start + cursor.offset + 1, 1), 0, 0, False)
    return _nearest_miss(lines, hunk)


def find_placement(
    lines: list[bytes], hunk: Hunk, cursor: Cursor, max_fuzz: int
) -> Placement | None:
    """Find the place as `place_hunk` does; None instead of looking for what comes nearest."""
    expected = hunk.old_start + cursor.offset
    if not hunk.old:
        expected += 1
        if 0 <= cursor.frozen < expected:
            return Placement(expected + cursor.grown, cursor.offset, 0)
        return None
    for fuzz in range(min(max_fuzz, max(hunk.leading, hunk.trailing)) + 1):
        line = _locate(lines, hunk, cursor, expected, fuzz)
        if line:
            if line - 1 + hunk.leading < cursor.frozen:
                break  # it changes what an earlier hunk has changed; GNU patch gives up here too
            return Placement(line + cursor.grown, cursor.offset + line - expected, fuzz)
    return None


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
    if _fits(lines, hunk, expected, head, tail) and lowest <= expected <= highest:
        return expected
    candidates = _candidates(lines, hunk, head, max(tail, 0), min(lowest, 2 * expected - lowest))
    ranked = _rank(candidates, expected, lowest, highest)
    return next((line for line in ranked if _fits(lines, hunk, line, head, tail)), 0)


def _candidates(lines: list[bytes], hunk: Hunk, head: int, tail: int, first: int) -> Iterable[int]:
    """Give the lines, from this one on, at which the hunk's longest line would stand right."""
    start, stop = head, len(hunk.old) - tail
    if start >= stop:
        return range(first, len(lines) + 2)
    anchor = max(range(start, stop), key=lambda index: len(hunk.old[index]))
    text, at = hunk.old[anchor], max(first - 1 + anchor, 0)
    found: list[int] = []
    with contextlib.suppress(ValueError):  # there is none any more
        while True:
            at = lines.index(text, at) + 1
            found.append(at - anchor)
    return found


def _rank(candidates: Iterable[int], expected: int, lowest: int, highest: int) -> list[int]:
    """Order the lines to try: outwards from the expected one, the later of two first.

    When earlier hunks have passed the expected line, the lines just before it are tried too:
    two hunks may share context that neither changes.
    """
    if expected >= lowest:
        within = (line for line in candidates if lowest <= line <= highest)
        return sorted(within, key=lambda line: (abs(line - expected), line < expected))
    if expected > highest:
        return []
    first = 2 * expected - lowest
    after = [line for line in candidates if first <= line <= highest]
    return sorted(after, key=lambda line: (line != first, line != lowest, line))


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


def is_glued(hunk: Hunk, placement: Placement, cursor: Cursor) -> bool:
    """Tell whether an earlier hunk ended the file without newline, and this one goes on there.

    GNU patch fails when it removes a line then, or glues what it adds to that line.
    """
    if not cursor.made or cursor.made[-1].endswith(b"\n"):
        return False
    context = hunk.leading + hunk.trailing
    start = placement.line - cursor.grown - 1 + hunk.leading
    return len(hunk.old) > context or (len(hunk.new) > context and start <= cursor.frozen)


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
    wanted = frozenset(hunk.old)
    shifts: dict[bytes, list[int]] = {}
    for shift, line in enumerate(hunk.old):
        shifts.setdefault(line, []).append(shift)
    scores: dict[int, int] = {}
    for index, line in [(index, line) for index, line in enumerate(lines) if line in wanted]:
        for shift in shifts[line]:
            scores[index - shift] = scores.get(index - shift, 0) + 1
    expected = hunk.old_start - 1
    most = max(scores.values(), default=0)
    likely = [at for at, score in scores.items() if score == most]
    best = min(likely, key=lambda at: (abs(at - expected), at), default=expected)
    return Miss(max(best, 0) + 1, scores.get(best, 0), len(hunk.old), _is_made(lines, hunk))


def differ_in_line_ends(lines: list[bytes], hunk: Hunk) -> bool:
    """Tell whether the hunk would fit if CR LF and LF were the same."""
    plain = [line.replace(b"\r\n", b"\n") for line in lines]
    old = tuple(line.replace(b"\r\n", b"\n") for line in hunk.old)
    if (plain, old) == (lines, hunk.old):
        return False
    return find_placement(plain, replace(hunk, old=old), Cursor(), 0) is not None


def _is_made(lines: list[bytes], hunk: Hunk) -> bool:
    """Tell whether the new side stands in the file, exactly."""
    undone = reverse_hunk(hunk)
    return bool(undone.old) and _locate(lines, undone, Cursor(), undone.old_start, 0) > 0
