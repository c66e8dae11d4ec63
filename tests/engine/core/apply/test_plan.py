"""A whole series in memory: what it makes, what it refuses, and that it reports every failure."""

from __future__ import annotations

import pytest
from memory_tree import MemoryTree

from freebsd_port.engine.core.apply.plan import MissError, Plan
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import FileState, PathError

BODY = b"@@ -1 +1 @@\n-a\n+b\n"


def entry(name: str, *, strip: int = 1, reverse: bool = False) -> SeriesEntry:
    return SeriesEntry(name=name, strip=strip, reverse=reverse, comment="", line=1)


def named(name: str, data: bytes) -> tuple[SeriesEntry, Patch]:
    return entry(name), parse_patch(name, data)


def plan(files: dict[str, bytes], *patches: bytes, mode: int = 0o644) -> Plan:
    series = [named(f"{number}.patch", data) for number, data in enumerate(patches, 1)]
    return plan_series(MemoryTree(files, mode), series)


def after(plan: Plan) -> dict[str, bytes | None]:
    return {edit.path: edit.after.content if edit.after else None for edit in plan.edits}


def test_a_patch_sees_what_the_one_before_it_left() -> None:
    made = plan(
        {"f": b"a\n"},
        b"--- a/f\n+++ b/f\n" + BODY,
        b"--- a/f\n+++ b/f\n@@ -1 +1 @@\n-b\n+c\n",
    )
    assert after(made) == {"f": b"c\n"}
    assert [outcome.paths for outcome in made.patches] == [("f",), ("f",)]


def test_a_file_that_ends_as_it_began_is_no_edit() -> None:
    there = b"--- a/f\n+++ b/f\n" + BODY
    back = b"--- a/f\n+++ b/f\n@@ -1 +1 @@\n-b\n+a\n"
    assert plan({"f": b"a\n"}, there, back).edits == ()


def test_every_failing_hunk_of_every_patch_is_reported() -> None:
    bad = b"--- a/f\n+++ b/f\n@@ -1 +1 @@\n-x\n+y\n@@ -5 +5 @@\n-x\n+y\n"
    made = plan({"f": b"a\n"}, bad, b"--- a/gone\n+++ b/gone\n" + BODY, bad)
    assert [problem.what for problem in made.problems] == [
        "hunk 1 of 2 in 1.patch does not fit",
        "hunk 2 of 2 in 1.patch does not fit",
        "the file to patch does not exist",
        "hunk 1 of 2 in 3.patch does not fit",
        "hunk 2 of 2 in 3.patch does not fit",
    ]
    assert made.problems[2].where == "2.patch:3, a/gone or b/gone"


def test_modes_follow_the_header_and_otherwise_stay() -> None:
    git = b"diff --git a/f b/f\nold mode 100644\nnew mode 100755\n"
    (edit,) = plan({"f": b"a\n"}, git).edits
    assert edit.after == FileState(b"a\n", 0o755)
    (edit,) = plan({"f": b"a\n"}, b"--- a/f\n+++ b/f\n" + BODY, mode=0o640).edits
    assert edit.after == FileState(b"b\n", 0o640)


def test_a_new_file_leaves_its_mode_to_the_umask_unless_the_header_has_one() -> None:
    (edit,) = plan({}, b"--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n").edits
    assert (edit.before, edit.after) == (None, FileState(b"a\n", None))


def test_a_rename_is_a_removal_and_a_new_file_and_names_both() -> None:
    made = plan({"f": b"a\n"}, b"diff --git a/f b/g\nrename from f\nrename to g\n")
    assert after(made) == {"f": None, "g": b"a\n"}
    assert made.patches[0].paths == ("f", "g")


def test_two_files_can_swap_their_names() -> None:
    swap = (
        b"diff --git a/f b/g\nrename from f\nrename to g\n"
        b"diff --git a/g b/f\nrename from g\nrename to f\n"
    )
    assert after(plan({"f": b"a\n", "g": b"b\n"}, swap)) == {"f": b"b\n", "g": b"a\n"}


def test_a_file_to_delete_must_hold_what_the_patch_removes() -> None:
    gone = b"--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
    assert after(plan({"f": b"a\n"}, gone)) == {"f": None}
    (problem,) = plan({"f": b"a\na\n"}, gone).problems
    assert isinstance(problem, MissError)


def test_context_that_binds_a_hunk_to_the_end_of_the_file_is_said_to() -> None:
    hunk = b"@@ -2,3 +2,4 @@\n b\n c\n+x\n d\n"
    (problem,) = plan({"f": b"a\nb\nc\nd\ne\n"}, b"--- a/f\n+++ b/f\n" + hunk).problems
    assert problem.where == (
        "f, patch line 3; best partial match at 2 (3 of 3 lines); "
        "with less context after than before, it must be at the end of the file"
    )


def test_a_file_to_create_must_not_be_there() -> None:
    new = b"--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n"
    (problem,) = plan({"f": b"a\n"}, new).problems
    assert problem.where == "f, patch line 3; the file already has the new side"


@pytest.mark.parametrize("mode", [b"120000", b"160000", b"060000"])
def test_a_mode_that_is_no_regular_file_is_refused_by_number(mode: bytes) -> None:
    made = plan({}, b"diff --git a/l b/l\nnew file mode " + mode + b"\nindex 000..abc\n")
    (problem,) = made.problems
    assert isinstance(problem, PathError)
    assert mode.decode().lstrip("0") in problem.what
    assert made.edits == ()


@pytest.mark.parametrize("names", [("f/x",), ("f/x/y",), ("n", "n/x"), ("n/x", "n")])
def test_a_file_cannot_be_made_below_another_file(names: tuple[str, ...]) -> None:
    new = "--- /dev/null\n+++ b/{}\n@@ -0,0 +1 @@\n+a\n"
    made = plan({"f": b"a\n"}, "".join(new.format(name) for name in names).encode())
    (problem,) = made.problems
    assert isinstance(problem, PathError)
    below = max(names, key=len)
    assert problem.what == f"{below!r} cannot be made: {names[0][0]!r} is a file"
    assert problem.where == "patches/1.patch"


def test_a_file_that_goes_makes_room_for_a_directory() -> None:
    gone = b"--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
    new = b"--- /dev/null\n+++ b/f/x\n@@ -0,0 +1 @@\n+b\n"
    assert after(plan({"f": b"a\n"}, gone + new)) == {"f": None, "f/x": b"b\n"}
    assert after(plan({"f": b"a\n"}, gone, new)) == {"f": None, "f/x": b"b\n"}


def test_a_binary_patch_is_refused_by_line() -> None:
    binary = b"diff --git a/f b/f\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIcmZP\n\n"
    (problem,) = plan({"f": b"a\n"}, binary).problems
    assert problem.what == "git binary patches are not supported"
    assert problem.where == "1.patch:1"


def test_a_hostile_name_is_refused_with_its_line_and_the_rest_is_still_looked_at() -> None:
    made = plan({"f": b"x\n"}, b"--- a/../f\n+++ b/../f\n" + BODY + b"--- a/f\n+++ b/f\n" + BODY)
    hostile, miss = made.problems
    assert "'a/../f'" in hostile.what
    assert hostile.where == "patches/1.patch:1"
    assert isinstance(miss, MissError)


def test_a_reversed_entry_swaps_the_sides() -> None:
    patch = parse_patch("p", b"--- a/f\n+++ b/f\n" + BODY)
    made = plan_series(MemoryTree({"f": b"b\n"}), [(entry("p", reverse=True), patch)])
    assert after(made) == {"f": b"a\n"}
