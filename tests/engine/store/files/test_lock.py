"""The lock of a tree: who waits, who gives up, and what a killed holder leaves."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_overlay import numbered, on_tree, patch, snapshot, write_tree

from freebsd_port.engine.store.files.lock import BusyError, UnlockableError, locked
from freebsd_port.engine.store.overlay import journal

SERIES = (patch("first.patch", {"a.py": (numbered(), numbered(2))}),)


def start(action: Callable[[], object]) -> int:
    """Run in a process of its own; its status is 0 when the action ends well."""
    child = os.fork()
    if child == 0:
        status = 3
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return child


def status_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_of_two_applies_at_once_one_waits_and_both_end_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": numbered()})
    holds, go_on = os.pipe(), os.pipe()
    commit, sleep = journal.commit, time.sleep

    def slow_commit(*arguments: object) -> None:
        os.close(go_on[1])
        os.write(holds[1], b".")
        os.read(go_on[0], 1)
        commit(*arguments)  # type: ignore[arg-type]

    def loud_sleep(seconds: float) -> None:
        os.write(waits[1], b".")
        sleep(seconds)

    with monkeypatch.context() as patched:
        patched.setattr(journal, "commit", slow_commit)
        first = start(lambda: on_tree(root, *SERIES))
    assert os.read(holds[0], 1) == b"."
    waits = os.pipe()
    with monkeypatch.context() as patched:
        patched.setattr(time, "sleep", loud_sleep)
        second = start(lambda: on_tree(root, *SERIES))
    os.close(waits[1])  # so that the next line fails, not hangs, if the second does not wait
    assert os.read(waits[0], 1) == b"."
    assert snapshot(root)["a.py"][1] == numbered()
    os.write(go_on[1], b".")
    assert (status_of(first), status_of(second)) == (0, 0)
    assert snapshot(root)["a.py"][1] == numbered(2)


def test_who_waits_too_long_is_told_to_come_again(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(BusyError) as caught, locked(tmp_path, seconds=0):
        pass
    assert caught.value.where == str(tmp_path)
    assert "run the same command again" in str(caught.value.hint)


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    holds = os.pipe()

    def hold() -> None:
        with locked(tmp_path):
            os.write(holds[1], b".")
            signal.pause()

    child = start(hold)
    assert os.read(holds[0], 1) == b"."
    with pytest.raises(BusyError), locked(tmp_path, seconds=0):
        pass
    os.kill(child, signal.SIGKILL)
    assert status_of(child) == -signal.SIGKILL
    with locked(tmp_path, seconds=0):
        assert list(tmp_path.iterdir()) == []


def test_a_tree_made_anew_while_waiting_is_the_one_that_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    holder = os.open(root, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)

    def make_anew(_: float) -> None:
        root.rename(tmp_path / "removed")
        root.mkdir()
        os.close(holder)

    monkeypatch.setattr(time, "sleep", make_anew)
    with locked(root), pytest.raises(BusyError), locked(root, seconds=-1):
        pass


@pytest.mark.parametrize("code", [errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(UnlockableError, match="no locks") as caught, locked(tmp_path):
        pass
    assert "local file system" in str(caught.value.hint)


def test_a_tree_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnlockableError, match="cannot be opened") as caught:
        on_tree(tmp_path / "absent", *SERIES)
    assert caught.value.where == str(tmp_path / "absent")
