"""Work in a copy of the process: the result comes back, and nothing else does."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from freebsd_port.engine.store import second_process
from freebsd_port.engine.store.second_process import working_beside
from freebsd_port.errors import PortError


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_process, "_count_processors", lambda: 2)


def test_the_result_of_another_process_comes_back() -> None:
    with working_beside(os.getpid) as ask:
        assert ask() != os.getpid()


def test_nothing_else_comes_back() -> None:
    known: list[int] = []
    with working_beside(lambda: known.append(1)) as ask:
        ask()
    assert known == []


def test_a_long_result_comes_back_whole() -> None:
    with working_beside(lambda: b"x" * 5_000_000) as ask:
        assert len(ask()) == 5_000_000


def test_what_the_work_raises_is_raised_here() -> None:
    def work() -> None:
        raise PortError("it cannot be done")

    with pytest.raises(PortError, match="it cannot be done"), working_beside(work) as ask:
        ask()


def test_work_whose_process_is_killed_is_done_here() -> None:
    here = os.getpid()

    def work() -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    with working_beside(work) as ask:
        assert ask() == here


def test_a_process_that_nobody_asks_is_ended(tmp_path: Path) -> None:
    begun = tmp_path / "begun"

    def work() -> None:
        begun.with_name("made").write_text(str(os.getpid()))
        begun.with_name("made").rename(begun)
        while True:
            signal.pause()

    with working_beside(work):
        while not begun.exists():
            time.sleep(0.01)
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)


def test_no_more_than_two_processes_work_at_a_time() -> None:
    def work() -> bool:
        with working_beside(os.getpid) as inner:
            return inner() == os.getpid()

    with working_beside(work) as ask, working_beside(os.getpid) as third:
        assert third() == os.getpid()
        assert ask()


def test_with_one_processor_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_process, "_count_processors", lambda: 1)
    with working_beside(os.getpid) as ask:
        assert ask() == os.getpid()
