"""Real kills at random times: the next command always finds the old or the new tree."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from itertools import cycle
from pathlib import Path

import pytest
from small_overlay import numbered, on_tree, patch, snapshot, write_tree

from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.engine.store.overlay.state import is_pending, load_state

KILLS = 200
NAMES = [f"pkg/module{number}.py" for number in range(5)]
SERIES = (
    patch("first.patch", {name: (numbered(), numbered(2)) for name in NAMES}),
    patch("second.patch", {"pkg/new/module.py": (None, b"one\n"), "gone": (b"one\n", None)}),
)


def work_until_killed(root: Path, started: int) -> None:
    """Put the series on and take it off, for ever."""
    on = bool(load_state(root).patches)
    os.write(started, b".")
    for goal in cycle([(), SERIES] if on else [SERIES, ()]):
        on_tree(root, *goal)


def kill_after(root: Path, seconds: float) -> None:
    """Start a process that works on the tree, and kill it that long after it began."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work_until_killed(root, writing)
        finally:
            os._exit(3)
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.long
def test_two_hundred_kills_at_random_times_leave_the_old_or_the_new_tree(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {**dict.fromkeys(NAMES, numbered()), "gone": b"one\n"})
    pristine = snapshot(root)
    began = time.monotonic()
    on_tree(root, *SERIES)
    patched = snapshot(root)
    on_tree(root)
    seconds = time.monotonic() - began
    seed = random.randrange(2**32)
    print(f"seed {seed}, {seconds:.4f} s for an apply and a pop")
    chance = random.Random(seed)
    cut_off = 0
    for number in range(KILLS):
        kill_after(root, chance.uniform(0, 2 * seconds))
        cut_off += is_pending(root)
        on_tree(root, *chance.choice([(), SERIES]), dry_run=True)
        assert not is_pending(root)
        on = load_state(root).patches
        assert on in ((), tuple(one.applied for one in SERIES))
        assert snapshot(root) == (patched if on else pristine), f"kill {number}, seed {seed}"
    print(f"{cut_off} of {KILLS} kills struck inside a change")
    assert cut_off > 0
    on_tree(root)
    assert snapshot(root, with_state=True) == pristine
    assert not (root / STATE_DIRECTORY).exists()
    shutil.rmtree(root)
