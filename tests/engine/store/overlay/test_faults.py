"""A kill or a refusal at every system call that writes leaves exactly the old or the new tree."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from faults import Fault, run_and_die
from small_overlay import files_of, numbered, on_tree, patch, snapshot, write_tree

from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.store.overlay.state import is_pending, load_state
from freebsd_port.errors import PortError

ORIGINALS = {
    "pkg/driver.py": numbered(),
    "pkg/__pycache__/driver.cpython-311.pyc": b"stale",
    "pkg/old/gone.txt": b"one\ntwo\n",
    "pkg/host.py": numbered(),
    "kept.txt": b"not touched\n",
}
FIRST = patch(
    "first.patch",
    {
        "pkg/driver.py": (numbered(), numbered(2)),
        "pkg/new/deep/module.py": (None, b"one\n"),
        "pkg/old/gone.txt": (b"one\ntwo\n", None),
    },
)
SECOND = patch(
    "second.patch",
    {
        "pkg/driver.py": (numbered(2), numbered(2, 11)),
        "pkg/host.py": (numbered(), numbered(6)),
    },
)
OTHER = patch("first.patch", {"pkg/driver.py": (numbered(), numbered(2, 3))})
SECOND_ON_OTHER = patch("second.patch", {"pkg/driver.py": (numbered(2, 3), numbered(2, 3, 11))})
CHANGES: dict[str, tuple[tuple[GoalPatch, ...], tuple[GoalPatch, ...]]] = {
    "apply": ((), (FIRST, SECOND)),
    "pop": ((FIRST, SECOND), ()),
    "pop one": ((FIRST, SECOND), (FIRST,)),
    "refresh": ((FIRST, SECOND), (OTHER, SECOND_ON_OTHER)),
}


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill loses nothing that was written, so there is nothing to wait for."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def without_bytecode(found: dict[str, tuple[int, bytes]]) -> dict[str, tuple[int, bytes]]:
    return {path: one for path, one in found.items() if "__pycache__" not in path}


class Case:
    """One change of a tree, with what it starts and ends as."""

    def __init__(self, directory: Path, name: str) -> None:
        self.old_goal, self.goal = CHANGES[name]
        self.template = write_tree(directory / "template", ORIGINALS)
        (self.template / "pkg/driver.py").chmod(0o755)
        self.first = without_bytecode(snapshot(self.template))
        on_tree(self.template, *self.old_goal)
        self.root = directory / "tree"
        self.old = snapshot(self.template)
        self.renew()
        on_tree(self.root, *self.goal)
        self.new = snapshot(self.root)

    def renew(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.template, self.root, symlinks=True)

    def change(self) -> None:
        on_tree(self.root, *self.goal)

    def calls(self) -> list[str]:
        """What an undisturbed run calls."""
        self.renew()
        fault = Fault()
        with pytest.MonkeyPatch.context() as monkeypatch:
            fault.install(monkeypatch)
            self.change()
        return fault.calls

    def refusal(self, fault: Fault) -> PortError | None:
        """Change the tree with a fault; give the error, None when it was overcome."""
        with pytest.MonkeyPatch.context() as monkeypatch:
            fault.install(monkeypatch)
            try:
                self.change()
            except PortError as error:
                return error
        return None

    def require_old_or_new(self, *, is_tidy: bool = True) -> str:
        """Hold tree and state against each other; tidy means that no empty state is left."""
        is_new = snapshot(self.root) == self.new
        assert is_new or snapshot(self.root) == self.old
        on = self.goal if is_new else self.old_goal
        assert load_state(self.root).patches == tuple(one.applied for one in on)
        assert not is_pending(self.root)
        if is_tidy and not on:
            assert not (self.root / STATE_DIRECTORY).exists()
        return "new" if is_new else "old"

    def require_first_again(self) -> None:
        """Show that popping everything gives back the tree that no patch was on."""
        on_tree(self.root)
        assert without_bytecode(snapshot(self.root, with_state=True)) == self.first


@pytest.mark.parametrize("name", CHANGES)
def test_a_kill_at_any_write_ends_in_exactly_the_old_or_the_new_tree(
    tmp_path: Path, name: str
) -> None:
    case = Case(tmp_path, name)
    calls = case.calls()
    assert len(calls) > 20
    ends = set()
    for at, call in enumerate(calls, 1):
        for is_torn in (False, True) if call == "write" else (False,):
            case.renew()
            assert run_and_die(case.change, Fault(at, is_torn=is_torn))
            on_tree(case.root, *case.goal, dry_run=True)
            ends.add(case.require_old_or_new(is_tidy=False))
            case.change()
            assert case.require_old_or_new() == "new"
            case.require_first_again()
    assert ends == {"old", "new"}


@pytest.mark.parametrize("name", CHANGES)
def test_after_a_kill_at_any_write_all_can_be_popped_at_once(tmp_path: Path, name: str) -> None:
    case = Case(tmp_path, name)
    for at in range(1, len(case.calls()) + 1):
        case.renew()
        assert run_and_die(case.change, Fault(at))
        case.require_first_again()


def test_the_tree_is_new_as_soon_as_the_journal_has_its_name(tmp_path: Path) -> None:
    case = Case(tmp_path, "apply")
    instant = case.calls().index("rename") + 1
    for at, expected in ((instant, case.old), (instant + 1, case.new)):
        case.renew()
        assert run_and_die(case.change, Fault(at))
        assert is_pending(case.root)
        on_tree(case.root, *case.goal, dry_run=True)
        assert snapshot(case.root) == expected


@pytest.mark.parametrize("name", ["apply", "pop"])
def test_a_kill_while_recovering_is_recovered_from(tmp_path: Path, name: str) -> None:
    case = Case(tmp_path, name)
    instant = case.calls().index("rename") + 1
    for first in (instant + 1, instant + 6):
        case.renew()
        assert run_and_die(case.change, Fault(first))
        cut_off = tmp_path / f"cut-off-{first}"
        shutil.copytree(case.root, cut_off)
        at = 1
        while True:
            shutil.rmtree(case.root)
            shutil.copytree(cut_off, case.root)
            if not run_and_die(case.change, Fault(at)):
                break
            case.change()
            assert case.require_old_or_new() == "new"
            case.require_first_again()
            at += 1
        assert at > 10


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *((name, errno.ENOSPC) for name in CHANGES),
        ("apply", errno.EROFS),
        ("apply", errno.EIO),
        ("pop", errno.EIO),
    ],
)
def test_a_refused_write_leaves_the_old_tree_or_one_that_the_next_command_finishes(
    tmp_path: Path, name: str, code: int
) -> None:
    case = Case(tmp_path, name)
    calls = case.calls()
    instant = calls.index("rename") + 1
    for at in range(1, len(calls) + 1):
        case.renew()
        refusal = case.refusal(Fault(at, errno=code))
        if refusal is None:  # tidying up may be left out
            assert calls[at - 1] in ("rmdir", "unlink")
            assert files_of(snapshot(case.root)) == files_of(case.new)
        else:
            assert os.strerror(code).lower() in refusal.what
            assert refusal.where is not None
            assert (at <= instant) == ("recorded" not in str(refusal.hint))
        if at <= instant:
            assert snapshot(case.root) == case.old
            assert load_state(case.root).patches == tuple(p.applied for p in case.old_goal)
            assert (case.root / STATE_DIRECTORY).exists() == bool(case.old_goal)
        case.change()
        assert files_of(snapshot(case.root)) == files_of(case.new)
        on_tree(case.root)
        assert without_bytecode(files_of(snapshot(case.root, with_state=True))) == files_of(
            case.first
        )


def test_a_refusal_says_what_to_do(tmp_path: Path) -> None:
    case = Case(tmp_path, "apply")
    hints = {errno.ENOSPC: "free some space", errno.EROFS: "another place", errno.EACCES: "owner"}
    for code, hint in hints.items():
        case.renew()
        refusal = case.refusal(Fault(5, errno=code))
        assert refusal is not None
        assert refusal.what.startswith("cannot write: ")
        assert hint in str(refusal.hint)
