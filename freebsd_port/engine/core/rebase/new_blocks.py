"""Splices that merge by their lines, next to a block or docstring that the other version put in.

Lines cannot say whether they belong into the block or not: nothing that they touch has changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from freebsd_port.engine.core.rebase.merge import Clash, MergeResult
from freebsd_port.engine.core.text.align import Block
from freebsd_port.engine.core.text.splice import Splice, apply_splices

if TYPE_CHECKING:
    from freebsd_port.engine.core.rebase.clashes import Side

DOUBT = "the release has put a new block around the lines next to it"
DOUBT_FIRST = "the release has put a docstring in where its lines would come first"


def find_exposed(
    lines: Sequence[bytes],
    blocks: Sequence[Block],
    splices: Sequence[Splice],
    results: Sequence[MergeResult],
) -> list[int]:
    """Give the numbers of splices next to which the other version has changed the code.

    `lines` are the base's, `blocks` aligns them with the other version's, and `results` is
    merge_splices() of the splices.
    """
    starts = [block.base for block in blocks]
    return [
        number
        for number, (splice, result) in enumerate(zip(splices, results, strict=True))
        if isinstance(result, Splice) and not _is_shielded(lines, blocks, starts, splice)
    ]


def doubt_new_blocks(
    base: Side,
    other: Side,
    splices: Sequence[Splice],
    results: Sequence[MergeResult],
    exposed: Sequence[int],
) -> tuple[MergeResult, ...]:
    """Make a clash of each of these splices that is next to a new block or docstring."""
    from freebsd_port.engine.core.rebase.clashes import find_window, is_inside
    from freebsd_port.engine.core.rebase.statement_blocks import Blocks
    from freebsd_port.engine.core.source.statements import NoStatementsError, read_source

    mine, theirs = base.functions(), other.functions()
    made = list(results)
    for number in exposed:
        splice, result = splices[number], results[number]
        region = find_window(base, other, mine, theirs, splice.start, splice.stop)
        if region is None or not isinstance(result, Splice):
            continue
        inside = [one for one in splices if is_inside(one, region, base.lines)]
        if splice not in inside:
            continue
        before = base.lines[region.start : region.stop]
        there = other.lines[region.other_start : region.other_stop]
        after = apply_splices(base.lines, inside, region.start, region.stop)
        first = splice.start - region.start
        for one in inside[: inside.index(splice)]:
            first += len(one.lines) - (one.stop - one.start)
        try:
            merge = Blocks(read_source(before), read_source(after), read_source(there))
        except NoStatementsError:
            continue
        added = range(first, first + len(splice.lines))
        put = [one for one in merge.ours.statements if one.start in added]
        doubt = None
        if any(merge.is_beside_new_block(one) for one in put):
            doubt = DOUBT
        elif any(merge.is_above_docstring(one) for one in put):
            doubt = DOUBT_FIRST
        if doubt is not None:
            old = tuple(base.lines[splice.start : splice.stop])
            made[number] = Clash(
                result.start, result.stop, old, splice.lines, old, (number,), splice.start, doubt
            )
    return tuple(made)


def _is_shielded(
    lines: Sequence[bytes], blocks: Sequence[Block], starts: Sequence[int], splice: Splice
) -> bool:
    """Tell whether the code above and below a splice is as it was, and what lies between.

    The head of a block is that of another one if what is in it is not as it was.
    """
    above, below = splice.start - 1, splice.stop
    while above > 0 and _means_nothing(lines[above]):
        above -= 1
    while below < len(lines) - 1 and (_means_nothing(lines[below]) or _is_head(lines[below])):
        below += 1
    at = bisect_right(starts, max(above, 0)) - 1
    block = blocks[at] if at >= 0 else None
    return block is not None and min(below, len(lines) - 1) < block.base + block.count


def _means_nothing(line: bytes) -> bool:
    text = line.lstrip()
    return not text or text.startswith(b"#")


def _is_head(line: bytes) -> bool:
    return line.rstrip().endswith(b":")
