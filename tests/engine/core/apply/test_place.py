"""Where hunks land: the order of the search, fuzz, the ends of the file, and near misses."""

from __future__ import annotations

import pytest
from memory_tree import MemoryTree

from freebsd_port.engine.core.apply.place import (
    Cursor,
    Miss,
    Placement,
    differ_in_line_ends,
    finish_lines,
    place_hunk,
    splice_hunk,
)
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry


def hunk(text: str) -> Hunk:
    (change,) = parse_patch("p", b"--- a/f\n+++ b/f\n" + text.encode()).changes
    return change.hunks[0]


def lines(text: str) -> list[bytes]:
    """Give one line per letter."""
    return [b"%c\n" % letter for letter in text.encode()]


MIDDLE = "@@ -{0},3 +{0},3 @@\n a\n-b\n+x\n c\n"


def test_place_is_exact_where_the_header_says() -> None:
    found = place_hunk(lines("zabcz"), hunk(MIDDLE.format(2)), Cursor(), 0)
    assert found == Placement(2, 0, 0)
    assert found.kind == "exact"


def test_place_prefers_the_nearest_match() -> None:
    found = place_hunk(lines("abczzzzabczz"), hunk(MIDDLE.format(6)), Cursor(), 0)
    assert found == Placement(8, 2, 0)


def test_place_prefers_the_later_of_two_equally_near_matches() -> None:
    found = place_hunk(lines("abczabczabc"), hunk(MIDDLE.format(3)), Cursor(), 0)
    assert found == Placement(5, 2, 0)


def test_a_far_exact_match_wins_over_a_near_fuzzy_one() -> None:
    found = place_hunk(lines("ybyzzzzzabc"), hunk(MIDDLE.format(1)), Cursor(), 2)
    assert isinstance(found, Placement)
    assert (found.line, found.fuzz) == (9, 0)


@pytest.mark.parametrize(("fuzz", "fits"), [(0, False), (1, True)])
def test_context_is_let_go_only_as_far_as_the_fuzz_goes(fuzz: int, fits: bool) -> None:
    found = place_hunk(lines("zzybyzz"), hunk(MIDDLE.format(3)), Cursor(), fuzz)
    assert isinstance(found, Placement) is fits


def test_the_next_hunk_is_expected_at_the_same_offset() -> None:
    content, cursor = lines("zzzabczabcabc"), Cursor()
    first = place_hunk(content, hunk(MIDDLE.format(1)), cursor, 0)
    assert first == Placement(4, 3, 0)
    splice_hunk(content, hunk(MIDDLE.format(1)), first, cursor)
    assert place_hunk(content, hunk(MIDDLE.format(8)), cursor, 0) == Placement(11, 3, 0)


def test_a_hunk_without_leading_context_belongs_to_the_start() -> None:
    start = hunk("@@ -1,2 +1,3 @@\n+x\n a\n b\n")
    assert isinstance(place_hunk(lines("zab"), start, Cursor(), 0), Miss)
    assert place_hunk(lines("abz"), start, Cursor(), 0) == Placement(1, 0, 0)


def test_a_hunk_without_trailing_context_belongs_to_the_end() -> None:
    end = hunk("@@ -3,2 +3,3 @@\n a\n b\n+x\n")
    assert isinstance(place_hunk(lines("zzabz"), end, Cursor(), 0), Miss)
    assert place_hunk(lines("zzzab"), end, Cursor(), 0) == Placement(4, 1, 0)


def test_added_lines_without_context_go_where_the_header_says() -> None:
    content, cursor = lines("abc"), Cursor()
    added = hunk("@@ -2,0 +3 @@\n+x\n")
    splice_hunk(content, added, place_hunk(content, added, cursor, 0), cursor)  # type: ignore[arg-type]
    assert finish_lines(content, cursor) == lines("abxc")


def test_two_hunks_may_share_context_that_neither_changes() -> None:
    content, cursor = lines("abcdefgh"), Cursor()
    for text in (
        "@@ -1,4 +1,4 @@\n a\n-b\n+x\n c\n d\n",
        "@@ -3,5 +3,5 @@\n c\n d\n-e\n+y\n f\n g\n",
    ):
        found = place_hunk(content, hunk(text), cursor, 0)
        assert isinstance(found, Placement)
        splice_hunk(content, hunk(text), found, cursor)
    assert finish_lines(content, cursor) == lines("axcdyfgh")


def test_a_hunk_never_changes_what_an_earlier_one_changed() -> None:
    content, cursor = lines("abc"), Cursor()
    text = MIDDLE.format(1)
    splice_hunk(content, hunk(text), place_hunk(content, hunk(text), cursor, 0), cursor)  # type: ignore[arg-type]
    assert isinstance(place_hunk(content, hunk(text), cursor, 3), Miss)


def test_lines_after_a_last_line_without_newline_give_it_one() -> None:
    content, cursor = [b"a\n", b"b"], Cursor()
    text = "@@ -1,2 +1,3 @@\n a\n b\n\\ No newline at end of file\n+c\n"
    splice_hunk(content, hunk(text), place_hunk(content, hunk(text), cursor, 0), cursor)  # type: ignore[arg-type]
    assert finish_lines(content, cursor) == [b"a\n", b"b\n", b"c\n"]


def test_a_miss_names_the_best_partial_match() -> None:
    miss = place_hunk(lines("zzzzaqc"), hunk(MIDDLE.format(1)), Cursor(), 0)
    assert miss == Miss(5, 2, 3, False)


def test_a_miss_says_when_the_change_is_made_already() -> None:
    miss = place_hunk(lines("axc"), hunk(MIDDLE.format(1)), Cursor(), 0)
    assert isinstance(miss, Miss)
    assert miss.is_already_there


def test_a_hunk_that_fits_but_for_line_endings_is_told_as_such() -> None:
    change = hunk("@@ -1,2 +1,2 @@\n a\n-b\n+c\n")
    assert differ_in_line_ends([b"a\r\n", b"b\r\n"], change)
    assert not differ_in_line_ends([b"a\n", b"b\n"], change)
    assert not differ_in_line_ends([b"x\r\n", b"b\r\n"], change)
    patch = parse_patch("p", b"--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n")
    tree = MemoryTree({"f": b"a\r\nb\r\n"})
    (problem,) = plan_series(tree, [(SeriesEntry("p", 1, False, "", 1), patch)]).problems
    assert "the line endings differ" in str(problem.where)
