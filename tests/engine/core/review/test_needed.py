"""What of a series has to be laid to know one patch of it."""

from __future__ import annotations

from collections.abc import Sequence

from memory_tree import MemoryTree
from small_overlay import diff

from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.review.on_release import (
    Needed,
    SeriesWalk,
    WalkedPatch,
    find_relevant,
    number_patches,
)
from freebsd_port.engine.core.series.series import SeriesEntry

FILES = {"a.py": b"a = 1\n", "b.py": b"b = 1\n", "c.py": b"c = 1\n"}


def text(name: str, *changes: tuple[str, bytes, bytes]) -> tuple[SeriesEntry, Patch]:
    data = b"".join(diff(*change) for change in changes)
    return SeriesEntry(name, 1, False, "", 1), parse_patch(name, data)


SERIES = (
    text("first", ("a.py", b"a = 1\n", b"a = 2\n"), ("b.py", b"b = 1\n", b"b = 2\n")),
    text("second", ("c.py", b"c = 1\n", b"c = 2\n")),
    text("third", ("a.py", b"a = 2\n", b"a = 3\n")),
    text("fourth", ("a.py", b"a = 3\n", b"a = 4\n")),
)
RENAME = b"""\
diff --git a/a.py b/d.py
similarity index 50%
rename from a.py
rename to d.py
--- a/a.py
+++ b/d.py
@@ -1 +1 @@
-a = 2
+a = 5
"""


def kept(series: Sequence[tuple[SeriesEntry, Patch]], *names: str) -> list[tuple[str, int, bool]]:
    return [
        (one.entry.name, len(one.patch.changes), one.is_named)
        for one in find_relevant(series, names)
    ]


def lay(needed: Sequence[Needed]) -> dict[str, WalkedPatch]:
    layer = SeriesWalk(MemoryTree(FILES))
    laid = number_patches(layer.lay(n.entry, n.patch, is_named=n.is_named) for n in needed)
    return {patch.name: patch for patch in laid}


def test_what_is_before_it_in_its_files_is_kept_and_no_more() -> None:
    assert kept(SERIES, "third") == [("first", 1, False), ("third", 1, True)]
    assert kept(SERIES, "second") == [("second", 1, True)]
    assert kept(SERIES, "gone") == []


def test_a_patch_with_an_equal_hunk_is_kept_with_what_it_needs() -> None:
    baseline = text("baseline", ("b.py", b"b = 2\na = 3\n", b"b = 2\na = 4\n"))
    assert kept((*SERIES, baseline), "baseline") == [
        ("first", 2, False),
        ("third", 1, False),
        ("fourth", 1, True),
        ("baseline", 1, True),
    ]


def test_a_patch_that_renames_needs_what_is_before_it_under_the_old_name() -> None:
    renamed = (SeriesEntry("rename", 1, False, "", 1), parse_patch("rename", RENAME))
    assert kept((SERIES[0], renamed), "rename") == [("first", 1, False), ("rename", 1, True)]


def test_each_patch_alone_lies_as_in_the_whole_series() -> None:
    whole = lay(find_relevant(SERIES, [entry.name for entry, _ in SERIES]))
    for entry, _ in SERIES:
        assert lay(find_relevant(SERIES, [entry.name]))[entry.name] == whole[entry.name]
