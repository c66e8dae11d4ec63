"""Which lines of the final file came from which hunk."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from small_overlay import diff

from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.apply.provenance import HunkLines, trace_hunks
from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry, parse_series
from freebsd_port.engine.core.text.file import FileState


class MemoryTree:
    """Files by path."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def read(self, path: str) -> FileState | None:
        content = self._files.get(path)
        return None if content is None else FileState(content, 0o644)

    def has_directory(self, path: str) -> bool:
        return any(name.startswith(f"{path}/") for name in self._files)


def lines(*words: object) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()


def trace(*texts: bytes | None, max_fuzz: int = 0) -> list[tuple[tuple[int, ...], int]]:
    """Added lines and anchor of each hunk of the patches between these texts of one file."""
    return [(hunk.added, hunk.anchor) for hunk in trace_named(*texts, max_fuzz=max_fuzz)]


def trace_named(*texts: bytes | None, max_fuzz: int = 0) -> tuple[HunkLines, ...]:
    names = [f"{number}.patch" for number in range(1, len(texts))]
    entries = parse_series("\n".join(names).encode()).entries
    patches = [
        parse_patch(name, diff("m.py", old, new))
        for name, old, new in zip(names, texts, texts[1:], strict=False)
    ]
    tree = MemoryTree({} if texts[0] is None else {"m.py": texts[0]})
    return traced(tree, list(zip(entries, patches, strict=True)), max_fuzz)


def traced(
    tree: MemoryTree, patches: list[tuple[SeriesEntry, Patch]], max_fuzz: int = 0
) -> tuple[HunkLines, ...]:
    plan = plan_series(tree, patches, max_fuzz=max_fuzz)
    assert not plan.problems
    return trace_hunks(patches, plan)


def on_one(old: bytes, line: bytes, text: bytes, max_fuzz: int = 0) -> tuple[int, ...]:
    """Added lines of one patch of m.py, by this line of the series."""
    (entry,) = parse_series(line).entries
    patch = parse_patch(entry.name, text)
    return traced(MemoryTree({"m.py": old}), [(entry, patch)], max_fuzz)[0].added


def test_added_lines_are_the_hunks() -> None:
    assert trace(lines(1, 2, 3), lines(1, "a", "b", 2, 3)) == [((2, 3), 2)]


def test_two_hunks_of_a_patch_are_told_apart_and_counted() -> None:
    old, new = [*range(30)], [*range(3), "a", *range(3, 25), "b", *range(25, 30)]
    found = trace_named(lines(*old), lines(*new))
    assert [(h.patch, h.path, h.number, h.total, h.added) for h in found] == [
        ("1.patch", "m.py", 1, 2, (4,)),
        ("1.patch", "m.py", 2, 2, (27,)),
    ]


def test_a_later_patch_above_shifts_the_lines_of_an_earlier_one() -> None:
    found = trace(lines(1, 2, 3), lines(1, 2, "a", 3), lines("x", "y", 1, 2, "a", 3))
    assert found == [((5,), 5), ((1, 2), 1)]


def test_a_later_removal_above_shifts_them_back() -> None:
    texts = lines(*range(20)), lines(*range(18), "a", 18, 19), lines(*range(2, 18), "a", 18, 19)
    assert trace(*texts)[0] == ((17,), 17)


def test_a_line_that_a_later_patch_replaces_is_the_later_ones() -> None:
    found = trace(lines(1, 2, 3), lines(1, "a", "b", "c", 3), lines(1, "a", "B", "c", 3))
    assert found == [((2, 4), 2), ((3,), 3)]


def test_a_hunk_of_which_nothing_is_left_keeps_its_place() -> None:
    texts = lines(*range(9)), lines(*range(4), "a", *range(4, 9)), lines(*range(9))
    assert trace(*texts) == [((), 5), ((), 5)]


def test_a_hunk_that_only_removes_is_anchored_at_the_line_that_follows() -> None:
    assert trace(lines(*range(9)), lines(*range(4), *range(6, 9))) == [((), 5)]


def test_an_anchor_moves_with_later_patches() -> None:
    texts = lines(*range(9)), lines(*range(4), *range(5, 9)), lines("x", *range(4), *range(5, 9))
    assert trace(*texts) == [((), 6), ((1,), 1)]


def test_two_removals_at_one_place_share_the_anchor() -> None:
    texts = lines(*range(9)), lines(*range(4), *range(5, 9)), lines(*range(4), *range(6, 9))
    assert trace(*texts) == [((), 5), ((), 5)]


def test_a_removal_at_the_end_is_anchored_at_the_last_line_that_is_left() -> None:
    assert trace(lines(*range(9)), lines(*range(7))) == [((), 7)]


def test_a_removal_at_the_start_is_anchored_at_the_first_line() -> None:
    assert trace(lines(*range(9)), lines(*range(2, 9))) == [((), 1)]


def test_a_new_file_is_its_hunks() -> None:
    assert trace(None, lines("a", "b"), lines("a", "x", "b")) == [((1, 3), 1), ((2,), 2)]


def test_the_mark_of_a_missing_newline_and_a_comment_are_no_lines() -> None:
    text = b"--- a/m.py\n+++ b/m.py\n@@ -1,2 +1,3 @@\n 1\n# why\n-2\n\\ No newline\n+2\n+3\n"
    assert on_one(b"1\n2", b"1.patch", text) == (2, 3)


def test_a_displaced_hunk_is_traced_to_where_it_landed() -> None:
    text = diff("m.py", lines(*range(9)), lines(*range(8), "a", 8))
    assert on_one(lines("new", "lines", *range(9)), b"1.patch", text) == (11,)


def test_a_reversed_patch_is_traced_by_the_side_that_was_applied() -> None:
    text = diff("m.py", lines(1, "a", 2), lines(1, 2))
    assert on_one(lines(1, 2), b"1.patch -R", text) == (2,)


@pytest.mark.parametrize("fuzz", [1, 2, 3])
def test_a_hunk_placed_with_fuzz_is_traced_to_its_change(fuzz: int) -> None:
    text = diff("m.py", lines(*range(9)), lines(*range(5), "a", *range(5, 9)))
    assert on_one(lines(0, 1, "other", 3, 4, 5, 6, "other", 8), b"1.patch", text, fuzz) == (6,)
