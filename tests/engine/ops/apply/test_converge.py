"""Converging a plain tree: any prefix from any other, and nothing when there is nothing to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest
from faults import Fault
from small_overlay import numbered, on_tree, patch, snapshot, write_tree

from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.engine.ops.apply.converge import Options, converge
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.ops.target.target import TreeTarget
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import ProblemsError

FILES = {"a.py": numbered(), "pkg/b.py": numbered(), "pkg/c.txt": b"one\n", "d.py": b"no end"}
SERIES = (
    patch("one.patch", {"a.py": (numbered(), numbered(2)), "new/n.py": (None, b"one\n")}),
    patch("two.patch", {"a.py": (numbered(2), numbered(2, 6)), "pkg/c.txt": (b"one\n", None)}),
    patch(
        "three.patch",
        {"a.py": (numbered(2, 6), numbered(2, 6, 11)), "new/n.py": (b"one\n", b"one\ntwo\n")},
    ),
    patch("four.patch", {"pkg/b.py": (numbered(), numbered(1)), "pkg/c.txt": (None, b"again\n")}),
)
OTHER_TWO = patch(
    "two.patch", {"a.py": (numbered(2), numbered(2, 7)), "pkg/b.py": (numbered(), numbered(12))}
)


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """One umask for all, since new files in a plain tree follow it."""
    old = os.umask(0o022)
    yield
    os.umask(old)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_tree(tmp_path / "tree", FILES)
    (root / "a.py").chmod(0o755)
    return root


def fresh(root: Path, *goal: GoalPatch) -> dict[str, tuple[int, bytes]]:
    """What the goal gives on a tree that never had another."""
    directory = root.parent / "fresh"
    shutil.rmtree(directory, ignore_errors=True)
    write_tree(directory, FILES)
    (directory / "a.py").chmod(0o755)
    on_tree(directory, *goal)
    return snapshot(directory)


def test_every_prefix_reached_from_every_other_is_the_same_as_a_fresh_apply(root: Path) -> None:
    expected = [fresh(root, *SERIES[:count]) for count in range(5)]
    for start, end in permutations(range(5), 2):
        on_tree(root, *SERIES[:start])
        on_tree(root, *SERIES[:end])
        assert snapshot(root) == expected[end], f"from {start} to {end}"
        assert load_state(root).patches == tuple(one.applied for one in SERIES[:end])


def test_going_up_and_down_one_by_one_ends_without_a_trace(root: Path) -> None:
    before = snapshot(root, with_state=True)
    for count in (1, 2, 3, 4, 3, 2, 1):
        done = on_tree(root, *SERIES[:count])
        assert not done.is_noop
        assert (root / STATE_DIRECTORY).is_dir()
    on_tree(root)
    assert snapshot(root, with_state=True) == before


def test_a_changed_patch_in_the_middle_converges_to_what_a_fresh_apply_gives(root: Path) -> None:
    changed = (SERIES[0], OTHER_TWO)
    expected = fresh(root, *changed)
    on_tree(root, *SERIES)
    done = on_tree(root, *changed)
    assert snapshot(root) == expected
    assert done.before == tuple(one.applied for one in SERIES)
    assert done.written == ("a.py", "new/n.py", "pkg/b.py", "pkg/c.txt")


def test_only_files_that_change_are_written(root: Path) -> None:
    on_tree(root, *SERIES[:2])
    inodes = {name: (root / name).stat().st_ino for name in ("a.py", "new/n.py", "d.py")}
    done = on_tree(root, *SERIES[:2], SERIES[3])
    assert done.written == ("pkg/b.py", "pkg/c.txt")
    assert {name: (root / name).stat().st_ino for name in inodes} == inodes


def calls_of(root: Path, *goal: GoalPatch, dry_run: bool = False) -> list[str]:
    """Every call that writes."""
    fault = Fault()
    with pytest.MonkeyPatch.context() as monkeypatch:
        fault.install(monkeypatch)
        on_tree(root, *goal, dry_run=dry_run)
    return fault.calls


def test_a_dry_run_and_a_second_apply_write_nothing_at_all(root: Path) -> None:
    before = snapshot(root, with_state=True)
    assert calls_of(root, *SERIES, dry_run=True) == []
    assert snapshot(root, with_state=True) == before
    assert calls_of(root) == []
    assert "rename" in calls_of(root, *SERIES)
    assert calls_of(root, *SERIES) == []
    assert calls_of(root, dry_run=True) == []


def test_a_dry_run_tells_what_the_real_one_does(root: Path) -> None:
    told = on_tree(root, *SERIES, dry_run=True)
    done = on_tree(root, *SERIES)
    assert told.written == done.written
    assert (told.before, told.after, told.outcomes) == (done.before, done.after, done.outcomes)
    assert (told.is_dry_run, done.is_dry_run) == (True, False)


def test_a_second_apply_reads_no_patch(root: Path) -> None:
    on_tree(root, *SERIES)
    torn = tuple(GoalPatch(one.entry, b"not a patch", one.applied) for one in SERIES)
    assert on_tree(root, *torn).is_noop


def test_every_failing_hunk_of_every_patch_is_reported_and_nothing_written(root: Path) -> None:
    before = snapshot(root, with_state=True)
    bad = [
        patch("bad1.patch", {"a.py": (b"x\ny\n", b"x\nz\n"), "d.py": (b"q\n", b"r\n")}),
        patch("bad2.patch", {"absent.py": (b"x\n", b"y\n")}),
    ]
    with pytest.raises(ProblemsError) as caught:
        on_tree(root, bad[0], SERIES[0], bad[1])
    places = [f"{one.what} {one.where}" for one in caught.value.problems]
    assert ["bad1.patch" in p for p in places] == [True, True, False]
    assert "bad2.patch" in places[2]
    assert snapshot(root, with_state=True) == before


def test_an_allowed_fuzz_is_remembered_and_a_lower_one_is_planned_anew(root: Path) -> None:
    old, new = (b"another\n" + numbered(*changed)[7:] for changed in ((), (4,)))
    fuzzy = patch("fuzzy.patch", {"a.py": (old, new)})
    target = TreeTarget(root)
    converge(target, (fuzzy,), Options(fuzz=2))
    assert load_state(root).fuzz == 2
    assert converge(target, (fuzzy,), Options(fuzz=2)).is_noop
    with pytest.raises(ProblemsError, match="1 problem"):
        converge(target, (fuzzy,), Options(fuzz=0))


def test_new_files_in_a_plain_tree_follow_the_umask(root: Path) -> None:
    os.umask(0o027)
    on_tree(root, SERIES[0])
    assert (root / "new").stat().st_mode & 0o777 == 0o750
    assert (root / "new/n.py").stat().st_mode & 0o777 == 0o640
    assert (root / "a.py").stat().st_mode & 0o777 == 0o755
