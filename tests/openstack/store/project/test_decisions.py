"""The file of decisions on disk: one writer at a time, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from freebsd_port.engine.core.review.decisions import DecisionError
from freebsd_port.engine.core.review.facts import Decision
from freebsd_port.engine.store.files.lock import BusyError
from freebsd_port.engine.store.files.write import WriteError
from freebsd_port.openstack.store.project.decisions import (
    Decisions,
    change_decisions,
    load_decisions,
)
from freebsd_port.openstack.store.project.project import Project


def decision(number: int) -> Decision:
    return Decision(
        *(f"{number:012x}", "0" * 32, "nova/a.patch", "nova/a.py", None),
        *("approved", "Jo", "2026-11-25", ""),  # type: ignore[arg-type]
    )


def test_no_file_is_no_decision(tmp_path: Path) -> None:
    assert load_decisions(Project(tmp_path)) == ()


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    assert change_decisions(Project(tmp_path), (), lambda before: before) == ()
    assert list(tmp_path.iterdir()) == []


def test_two_writers_both_get_through(tmp_path: Path) -> None:
    project = Project(tmp_path)
    inside, go = threading.Event(), threading.Event()

    def slow(before: Decisions) -> Decisions:
        inside.set()
        go.wait(60)
        return (*before, decision(1))

    first = threading.Thread(target=change_decisions, args=(project, (), slow))
    first.start()
    assert inside.wait(60)
    add = "import sys; sys.path[:0] = sys.argv[2:]\n" + (
        "from pathlib import Path\n"
        "from test_decisions import decision\n"
        "from freebsd_port.openstack.store.project.decisions import change_decisions\n"
        "from freebsd_port.openstack.store.project.project import Project\n"
        "print('ready', flush=True)\n"
        "change_decisions(Project(Path(sys.argv[1])), (), lambda one: (*one, decision(2)))\n"
    )
    here = Path(__file__).parent
    second = subprocess.Popen(
        [sys.executable, "-c", add, str(tmp_path), str(here), str(here.parents[3])],
        stdout=subprocess.PIPE,
    )
    assert second.stdout is not None
    assert second.stdout.readline() == b"ready\n"
    go.set()
    first.join(60)
    assert second.wait(60) == 0
    assert {one.hunk for one in load_decisions(project)} == {decision(1).hunk, decision(2).hunk}


def test_a_second_writer_gives_up_after_its_time(tmp_path: Path) -> None:
    project = Project(tmp_path)

    def nested(before: Decisions) -> Decisions:
        with pytest.raises(BusyError):
            change_decisions(project, (), lambda one: (*one, decision(2)), seconds=0.0)
        return (*before, decision(1))

    change_decisions(project, (), nested)
    assert load_decisions(project) == (decision(1),)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "decisions").mkdir()
    with pytest.raises(DecisionError, match="cannot be read: is a directory"):
        load_decisions(Project(tmp_path))


def test_a_refused_write_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    change_decisions(project, (), lambda before: (decision(1),))
    before = project.decisions.read_bytes()

    def refuse(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(WriteError, match="cannot write: no space left"):
        change_decisions(project, (), lambda one: (*one, decision(2)))
    assert project.decisions.read_bytes() == before
