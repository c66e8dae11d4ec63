"""A rebase that is killed at any write: taken up again or aborted, as if nothing had been."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest
from faults import Fault, run_and_die
from rebase_project import (
    CLASHING,
    MERGED,
    SETTINGS,
    UPSTREAMED,
    RebaseProject,
    rebase_project,
    rebasing,
)
from small_project import GREET, WHO_TEXT

from freebsd_port.engine.ops.rebase import flow
from freebsd_port.errors import PortError
from freebsd_port.openstack.ops.rebase import rebase as ops

BOTH = UPSTREAMED.replace("\n\n\ndef leave", "\n\n# the last one\n\ndef leave")
"""Has one patch, and needs another text for the next."""

FINISHED = CLASHING.replace("f'hello {name}'", "f'HELLO {name}'")


class Copies:
    """Copies of a project on which actions are killed."""

    def __init__(self, made: RebaseProject) -> None:
        self.made = made
        self.kept = made.root.with_name("kept")
        shutil.copytree(made.root, self.kept, symlinks=True)

    def renew(self) -> RebaseProject:
        """Give the project as it was."""
        shutil.rmtree(self.made.root)
        shutil.copytree(self.kept, self.made.root, symlinks=True)
        return self.made

    def count(self, action: Callable[[], object]) -> int:
        """Count the calls that write when nothing goes wrong."""
        fault = Fault()
        with pytest.MonkeyPatch.context() as patch:
            fault.install(patch)
            action()
        return len(fault.calls)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RebaseProject:
    return rebase_project(tmp_path, monkeypatch)


def start(project: RebaseProject, new: str) -> ops.Rebased:
    return ops.start_rebase(project.project, new, None, SETTINGS)


def go_on(project: RebaseProject) -> ops.Rebased:
    return flow.continue_rebase(rebasing(project))


def abort_if_begun(project: RebaseProject) -> None:
    if flow.read_rebase(project.root):
        flow.abort_rebase(rebasing(project))


@pytest.mark.parametrize("release", ["2026.1", pytest.param("2027.1", marks=pytest.mark.long)])
def test_a_clean_rebase_killed_at_any_write_is_finished_by_the_same_command_or_aborted(
    project: RebaseProject, release: str
) -> None:
    project.add_release(release, BOTH, who=f"import os\n\n\n{WHO_TEXT}")
    before, newest = project.bytes(), project.texts("2026.2")
    copies = Copies(project)
    calls = copies.count(lambda: start(project, release))
    after = project.bytes()
    assert after != before
    for at in range(1, calls + 1):
        copies.renew()
        assert run_and_die(lambda: start(project, release), Fault(at))
        assert project.texts("2026.2") == newest
        assert set(project.bytes()) <= {*before, *after}
        if at % 2:
            start(project, release)
            assert project.bytes() == after
        else:
            abort_if_begun(project)
            assert project.bytes() in (before, after)
        assert not (project.root / ".rebase").exists() or not at % 2
        start(project, release)
        assert project.bytes() == after
        assert not (project.root / ".rebase").exists()


def test_a_rebase_killed_on_its_way_to_a_conflict_comes_to_it_again_or_is_aborted(
    project: RebaseProject,
) -> None:
    project.add_release("2027.1", CLASHING, who=f"import os\n\n\n{WHO_TEXT}")
    before = project.bytes()
    copies = Copies(project)
    calls = copies.count(lambda: start(project, "2027.1"))
    stopped, marked = project.bytes(), project.work("2027.1").read_bytes()
    for at in range(1, calls + 1):
        copies.renew()
        assert run_and_die(lambda: start(project, "2027.1"), Fault(at))
        if at % 2:
            start(project, "2027.1")
            assert (project.bytes(), project.work("2027.1").read_bytes()) == (stopped, marked)
        abort_if_begun(project)
        assert project.bytes() == before


@pytest.mark.long
def test_continue_killed_at_any_write_is_continued_or_aborted(project: RebaseProject) -> None:
    project.add_release("2027.1", CLASHING, who=f"import os\n\n\n{WHO_TEXT}")
    before = project.bytes()
    start(project, "2027.1")
    project.finish("2027.1", FINISHED)
    copies = Copies(project)
    calls = copies.count(lambda: go_on(project))
    after, marked = project.bytes(), project.work("2027.1").read_bytes()
    for at in range(1, calls + 1):
        copies.renew()
        assert run_and_die(lambda: go_on(project), Fault(at))
        if at % 2:
            found = flow.read_rebase(project.root)
            assert found is not None
            if found[0].stopped in (GREET, None):
                go_on(project)
            assert (project.bytes(), project.work("2027.1").read_bytes()) == (after, marked)
        flow.abort_rebase(rebasing(project))
        assert project.bytes() == before


def test_an_abort_killed_at_any_write_is_aborted_again(project: RebaseProject) -> None:
    project.add_release("2027.1", CLASHING, who=f"import os\n\n\n{WHO_TEXT}")
    before = project.bytes()
    start(project, "2027.1")
    project.finish("2027.1", FINISHED)
    go_on(project)
    copies = Copies(project)
    for at in range(1, copies.count(lambda: flow.abort_rebase(rebasing(project))) + 1):
        copies.renew()
        assert run_and_die(lambda: flow.abort_rebase(rebasing(project)), Fault(at))
        abort_if_begun(project)
        assert project.bytes() == before
        start(project, "2027.1")


def test_a_write_that_the_system_refuses_is_told_and_the_same_command_goes_on(
    project: RebaseProject,
) -> None:
    project.add_release("2027.1", BOTH, who=f"import os\n\n\n{WHO_TEXT}")
    copies = Copies(project)
    calls = copies.count(lambda: start(project, "2027.1"))
    for at in range(1, calls + 1, 3):
        copies.renew()
        with pytest.MonkeyPatch.context() as patch:
            Fault(at, errno.ENOSPC).install(patch)
            told = said_of(lambda: start(project, "2027.1"))
        assert told is None or "no space left" in told
        start(project, "2027.1")
        assert project.problems() == []
        assert not (project.root / ".rebase").exists()


def said_of(action: Callable[[], object]) -> str | None:
    """Give what an action fails with, None when it does not."""
    try:
        action()
    except PortError as error:
        return error.what
    return None


def test_a_rebase_waits_for_another_and_then_finds_its_work_done(project: RebaseProject) -> None:
    project.add_release("2026.1", MERGED)
    context = get_context("fork")
    processes = [context.Process(target=start, args=(project, "2026.1")) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert project.problems() == []
    assert not (project.root / ".rebase").exists()
