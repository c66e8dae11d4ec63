"""The alignment of two versions of a file: which lines of one are which lines of the other."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_SMALL = 400
"""Gaps with fewer lines on both sides are compared line by line; longer ones only by anchors."""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that both versions have."""

    base: int
    """0-based first line in the base."""

    other: int
    """0-based first line in the other version."""

    count: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """What lies between two blocks: base lines [start, stop) became [other_start, other_stop)."""

    start: int
    stop: int
    other_start: int
    other_stop: int


def align_lines(base: Sequence[bytes], other: Sequence[bytes]) -> tuple[Block, ...]:
    """Match the lines of two versions; blocks are in order, maximal, and never touch.

    Lines that stand once in both are the anchors (patience); what lies between is compared
    line by line. Where a run could be matched in several ways, the lines that were put in or
    taken out are the last of those that read alike, as git has it.
    """
    pairs = list(_match(base, other, 0, len(base), 0, len(other)))
    return _slide(base, other, _join(pairs))


def chunks(blocks: Sequence[Block], base_count: int, other_count: int) -> tuple[Chunk, ...]:
    """Give what differs, in order; the counts are the lengths of the two versions."""
    found = []
    base = other = 0
    for block in (*blocks, Block(base_count, other_count, 0)):
        if block.base > base or block.other > other:
            found.append(Chunk(base, block.base, other, block.other))
        base, other = block.base + block.count, block.other + block.count
    return tuple(found)


def _match(
    base: Sequence[bytes], other: Sequence[bytes], b0: int, b1: int, o0: int, o1: int
) -> Iterator[Block]:
    """Match base[b0:b1] with other[o0:o1]; blocks come in order and may touch."""
    head = _count_alike(base, other, b0, b1, o0, o1)
    tail = 0
    while (
        b1 - tail > b0 + head
        and o1 - tail > o0 + head
        and base[b1 - tail - 1] == other[o1 - tail - 1]
    ):
        tail += 1
    if head:
        yield Block(b0, o0, head)
    b0, o0, end = b0 + head, o0 + head, Block(b1 - tail, o1 - tail, tail)
    b1, o1 = end.base, end.other
    if b0 < b1 and o0 < o1:
        anchors = _anchors(base, other, b0, b1, o0, o1)
        if anchors:
            for at_base, at_other in anchors:
                if at_base < b0:
                    continue  # in the run of an anchor before it
                if b0 < at_base and o0 < at_other:
                    yield from _match(base, other, b0, at_base, o0, at_other)
                count = _count_alike(base, other, at_base, b1, at_other, o1)
                b0, o0 = at_base + count, at_other + count
                yield Block(at_base, at_other, count)
            if b0 < b1 and o0 < o1:
                yield from _match(base, other, b0, b1, o0, o1)
        elif b1 - b0 < _SMALL and o1 - o0 < _SMALL:
            matcher = SequenceMatcher(None, base[b0:b1], other[o0:o1], autojunk=False)
            for at_base, at_other, count in matcher.get_matching_blocks():
                if count:
                    yield Block(b0 + at_base, o0 + at_other, count)
    if tail:
        yield end


def _count_alike(
    base: Sequence[bytes], other: Sequence[bytes], b0: int, b1: int, o0: int, o1: int
) -> int:
    """Count the first lines that two ranges have in common, many lines at once."""
    most = min(b1 - b0, o1 - o0)
    count, size = 0, 1
    while count < most:
        at, to = b0 + count, o0 + count
        if size > 1 and base[at : at + size] == other[to : to + size] and count + size <= most:
            count, size = count + size, size * 2
        elif base[at] == other[to]:
            count, size = count + 1, 8 if size == 1 else max(size // 8, 1)
        else:
            break
    return count


def _anchors(
    base: Sequence[bytes], other: Sequence[bytes], b0: int, b1: int, o0: int, o1: int
) -> list[tuple[int, int]]:
    """Give the longest rising run of lines that stand once in each range: (base, other)."""
    once = {line for line, n in Counter(base[b0:b1]).items() if n == 1}
    once &= {line for line, n in Counter(other[o0:o1]).items() if n == 1}
    if not once:
        return []
    places = {other[at]: at for at in range(o0, o1) if other[at] in once}
    pairs = [(at, places[base[at]]) for at in range(b0, b1) if base[at] in once]
    in_other = [place for _, place in pairs]
    if in_other == sorted(in_other):
        return pairs
    tops: list[int] = []  # lowest last place of a rising run of each length
    ends: list[int] = []  # index of the pair that it ends with
    before = [-1] * len(pairs)
    for number, (_, place) in enumerate(pairs):
        length = bisect_right(tops, place)
        before[number] = ends[length - 1] if length else -1
        tops[length : length + 1] = [place]
        ends[length : length + 1] = [number]
    run = []
    number = ends[-1]
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]


def _join(pairs: list[Block]) -> list[Block]:
    joined: list[Block] = []
    for block in pairs:
        last = joined[-1] if joined else None
        if last and last.base + last.count == block.base and last.other + last.count == block.other:
            joined[-1] = Block(last.base, last.other, last.count + block.count)
        else:
            joined.append(block)
    return joined


def _slide(base: Sequence[bytes], other: Sequence[bytes], blocks: list[Block]) -> tuple[Block, ...]:
    """Move what was only put in or only taken out down as far as it reads the same."""
    slid: list[Block] = []
    for block in blocks:
        while slid and block.count:
            last = slid[-1]
            b0, o0 = last.base + last.count, last.other + last.count
            if b0 == block.base:
                first, following = other[o0], other[block.other]
            elif o0 == block.other:
                first, following = base[b0], base[block.base]
            else:
                break
            if first != following:
                break
            slid[-1] = Block(last.base, last.other, last.count + 1)
            block = Block(block.base + 1, block.other + 1, block.count - 1)
        if block.count:
            slid.append(block)
    return tuple(slid)
