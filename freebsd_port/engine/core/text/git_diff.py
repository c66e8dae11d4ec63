"""The difference of two versions of a file as git's merge sees it, line for line.

`align` finds a good alignment; this one finds git's, so that a merge is clean where git's is, and
comes out the same. Source: git's xdiff, histogram diff and change compaction.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from freebsd_port.engine.core.text.align import Block

_MOST_REPEATS = 64
"""A line that stands more often than this in the old version is not searched for."""

_RUN = 64
"""So many lines are compared at once."""

_SMALL = 2000
"""Longer runs of lines that all stand more often are taken as changed as a whole."""


def align_as_git(
    old: Sequence[bytes], new: Sequence[bytes], index: LineIndex | None = None
) -> tuple[Block, ...]:
    """Match the lines of two versions as `git merge` does; blocks are in order and never touch.

    `index` is of the old version; it is made if there is none.
    """
    removed, added = bytearray(len(old)), bytearray(len(new))
    _mark_changes(old, new, removed, added, index)
    _compact(old, removed, added)
    _compact(new, added, removed)
    return _blocks(removed, added)


def _blocks(removed: bytearray, added: bytearray) -> tuple[Block, ...]:
    """Pair the lines that neither version marks as changed, in order."""
    found: list[Block] = []
    base, other = _end(removed, 0), _end(added, 0)
    while base < len(removed):
        count = min(_begin(removed, base) - base, _begin(added, other) - other)
        found.append(Block(base, other, count))
        base, other = _end(removed, base + count), _end(added, other + count)
    return tuple(found)


def _begin(changed: bytearray, at: int) -> int:
    """Give the next changed line at or behind one, or the end of the file."""
    found = changed.find(1, at)
    return found if found >= 0 else len(changed)


def _end(changed: bytearray, at: int) -> int:
    """Give the next unchanged line, in the same way."""
    found = changed.find(0, at)
    return found if found >= 0 else len(changed)


@dataclass(slots=True)
class _Common:
    """The best common run so far, 0-based, ends included; `count` is how rare it is."""

    old: int = 0
    new: int = 0
    length: int = 0
    count: int = _MOST_REPEATS + 1
    has_common: bool = False


_GAP = 1 << 20
"""How far apart the labels of lines are at first, so that others fit between them."""


class LineIndex:
    """Where each line of a file stands. It follows changes, so that a file is read only once.

    Each line has a label, which it keeps; the labels rise from line to line.
    """

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.labels = list(range(_GAP, _GAP * (len(lines) + 1), _GAP))
        """By line, 0-based."""

        self.places: dict[bytes, list[int]] = {}
        """The labels of every line that reads so, in order."""

        places = self.places
        for label, line in zip(self.labels, lines, strict=True):
            places.setdefault(line, []).append(label)

    def replace(self, start: int, old: Sequence[bytes], new: Sequence[bytes]) -> bool:
        """Put new lines in the place of old ones; tell whether there were labels enough."""
        stop = start + len(old)
        before = self.labels[start - 1] if start else 0
        behind = self.labels[stop] if stop < len(self.labels) else 0
        step = (behind - before) // (len(new) + 1) if behind else _GAP
        if not step:
            return False
        for line, label in zip(old, self.labels[start:stop], strict=True):
            standing = self.places[line]
            del standing[bisect_left(standing, label)]
            if not standing:
                del self.places[line]
        made = [before + step * number for number in range(1, len(new) + 1)]
        for line, label in zip(new, made, strict=True):
            insort(self.places.setdefault(line, []), label)
        self.labels[start:stop] = made
        return True


def _mark_changes(
    old: Sequence[bytes],
    new: Sequence[bytes],
    removed: bytearray,
    added: bytearray,
    index: LineIndex | None,
) -> None:
    """Mark the lines that are not common, cutting at the rarest common run again and again."""
    waiting = [(0, len(old), 0, len(new))]
    while waiting:
        b0, b1, o0, o1 = waiting.pop()
        if b0 == b1 or o0 == o1:
            removed[b0:b1] = b"\1" * (b1 - b0)
            added[o0:o1] = b"\1" * (o1 - o0)
            continue
        if old[b0:b1] == new[o0:o1]:
            continue  # the common run would be all of it
        index = index or LineIndex(old)
        best = _find_common(old, new, (b0, b1, o0, o1), index)
        if best.has_common and best.count > _MOST_REPEATS:
            _mark_repeats(old, new, (b0, b1, o0, o1), removed, added)
        elif not best.length:
            removed[b0:b1] = b"\1" * (b1 - b0)
            added[o0:o1] = b"\1" * (o1 - o0)
        else:
            waiting.append((b0, best.old, o0, best.new))
            waiting.append((best.old + best.length, b1, best.new + best.length, o1))


def _find_common(
    old: Sequence[bytes],
    new: Sequence[bytes],
    part: tuple[int, int, int, int],
    index: LineIndex,
) -> _Common:
    """Find the common run that holds the rarest line, the longest of equally rare ones."""
    best = _Common()
    b0, b1, at, o1 = part
    first, last = index.labels[b0], index.labels[b1 - 1]
    places = index.places
    while at < o1:
        standing = places.get(new[at])
        if standing is not None:
            if standing[0] < first or standing[-1] > last:
                standing = _within(standing, first, last)
            if standing:
                best.has_common = True
                if len(standing) <= best.count:
                    at = _try_line(old, new, part, index, best, at, standing)
                    continue
        at += 1
    return best


def _within(standing: list[int], first: int, last: int) -> list[int]:
    """Leave the labels, which are in order, from the first to the last."""
    return standing[bisect_left(standing, first) : bisect_right(standing, last)]


def _try_line(
    old: Sequence[bytes],
    new: Sequence[bytes],
    part: tuple[int, int, int, int],
    index: LineIndex,
    best: _Common,
    at: int,
    standing: Sequence[int],
) -> int:
    """Try the runs through one line of the new version; give the next line to try."""
    b0, b1, o0, o1 = part
    labels, places = index.labels, index.places
    first_label, last_label = labels[b0], labels[b1 - 1]
    following = at + 1

    def count(at: int) -> int:
        return len(_within(places[new[at]], first_label, last_label))

    last = -1
    for label in standing:
        place = bisect_left(labels, label)
        if place <= last:
            continue
        start, begin = place, at
        stop, end = place + 1, at + 1
        rarest = len(standing)
        while start > b0 and begin > o0 and old[start - 1] == new[begin - 1]:
            start, begin = start - 1, begin - 1
            if rarest > 1:
                rarest = min(rarest, count(begin))
        while rarest == 1 and (run := old[stop : stop + _RUN]) and stop + _RUN < b1:
            if end + _RUN >= o1 or run != new[end : end + _RUN]:
                break
            stop, end = stop + _RUN, end + _RUN
        while stop < b1 and end < o1 and old[stop] == new[end]:
            if rarest > 1:
                rarest = min(rarest, count(end))
            stop, end = stop + 1, end + 1
        following = max(following, end)
        if stop - start > max(best.length, 1) or rarest < best.count:
            best.old, best.new = start, begin
            best.length, best.count = stop - start, rarest
        last = stop - 1
    return following


def _mark_repeats(
    old: Sequence[bytes],
    new: Sequence[bytes],
    part: tuple[int, int, int, int],
    removed: bytearray,
    added: bytearray,
) -> None:
    """Mark the changes of a part in which every common line stands often."""
    b0, b1, o0, o1 = part
    while b0 < b1 and o0 < o1 and old[b0] == new[o0]:
        b0, o0 = b0 + 1, o0 + 1
    while b0 < b1 and o0 < o1 and old[b1 - 1] == new[o1 - 1]:
        b1, o1 = b1 - 1, o1 - 1
    removed[b0:b1] = b"\1" * (b1 - b0)
    added[o0:o1] = b"\1" * (o1 - o0)
    if max(b1 - b0, o1 - o0) > _SMALL:
        return
    matcher = SequenceMatcher(None, old[b0:b1], new[o0:o1], autojunk=False)
    for base, other, count in matcher.get_matching_blocks():
        removed[b0 + base : b0 + base + count] = bytes(count)
        added[o0 + other : o0 + other + count] = bytes(count)


def _compact(lines: Sequence[bytes], changed: bytearray, others: bytearray) -> None:
    """Move each group of changed lines to the last place where it reads the same.

    Groups that meet become one. Where lines of the other version that are changed stand beside
    it, the last such place is taken instead.
    """
    gaps: set[int] = set()
    at = number = 0
    while (begin := _begin(others, at)) < len(others):
        number += begin - at
        gaps.add(number)
        at = _end(others, begin)
    start = _begin(changed, 0)
    while start < len(changed):
        start = _begin(changed, _compact_group(lines, changed, gaps, start))


def _compact_group(
    lines: Sequence[bytes], changed: bytearray, gaps: Collection[int], start: int
) -> int:
    """Move the group that starts at a line; give its end.

    `gaps` holds the numbers of unchanged lines before which the other version has changed ones.
    """
    end = _end(changed, start)
    number = start - changed.count(1, 0, start)
    while True:
        size = end - start
        while start and lines[start - 1] == lines[end - 1]:
            start, end, number = start - 1, end - 1, number - 1
            changed[start], changed[end] = 1, 0
            while start and changed[start - 1]:
                start -= 1
        earliest = end
        beside = end if number in gaps else None
        while end < len(lines) and lines[start] == lines[end]:
            changed[start], changed[end] = 0, 1
            start, end, number = start + 1, _end(changed, end), number + 1
            beside = end if number in gaps else beside
        if size == end - start:
            break
    if end != earliest and beside is not None:
        while number not in gaps:
            start, end, number = start - 1, end - 1, number - 1
            changed[start], changed[end] = 1, 0
    return end
