"""Which hunk of another text stands for which, and what is said of how it lies."""

from __future__ import annotations

import pytest
from memory_tree import MemoryTree
from small_overlay import diff

from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.across_releases import (
    find_counterparts,
    placed_other,
    placed_same,
)
from freebsd_port.engine.core.review.on_release import SeriesWalk, WalkedHunk
from freebsd_port.engine.core.series.series import SeriesEntry

GAP = "".join(f"\n\ndef gap{number}():\n    return {number}\n" for number in range(3))
ENTRY = SeriesEntry("nova/a.patch", 1, False, "", 1)


def text(first: str, last: str) -> str:
    return f"def first():\n    {first}\n{GAP}\n\ndef last():\n    {last}\n"


OLD = text("go(1)", "go(9)")


def lay(old: str, new: str, tree: str | None = None, path: str = "f.py") -> tuple[WalkedHunk, ...]:
    patch = parse_patch("nova/a.patch", diff(path, old.encode(), new.encode()))
    files = {path: (old if tree is None else tree).encode()}
    return SeriesWalk(MemoryTree(files)).lay(ENTRY, patch).hunks


def numbers(shown: tuple[WalkedHunk, ...], there: tuple[WalkedHunk, ...]) -> list[int | None]:
    return [one and one.hunk.number for one in find_counterparts(shown, there)]


def test_the_same_content_wins_wherever_it_stands() -> None:
    shown = lay(OLD, text("run(1, 'a')", "run(9, 'b')"))
    swapped = text("go(9)", "go(1)")
    there = lay(swapped, text("run(9, 'b')", "run(1, 'a')"))
    assert numbers(shown, there) == [2, 1]


def test_of_equal_hunks_the_one_in_the_same_function_stands_for_it() -> None:
    both = text("go()", "go()")
    shown = lay(both, text("run()", "run()"))
    named = both.replace("def first", "def before").replace("def last", "def first")
    there = lay(named, named.replace("go()", "run()"))
    assert [one.scope for one in there] == ["before", "first"]
    assert numbers(shown, there) == [2, 1]


def test_what_is_alike_stands_for_it_and_what_is_not_does_not() -> None:
    shown = lay(OLD, text("run(1, limit=SOME_LIMIT)", "run(9)"))
    other = text("go(1)", "stay(here, for_ever)")
    there = lay(other, text("run(1, limit=OTHER_LIMIT)", "LOG.debug('a text of its own')"))
    assert numbers(shown, there) == [1, None]


def test_each_hunk_stands_for_one_at_most() -> None:
    shown = lay(OLD, text("run(1)", "run(9)"))
    there = lay(text("go(1)", "stay()"), text("run(1)", "stay()"))
    assert numbers(shown, there) == [1, None]


def test_a_hunk_that_was_cut_has_its_first_part_for_a_counterpart() -> None:
    near = "def first():\n    go(1)\n\n\ndef last():\n    go(9)\n"
    shown = lay(near, near.replace("go", "run"))
    there = lay(OLD, text("run(1)", "run(9)"))
    assert (len(shown), len(there)) == (1, 2)
    assert numbers(shown, there) == [1]
    assert numbers(there, shown) == [1, 1]
    assert not any(one and one.is_changed for one in find_counterparts(there, shown))


def test_a_hunk_in_a_file_of_another_name_stands_for_it() -> None:
    shown = lay(OLD, text("run(1, limit=SOME_LIMIT)", "go(9)"))
    there = lay(OLD, text("run(1, limit=OTHER_LIMIT)", "go(9)"), path="g.py")
    assert numbers(shown, there) == [1]


def test_placements_of_a_text_of_its_own() -> None:
    shown = lay(OLD, text("run(1, limit=SOME_LIMIT)", "run(9)"))
    there = lay(OLD, text("run(1, limit=OTHER_LIMIT)", "go(9)"))
    own, gone = placed_other("2025.1", "nova/a@2025.1.patch", shown, there)
    assert (own.state, own.line, own.counterpart) == ("rewritten", 1, there[0].id)
    assert (gone.state, gone.line, gone.counterpart) == ("gone", None, None)


@pytest.mark.parametrize(
    ("tree", "state", "reason"),
    [
        (OLD, "exact", ""),
        (OLD.replace("def gap1", "# more\ndef gap1"), "offset", ""),
        (OLD.replace("go(9)", "run(9)"), "miss", "the file already has the new side"),
        (OLD.replace("go(9)", "stay()"), "miss", "3 of 4 lines agree at line 15"),
    ],
)
def test_placements_of_the_same_text(tree: str, state: str, reason: str) -> None:
    new = text("go(1)", "run(9)")
    placement = placed_same("2025.1", "nova/a.patch", lay(OLD, new)[0], lay(OLD, new, tree)[0])
    assert (placement.state, placement.reason) == (state, reason)
    assert (placement.line is None) == (state == "miss")


def test_a_file_that_is_not_there_is_a_miss_that_names_it() -> None:
    new = text("go(1)", "run(9)")
    patch = parse_patch("nova/a.patch", diff("nova/f.py", OLD.encode(), new.encode()))
    (there,) = SeriesWalk(MemoryTree({})).lay(ENTRY, patch).hunks
    placement = placed_same("2025.1", "nova/a.patch", there, there)
    assert (placement.state, placement.reason) == ("miss", "nova/f.py is not there")


def test_a_text_that_changes_other_lines_is_kept_and_one_that_does_not_is_not() -> None:
    shown = lay(OLD, text("run(1)", "run(9)"))
    there = lay(OLD, text("run(1)", "run(9, once=True)"))
    placements = placed_other("2025.1", "nova/a@2025.1.patch", shown, there)
    assert [one.other for one in placements] == [None, there[1].hunk]
