"""A hunk: its header, its two sides, and what it looks like the other way round."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.patch.hunk import (
    Hunk,
    Range,
    parse_range,
    render_hunk,
    reverse_hunk,
)
from freebsd_port.engine.core.patch.patch import parse_patch

HEAD = b"--- a/f\n+++ b/f\n"


def only_hunk(text: bytes) -> Hunk:
    (change,) = parse_patch("p", HEAD + text).changes
    (hunk,) = change.hunks
    return hunk


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"@@ -1,2 +3,4 @@\n", Range(1, 2, 3, 4)),
        (b"@@ -1 +3 @@ def f():\n", Range(1, 1, 3, 1)),
        (b"@@ -0,0 +1,9 @@\n", Range(0, 0, 1, 9)),
        (b"@@ -x +1 @@\n", None),
        (b"@@ -1,2 3,4 @@\n", None),
    ],
)
def test_a_count_that_is_left_out_is_one(header: bytes, expected: Range | None) -> None:
    assert parse_range(header) == expected


def test_a_hunk_knows_both_sides_and_the_context_at_its_ends() -> None:
    hunk = only_hunk(b"@@ -1,4 +1,3 @@ def f():\n a\n-b\n+c\n-d\n e\n")
    assert hunk.old == (b"a\n", b"b\n", b"d\n", b"e\n")
    assert hunk.new == (b"a\n", b"c\n", b"e\n")
    assert (hunk.leading, hunk.trailing) == (1, 1)
    assert hunk.section == b"def f():"
    assert hunk.line == 3


def test_the_no_newline_marker_is_for_the_side_of_the_line_before_it() -> None:
    marker = b"\\ No newline at end of file\n"
    hunk = only_hunk(b"@@ -1 +1 @@\n-a\n" + marker + b"+a\n")
    assert (hunk.old, hunk.new) == ((b"a",), (b"a\n",))
    hunk = only_hunk(b"@@ -1,2 +1 @@\n-b\n a\n" + marker)
    assert (hunk.old, hunk.new) == ((b"b\n", b"a"), (b"a",))


def test_reversing_swaps_the_sides_and_keeps_the_written_bytes() -> None:
    hunk = only_hunk(b"@@ -1,2 +1,3 @@\n a\n+b\n c\n")
    turned = reverse_hunk(hunk)
    assert (turned.old, turned.new, turned.old_start) == (hunk.new, hunk.old, hunk.new_start)
    assert render_hunk(turned) == render_hunk(hunk) == b"@@ -1,2 +1,3 @@\n a\n+b\n c\n"
    assert reverse_hunk(turned) == hunk
