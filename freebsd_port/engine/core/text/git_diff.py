"""The difference of two versions of a file as git's merge sees it, line for line.

`align` finds a good alignment; this one finds git's, so that a merge is clean where git's is, and
comes out the same. Source: git's xdiff, histogram diff and change compaction.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from freebsd_port.engine.core.text.align import Block
from freebsd_port.engine.core.text.splice import Splice

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
    return Alignment().blocks(old, new, index)


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

        self.places: defaultdict[bytes, list[int]] = defaultdict(list)
        """The labels of every line that reads so, in order."""

        places = self.places
        for label, line in zip(self.labels, lines, strict=True):
            places[line].append(label)

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
            insort(self.places[line], label)
        self.labels[start:stop] = made
        return True


@dataclass(slots=True)
class _Part:
    """A part of both versions: the common run at which it is cut in two, and what that leaves.

    Each pair of numbers is of the old version and the new one. The run may have been changed.
    """

    sizes: list[int]
    """How many lines it has."""

    is_read: bool = False
    """Whether everything else here is so for its present lines."""

    starts: list[int] = field(default_factory=lambda: [0, 0])
    """Where the run begins, counted from the beginning of the part."""

    lengths: list[int] = field(default_factory=lambda: [0, 0])
    above: _Part | None = None
    below: _Part | None = None


class Alignment:
    """The alignment of two versions of a file as `git merge` has it, while both are changed.

    How a part of the file is aligned depends on nothing else than its own lines. So only the parts
    with changes in them are read again.
    """

    def __init__(self) -> None:
        self._root: _Part | None = None
        self._marks = (bytearray(), bytearray())
        """Which lines of each version are not common, before they are moved."""

        self._is_closed = [False, False]
        """Whether the last line of each version ends with a newline."""

    def change_old(self, splices: Sequence[Splice]) -> None:
        """Follow a change of the old version; the splices are in order."""
        self._follow(0, splices)

    def change_new(self, splices: Sequence[Splice]) -> None:
        """Follow a change of the new version; the splices are in order."""
        self._follow(1, splices)

    def blocks(
        self, old: Sequence[bytes], new: Sequence[bytes], index: LineIndex | None = None
    ) -> tuple[Block, ...]:
        """Give the blocks of lines that both have, as `align_as_git` does.

        The versions are those of the call before, with the changes that were followed.
        """
        sizes = [len(old), len(new)]
        if self._root is None or self._root.sizes != sizes:
            self._root, self._marks = _Part(sizes), (bytearray(sizes[0]), bytearray(sizes[1]))
        _mark_changes(old, new, self._root, self._marks, index)
        self._is_closed = [not lines or lines[-1].endswith(b"\n") for lines in (old, new)]
        removed, added = bytearray(self._marks[0]), bytearray(self._marks[1])
        _compact(old, removed, added)
        _compact(new, added, removed)
        return _blocks(removed, added)

    def _follow(self, side: int, splices: Sequence[Splice]) -> None:
        is_closed = all(one.lines[-1].endswith(b"\n") for one in splices if one.lines)
        if not (is_closed and self._is_closed[side]):
            self._root = None  # a line may get its newline when another comes behind it
        for splice in reversed(splices) if self._root else ():
            self._marks[side][splice.start : splice.stop] = bytes(len(splice.lines))
            _follow_splice(self._root, side, splice)


def _follow_splice(part: _Part | None, side: int, splice: Splice) -> None:
    """Change the sizes of all parts around a splice, which are to be read again."""
    start, stop = splice.start, splice.stop
    grown = len(splice.lines) - (stop - start)
    while part is not None:
        part.is_read = False
        part.sizes[side] += grown
        first = part.starts[side]
        last = first + part.lengths[side]
        if start < first and stop <= first:
            part.starts[side] += grown
            part = part.above
        elif start >= last and stop > last:
            start, stop, part = start - last, stop - last, part.below
        elif start >= first and stop <= last:
            part.lengths[side] += grown
            return
        else:
            part.above = part.below = None
            return


def _mark_changes(
    old: Sequence[bytes],
    new: Sequence[bytes],
    root: _Part,
    marks: tuple[bytearray, bytearray],
    index: LineIndex | None,
) -> None:
    """Mark the lines that are not common, cutting at the rarest common run again and again."""
    removed, added = marks
    waiting = [(root, 0, 0)]
    while waiting:
        part, b0, o0 = waiting.pop()
        if part.is_read:
            continue
        b1, o1 = b0 + part.sizes[0], o0 + part.sizes[1]
        above, below, part.above, part.below = part.above, part.below, None, None
        part.is_read = True
        if b0 == b1 or o0 == o1:
            removed[b0:b1] = b"\1" * (b1 - b0)
            added[o0:o1] = b"\1" * (o1 - o0)
            continue
        if b1 - b0 == o1 - o0 and old[b0:b1] == new[o0:o1]:
            removed[b0:b1] = added[o0:o1] = bytes(b1 - b0)
            continue  # the common run would be all of it
        index = index or LineIndex(old)
        best = _find_common(old, new, (b0, b1, o0, o1), index)
        if best.has_common and best.count > _MOST_REPEATS:
            _mark_repeats(old, new, (b0, b1, o0, o1), removed, added)
        elif not best.length:
            removed[b0:b1] = b"\1" * (b1 - b0)
            added[o0:o1] = b"\1" * (o1 - o0)
        else:
            base, other = best.old + best.length, best.new + best.length
            removed[best.old : base] = added[best.new : other] = bytes(best.length)
            part.starts, part.lengths = [best.old - b0, best.new - o0], [best.length] * 2
            part.above = _take_part(above, part.starts)
            part.below = _take_part(below, [b1 - base, o1 - other])
            waiting.append((part.above, b0, o0))
            waiting.append((part.below, base, other))


def _take_part(known: _Part | None, sizes: list[int]) -> _Part:
    """Give the part that is known at this end, if it is as long; it then has the same lines."""
    return known if known is not None and known.sizes == sizes else _Part(list(sizes))


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
    removed[b0:b1], added[o0:o1] = bytes(b1 - b0), bytes(o1 - o0)
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
