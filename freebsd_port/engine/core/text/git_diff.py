"""The difference of two versions of a file as git's merge sees it, line for line.

`align` finds a good alignment; this one finds git's, so that a merge is clean where git's is, and
comes out the same. Source: git's xdiff, histogram diff and change compaction.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import compress

from freebsd_port.engine.core.text.align import Block

_MOST_REPEATS = 64
"""A line that stands more often than this in the old version is not searched for."""

_RUN = 64
"""So many lines are compared at once."""

_FEW = 1000
"""With fewer lines between the common ends, lines are looked up as they are asked for."""

_FOLLOWING = 32
"""So many lines are looked up at once."""

_OFTEN = 8
"""After so many times, all lines are."""

_SMALL = 2000
"""Longer runs of lines that all stand more often are taken as changed as a whole."""


def align_as_git(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[Block, ...]:
    """Match the lines of two versions as `git merge` does; blocks are in order and never touch."""
    removed, added = bytearray(len(old)), bytearray(len(new))
    _mark_changes(old, new, removed, added)
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


class _Places:
    """Where the lines of the old version stand.

    Most lines are in long common runs, each of which is found by one of its lines. So if little
    differs, the places of a line are looked up when it is asked for, with those that follow it.
    """

    def __init__(self, old: Sequence[bytes], new: Sequence[bytes]) -> None:
        self._old, self._new = old, new
        self._asked = 0 if _differ_little(old, new) else _OFTEN
        self.known: dict[bytes, Sequence[int]] = {}
        """0-based, in order; empty for a line that the old version lacks."""

    def learn(self, at: int) -> Sequence[int]:
        """Give the places of a line of the new version that is not known yet."""
        self._asked += 1
        if self._asked <= _OFTEN:
            lines = set(self._new[at : at + _FOLLOWING]).difference(self.known)
            found: dict[bytes, list[int]] = {line: [] for line in lines}
            for place in compress(range(len(self._old)), map(found.__contains__, self._old)):
                found[self._old[place]].append(place)
            self.known.update(found)
        elif self._asked == _OFTEN + 1:
            places: dict[bytes, list[int]] = {}
            for place, line in enumerate(self._old):
                places.setdefault(line, []).append(place)
            self.known.update(places)
        return self.known.setdefault(self._new[at], ())


def _differ_little(old: Sequence[bytes], new: Sequence[bytes]) -> bool:
    """Tell whether few lines are between what both versions begin and end with."""
    size, start = min(len(old), len(new)), 0
    while start < size and old[start : start + _RUN] == new[start : start + _RUN]:
        start += _RUN
    end = 0
    while end < size and old[-end - _RUN : -end or None] == new[-end - _RUN : -end or None]:
        end += _RUN
    return size - start - end < _FEW


def _mark_changes(
    old: Sequence[bytes], new: Sequence[bytes], removed: bytearray, added: bytearray
) -> None:
    """Mark the lines that are not common, cutting at the rarest common run again and again."""
    places = _Places(old, new)
    waiting = [(0, len(old), 0, len(new))]
    while waiting:
        b0, b1, o0, o1 = waiting.pop()
        if b0 == b1 or o0 == o1:
            removed[b0:b1] = b"\1" * (b1 - b0)
            added[o0:o1] = b"\1" * (o1 - o0)
            continue
        if old[b0:b1] == new[o0:o1]:
            continue  # the common run would be all of it
        best = _find_common(old, new, (b0, b1, o0, o1), places)
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
    places: _Places,
) -> _Common:
    """Find the common run that holds the rarest line, the longest of equally rare ones."""
    best = _Common()
    b0, b1, at, o1 = part
    known = places.known
    while at < o1:
        standing = known.get(new[at])
        if standing is None:
            standing = places.learn(at)
        if standing and not (b0 <= standing[0] and standing[-1] < b1):
            standing = _within(standing, b0, b1)
        if standing:
            best.has_common = True
            if len(standing) <= best.count:
                at = _try_line(old, new, part, places, best, at, standing)
                continue
        at += 1
    return best


def _within(standing: Sequence[int], start: int, stop: int) -> Sequence[int]:
    """Leave the places, which are in order, that are in [start, stop)."""
    if not standing or (start <= standing[0] and standing[-1] < stop):
        return standing
    return standing[bisect_left(standing, start) : bisect_left(standing, stop)]


def _try_line(
    old: Sequence[bytes],
    new: Sequence[bytes],
    part: tuple[int, int, int, int],
    places: _Places,
    best: _Common,
    at: int,
    standing: Sequence[int],
) -> int:
    """Try the runs through one line of the new version; give the next line to try."""
    b0, b1, o0, o1 = part
    following = at + 1

    def count(at: int) -> int:
        found = places.known.get(new[at])
        return len(_within(places.learn(at) if found is None else found, b0, b1))

    last = -1
    for place in standing:
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
