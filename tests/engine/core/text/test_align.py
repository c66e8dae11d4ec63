"""Which lines of one version are which lines of the other."""

from __future__ import annotations

from itertools import pairwise

from drawn_diffs import contents, variants
from hypothesis import given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.text.align import Block, Chunk, align_lines, chunks
from freebsd_port.engine.core.text.file import split_lines
from freebsd_port.engine.core.text.splice import Splice, apply_splices


def lines(text: str) -> list[bytes]:
    return [f"{word}\n".encode() for word in text.split()]


def test_equal_versions_are_one_block_and_unlike_ones_none() -> None:
    assert align_lines(lines("a b c"), lines("a b c")) == (Block(0, 0, 3),)
    assert align_lines(lines("a b"), lines("c d")) == ()
    assert align_lines([], lines("a")) == ()


def test_a_line_that_stands_once_in_both_is_an_anchor() -> None:
    base = lines("} def-a } def-b }")
    other = lines("} def-new } } def-b }")
    assert Block(2, 3, 3) in align_lines(base, other)


def test_what_was_put_in_is_the_last_of_what_reads_alike() -> None:
    base, other = lines("a x b"), lines("a x x b")
    assert align_lines(base, other) == (Block(0, 0, 2), Block(2, 3, 1))
    assert chunks(align_lines(base, other), 3, 4) == (Chunk(2, 2, 2, 3),)


def test_a_long_gap_without_anchors_is_left_unmatched() -> None:
    base, other = lines("x y " * 500), lines("y y " * 500)
    assert sum(block.count for block in align_lines(base, other)) < 500


@settings(max_examples=300)
@given(st.data())
def test_blocks_hold_equal_lines_in_order_and_chunks_the_rest(data: st.DataObject) -> None:
    content = data.draw(contents())
    base, other = split_lines(content), split_lines(data.draw(variants(content)))
    blocks = align_lines(base, other)
    for block in blocks:
        stop = block.base + block.count
        assert base[block.base : stop] == other[block.other : block.other + block.count]
    for before, after in pairwise(blocks):
        assert before.base + before.count <= after.base
        assert before.other + before.count <= after.other
    changed = [
        Splice(c.start, c.stop, tuple(other[c.other_start : c.other_stop]))
        for c in chunks(blocks, len(base), len(other))
    ]
    assert b"".join(apply_splices(base, changed)) == b"".join(other)
