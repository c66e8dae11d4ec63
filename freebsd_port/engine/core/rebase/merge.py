"""Three-way merge of a patch's splices into another version of the file, line by line.

The base is what the patch was made for, ours is the patch, theirs is the other version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from freebsd_port.engine.core.text.align import Block, Chunk, chunks
from freebsd_port.engine.core.text.splice import Splice, apply_splices


class UncertainError(Exception):
    """Nobody can tell what a merge should give."""


@dataclass(frozen=True, slots=True)
class Present:
    """The other version has the splice already."""

    start: int
    """0-based line of the other version where it stands."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Both sides changed the same lines, or lines that touch."""

    start: int
    """0-based line of the other version."""

    stop: int
    base: tuple[bytes, ...]
    ours: tuple[bytes, ...]
    theirs: tuple[bytes, ...]

    splices: tuple[int, ...]
    """Which of the splices it is about, by their index."""

    base_start: int = field(default=0, compare=False)
    """0-based line of the base at which it starts."""

    doubt: str | None = field(default=None, compare=False)
    """Why a person has to look, where no line clashes."""


MergeResult = Splice | Present | Clash
"""A Splice: where it goes in the other version, nothing of which stands in its way."""


def merge_splices(
    base: Sequence[bytes],
    other: Sequence[bytes],
    blocks: Sequence[Block],
    splices: Sequence[Splice],
) -> tuple[MergeResult, ...]:
    """Move splices to the other version; one result a splice, and one Clash shared by its splices.

    The splices are in order and do not overlap; `blocks` is align_lines(base, other). As in git,
    a splice clashes with a change that it overlaps or touches, unless both made the same of it.
    """
    theirs = chunks(blocks, len(base), len(other))
    results: list[MergeResult] = []
    index = at = 0
    while index < len(splices):
        first = splices[index]
        while at < len(theirs) and theirs[at].stop < first.start:
            at += 1
        last, stop = index, first.stop
        reached = at
        while True:  # take in what touches, on both sides, until nothing more does
            if reached < len(theirs) and theirs[reached].start <= stop:
                stop = max(stop, theirs[reached].stop)
                reached += 1
            elif reached > at and last + 1 < len(splices) and splices[last + 1].start <= stop:
                last += 1
                stop = max(stop, splices[last].stop)
            else:
                break
        group, touched = splices[index : last + 1], theirs[at:reached]
        result = _merge_group(base, other, blocks, group, touched, index)
        results += [result] * len(group)
        index, at = last + 1, reached
    return tuple(results)


def _merge_group(
    base: Sequence[bytes],
    other: Sequence[bytes],
    blocks: Sequence[Block],
    splices: Sequence[Splice],
    touched: Sequence[Chunk],
    number: int,
) -> MergeResult:
    if not touched:
        splice = splices[0]
        start = locate(blocks, splice.start)
        return Splice(start, start + splice.stop - splice.start, splice.lines)
    start = min(splices[0].start, touched[0].start)
    stop = max(splices[-1].stop, touched[-1].stop)
    first = touched[0].other_start - (touched[0].start - start)
    end = touched[-1].other_stop + (stop - touched[-1].stop)
    ours = tuple(apply_splices(base, splices, start, stop))
    theirs = tuple(other[first:end])
    if ours == theirs:
        return Present(first)
    return Clash(
        first,
        end,
        tuple(base[start:stop]),
        ours,
        theirs,
        tuple(range(number, number + len(splices))),
        start,
    )


_CONTEXT = 3


def find_region(
    blocks: Sequence[Block], base_count: int, other_count: int, start: int, stop: int
) -> Chunk:
    """Give the region of both versions around base lines [start, stop), for a person to look at.

    It takes in the other version's changes that overlap or touch it, and up to three lines that
    both versions have on each side. `blocks` aligns the two, which have so many lines.
    """
    shift = other_shift = 0
    for chunk in chunks(blocks, base_count, other_count):
        if chunk.stop < start:
            shift = other_shift = chunk.other_stop - chunk.stop
        elif chunk.start <= stop:
            start, stop = min(start, chunk.start), max(stop, chunk.stop)
            other_shift = chunk.other_stop - chunk.stop
    region = Chunk(start, stop, start + shift, stop + other_shift)
    before = next((b for b in blocks if b.base < start <= b.base + b.count), None)
    behind = next((b for b in blocks if b.base <= stop < b.base + b.count), None)
    lead = min(start - before.base, _CONTEXT) if before else 0
    tail = min(behind.base + behind.count - stop, _CONTEXT) if behind else 0
    return Chunk(
        region.start - lead, region.stop + tail, region.other_start - lead, region.other_stop + tail
    )


def locate(blocks: Sequence[Block], line: int) -> int:
    """Give the line of the other version that a base line is, for one that is in a block.

    The line behind a block's last counts as its own, so that an insertion there has a place.
    """
    for block in blocks:
        if block.base <= line <= block.base + block.count:
            return line - block.base + block.other
    raise ValueError(f"line {line} is in no block")
