"""The definition of a need, held against what happens when two patches change places."""

from __future__ import annotations

from itertools import pairwise

import pytest
from drawn_diffs import contents, unified, variants
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from memory_tree import MemoryTree

from freebsd_port.engine.core.apply.plan import MissError
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.graph.needs import (
    Need,
    PatchGraph,
    find_needs,
    find_related,
    reduce_needs,
)
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.rebase.placed import PlacedHunk, place_hunks
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.splice import Splice, apply_splices
from freebsd_port.errors import ProblemsError

BASE = b"".join(b"line %d\n" % number for number in range(1, 31))
Texts = list[bytes]
"""A file before the series and after each patch."""


def as_series(diffs: list[bytes], names: list[str] | None = None):
    named = zip(names or [f"p{n}" for n in range(len(diffs))], diffs, strict=True)
    return [(SeriesEntry(name, 1, False, "", 1), parse_patch(name, data)) for name, data in named]


def outcome(base: bytes | None, series) -> dict[str, bytes | None] | None:
    """Give every file as the series leaves it; None when it does not apply."""
    plan = plan_series(MemoryTree({} if base is None else {"f": base}), series)
    if plan.problems:
        return None
    return {edit.path: edit.after.content if edit.after else None for edit in plan.edits}


def needs_of(base: bytes, diffs: list[bytes]) -> dict[tuple[int, int], str]:
    graph = find_needs(MemoryTree({"f": base}), as_series(diffs))
    return {(int(need.patch[1:]), int(need.on[1:])): need.kind for need in graph.needs}


@st.composite
def unlike_texts(draw: st.DrawFn) -> Texts:
    """Draw versions of a file in which no line ever stands twice."""
    lines = [b"line %d\n" % number for number in range(draw(st.integers(4, 24)))]
    texts = [b"".join(lines)]
    for patch in range(draw(st.integers(2, 5))):
        for edit in range(draw(st.integers(1, 2))):
            at = draw(st.integers(0, len(lines)))
            new = [b"%d.%d.%d\n" % (patch, edit, n) for n in range(draw(st.integers(0, 2)))]
            lines[at : at + draw(st.integers(0, 2))] = new
        texts.append(b"".join(lines))
    assume(all(old and old != new for old, new in pairwise(texts)))
    return texts


def diffs_of(texts: Texts, contexts: list[int]) -> list[bytes]:
    return [
        unified(old, new, context)
        for (old, new), context in zip(pairwise(texts), contexts, strict=True)
    ]


def draw_diffs(data: st.DataObject, texts: Texts, least: int) -> list[bytes]:
    count = len(texts) - 1
    return diffs_of(
        texts, data.draw(st.lists(st.integers(least, 3), min_size=count, max_size=count))
    )


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data(), unlike_texts())
def test_a_patch_needs_the_one_before_it_exactly_when_they_cannot_change_places(
    data, texts: Texts
) -> None:
    diffs = draw_diffs(data, texts, 0)
    needs = needs_of(texts[0], diffs)
    expected = outcome(texts[0], as_series(diffs))
    for at in range(len(diffs) - 1):
        swapped = [*diffs[:at], diffs[at + 1], diffs[at]]
        rest = as_series([*swapped, *diffs[at + 2 :]])
        is_same = outcome(texts[0], as_series(swapped)) is not None
        is_same = is_same and outcome(texts[0], rest) == expected
        if (at + 1, at) not in needs:
            assert is_same
        elif not any(b",0 +" in diff for diff in diffs[at : at + 2]):  # found by its number
            assert not is_same


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data(), unlike_texts())
def test_every_order_that_keeps_the_needs_gives_the_same_file(data, texts: Texts) -> None:
    diffs = draw_diffs(data, texts, 1)
    needs = needs_of(texts[0], diffs)
    left, order = list(range(len(diffs))), []
    while left:
        free = [one for one in left if not any((one, other) in needs for other in left)]
        order.append(data.draw(st.sampled_from(free)))
        left.remove(order[-1])
    shuffled = as_series([diffs[one] for one in order])
    assert outcome(texts[0], shuffled) == outcome(texts[0], as_series(diffs))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data(), unlike_texts())
def test_a_patch_applies_on_nothing_but_what_it_needs(data, texts: Texts) -> None:
    diffs = draw_diffs(data, texts, 1)
    names = [f"p{n}" for n in range(len(diffs))]
    series = as_series(diffs)
    graph = find_needs(MemoryTree({"f": texts[0]}), series)
    chosen = find_related(graph, [data.draw(st.sampled_from(names))])
    assert outcome(texts[0], [one for one in series if one[0].name in chosen]) is not None


def changed_places(
    old: list[bytes], first: tuple[PlacedHunk, ...], second: tuple[PlacedHunk, ...]
) -> tuple[list[bytes], bool]:
    """Carry out the second before the first, each where its lines are; tell whether they fit.

    `first` is placed on the old lines and `second` on what the first makes of them.
    """
    one = [splice for hunk in first for splice in hunk.splices]
    two = [splice for hunk in second for splice in hunk.splices]
    middle = apply_splices(old, one)
    grown, moves = 0, []
    for splice in one:
        grown += len(splice.lines) - (splice.stop - splice.start)
        moves.append((splice.start + grown + splice.stop - splice.start, grown))
    assert middle is not None

    def back(line: int) -> int:
        return line - max((move for move in moves if move[0] <= line), default=(0, 0))[1]

    earlier = [Splice(back(s.start), back(s.start) + s.stop - s.start, s.lines) for s in two]
    between = apply_splices(old, earlier)

    def onward(line: int) -> int:
        return line + sum(len(s.lines) - (s.stop - s.start) for s in earlier if s.stop <= line)

    later = [Splice(onward(s.start), onward(s.start) + s.stop - s.start, s.lines) for s in one]
    fits = all(
        tuple(old[back(h.start) : back(h.start) + len(h.hunk.old)]) == h.hunk.old for h in second
    ) and all(
        tuple(between[onward(h.start) : onward(h.start) + len(h.hunk.old)]) == h.hunk.old
        for h in first
    )
    return apply_splices(between, later), fits


def placed(text: bytes, diff: bytes) -> tuple[PlacedHunk, ...]:
    (change,) = parse_patch("p", diff).changes
    return place_hunks(text.splitlines(keepends=True), change.hunks)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_lines_that_read_alike_are_told_apart_by_where_they_stand(data) -> None:
    texts = [data.draw(contents(min_size=4))]
    for _ in range(2):
        texts.append(data.draw(variants(texts[-1])))
    assume(all(text.endswith(b"\n") for text in texts) and texts[0] != texts[1] != texts[2])
    diffs = draw_diffs(data, texts, 1)
    first, second = placed(texts[0], diffs[0]), placed(texts[1], diffs[1])
    assume(not any(hunk.placement.offset for hunk in (*first, *second)))
    if (1, 0) not in needs_of(texts[0], diffs):
        made, fits = changed_places(texts[0].splitlines(keepends=True), first, second)
        assert (b"".join(made), fits) == (texts[2], True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data(), unlike_texts())
def test_where_only_context_is_shared_the_changes_themselves_commute(data, texts: Texts) -> None:
    diffs = draw_diffs(data, texts, 1)
    for (later, on), kind in needs_of(texts[0], diffs).items():
        if later == on + 1 and kind == "context":
            lines = texts[on].splitlines(keepends=True)
            made, _ = changed_places(
                lines, placed(texts[on], diffs[on]), placed(texts[later], diffs[later])
            )
            assert b"".join(made) == texts[later + 1]


def edit(text: bytes, old: int, new: bytes) -> bytes:
    return text.replace(b"line %d\n" % old, new)


ADDS = edit(BASE, 10, b"line 10\nnew\n")


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        (edit(BASE, 10, b"ten\n"), lambda t: t.replace(b"ten", b"TEN"), "needs"),
        (ADDS, lambda t: t.replace(b"new\n", b"new\nnewer\n"), "needs"),
        (edit(BASE, 10, b""), lambda t: edit(t, 11, b"eleven\n"), "needs"),
        (ADDS, lambda t: edit(t, 13, b"thirteen\n"), "context"),
        (ADDS, lambda t: edit(t, 14, b"fourteen\n"), None),
        (ADDS, lambda t: edit(t, 20, b"twenty\n"), None),
        (edit(BASE, 10, b""), lambda t: edit(t, 12, b"twelve\n"), "context"),
    ],
)
def test_a_need_says_whether_the_changes_touch(first: bytes, second, kind: str | None) -> None:
    texts = [BASE, first, second(first)]
    assert needs_of(BASE, diffs_of(texts, [3, 3])).get((1, 0)) == kind


def test_hunks_that_meet_are_named() -> None:
    texts = [BASE, edit(ADDS, 25, b"x\n"), edit(ADDS, 25, b"y\n")]
    (need,) = find_needs(MemoryTree({"f": BASE}), as_series(diffs_of(texts, [3, 3]))).needs
    (contact,) = need.contacts
    assert (contact.path, contact.number, contact.on_number) == ("f", 1, 2)


NEW = b"--- /dev/null\n+++ b/g\n@@ -0,0 +1,1 @@\n+one\n"
MORE = b"--- a/g\n+++ b/g\n@@ -1,1 +1,2 @@\n one\n+two\n"
RENAME = b"diff --git a/f b/g\nsimilarity index 100%\nrename from f\nrename to g\n"
MODE = b"diff --git a/f b/f\nold mode 100644\nnew mode 100755\n"
BACK = b"diff --git a/f b/f\nold mode 100755\nnew mode 100644\n"
GONE = b"--- a/f\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-one\n"
ON_F = b"--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-one\n+uno\n"
GONE_AFTER = GONE.replace(b"-one", b"-uno")


@pytest.mark.parametrize(
    ("diffs", "expected"),
    [
        ([NEW, MORE], {(1, 0): "needs"}),
        ([ON_F, GONE_AFTER], {(1, 0): "needs"}),
        ([ON_F, RENAME, MORE.replace(b" one", b" uno")], {(1, 0), (2, 1)}),
        ([MODE, ON_F], {}),
        ([MODE, BACK], {(1, 0): "needs"}),
        ([NEW, ON_F], {}),
    ],
)
def test_files_as_a_whole_are_needed_by_what_follows(diffs: list[bytes], expected) -> None:
    found = needs_of(b"one\n", diffs)
    assert (found if isinstance(expected, dict) else set(found)) == expected


def test_a_reversed_patch_is_followed_as_it_is_applied() -> None:
    forward = unified(ADDS, BASE, 3)
    texts = [ADDS, edit(ADDS, 9, b"nine\n")]
    entries = as_series([forward, unified(*texts, 3)])
    reverse = SeriesEntry("p0", 1, True, "", 1)
    graph = find_needs(MemoryTree({"f": BASE}), [(reverse, entries[0][1]), entries[1]])
    assert [need.kind for need in graph.needs] == ["context"]


def test_every_hunk_that_does_not_fit_is_told_instead() -> None:
    diffs = [unified(BASE, edit(BASE, n, b"x\n"), 3) for n in (5, 20)]
    with pytest.raises(ProblemsError) as error:
        find_needs(MemoryTree({"f": b"other\n"}), as_series(diffs))
    assert [type(problem) for problem in error.value.problems] == [MissError, MissError]


def need(patch: str, on: str) -> Need:
    return Need(patch, on, "needs", ())


CHAIN = PatchGraph(
    ("a", "b", "c", "d"), (need("b", "a"), need("c", "a"), need("c", "b"), need("d", "a"))
)


def test_a_need_that_follows_from_others_is_not_drawn() -> None:
    assert reduce_needs(CHAIN) == (need("b", "a"), need("c", "b"), need("d", "a"))


def test_no_firm_need_is_left_out_for_a_guess() -> None:
    guess = Need("b", "a", "name", ())
    mixed = PatchGraph(("a", "b", "c"), (guess, need("c", "a"), need("c", "b")))
    assert reduce_needs(mixed) == mixed.needs
    by_name = PatchGraph(
        ("a", "b", "c"), (need("b", "a"), Need("c", "a", "name", ()), need("c", "b"))
    )
    assert reduce_needs(by_name) == (need("b", "a"), need("c", "b"))


def test_needs_are_followed_both_ways() -> None:
    assert find_related(CHAIN, ["c"]) == {"a", "b", "c"}
    assert find_related(CHAIN, ["b"], reverse=True) == {"b", "c"}
    assert CHAIN.among({"a", "c"}).needs == (need("c", "a"),)
