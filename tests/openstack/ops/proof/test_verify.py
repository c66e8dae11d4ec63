"""Verifying a small patched project with a real pytest, in this interpreter."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from programs import needs
from small_project import GREET, LEAVE, PLATFORM, WHO, SmallProject, small_project

from freebsd_port.engine.ops.apply.apply import Distance, apply_series, push_patches
from freebsd_port.errors import ProblemsError
from freebsd_port.in_target import IN_TARGET
from freebsd_port.openstack.core.release.platform import ARM64, EMULATED, LINUX, NATIVE
from freebsd_port.openstack.ops.proof.proof_record import VerifyError
from freebsd_port.openstack.ops.proof.verify import Verification, verify_target
from freebsd_port.openstack.store.proof.checks import CheckError
from freebsd_port.openstack.store.proof.report import CheckRun

NATIVE_HARNESS = {
    "eventlet/__init__.py": "",
    "nova/utils.py": "def concurrency_mode_threading(): ...\n",
    "nova/tests/fixtures/nova.py": "def _bind_database_fixture_to_file_wal_sqlite(): ...\n",
}
"""What a nova that knows native threads has in the files that tell, and eventlet beside it."""

MARK = "import os, subprocess, sys\nimport pytest\npytestmark = pytest.mark.patch({!r})\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    return small_project(tmp_path, monkeypatch)


def push(project: SmallProject, name: str) -> None:
    push_patches(project.workspace(), Distance(name=name))


def verify(
    project: SmallProject,
    *,
    again: bool = True,
    every_line: bool = False,
    with_long: bool = False,
    timeout_seconds: float = 120,
) -> Verification:
    return verify_target(
        project.project,
        project.workspace(),
        platforms=(PLATFORM,),
        again=again,
        every_line=every_line,
        with_long=with_long,
        timeout_seconds=timeout_seconds,
        progress=lambda message: None,
    )


def save_check(project: SmallProject, text: str, patch: str = WHO) -> None:
    """Let this be the only check of oslo.privsep."""
    project.save_check("oslo_privsep/test_who_am_i.py", MARK.format(patch) + text)


def test_passing_checks_prove_every_hunk(project: SmallProject) -> None:
    apply_series(project.workspace())
    found = verify(project)
    assert found.is_good
    assert {run.distribution: run.passed for run in found.runs} == {"nova": 2, "oslo_privsep": 1}
    assert [(h.hunk.patch, h.hunk.added, h.missed) for h in found.hunks] == [
        (WHO, (2,), ()),
        (GREET, (3,), ()),
        (LEAVE, (2,), ()),
        (LEAVE, (23,), ()),
    ]
    assert found.hunks[0].checks == ("test_who_am_i.test_who",)


def test_a_line_names_every_check_that_ran_it_and_no_check_that_did_not(
    project: SmallProject,
) -> None:
    push(project, WHO)
    save_check(
        project,
        "from oslo_privsep import who\n"
        "def test_first():\n    who.who()\n"
        "class TestSecond:\n"
        "    @pytest.mark.parametrize('number', [1, 2])\n"
        "    def test_again(self, number):\n        who.who()\n"
        "def test_other():\n    pass\n",
    )
    found = verify(project)
    assert [hunk.checks for hunk in found.hunks] == [
        ("test_who_am_i.TestSecond.test_again", "test_who_am_i.test_first")
    ]


def test_a_long_check_is_run_where_long_ones_are_asked_for(project: SmallProject) -> None:
    push(project, WHO)
    save_check(
        project, "def test_quick():\n    pass\n@pytest.mark.long\ndef test_slow():\n    pass\n"
    )
    assert [run.passed for run in verify(project).runs] == [1]
    assert [run.passed for run in verify(project, with_long=True).runs] == [2]


def test_only_the_checks_of_patches_that_are_on_are_run(project: SmallProject) -> None:
    push(project, GREET)
    found = verify(project)
    assert found.is_good
    assert {run.distribution: dict(run.patches) for run in found.runs} == {
        "nova": {GREET: (1, 0)},
        "oslo_privsep": {WHO: (1, 0)},
    }


def test_a_directory_of_which_no_check_is_for_these_patches_is_fine(project: SmallProject) -> None:
    project.save_check(
        "oslo_privsep/test_later.py", MARK.format(LEAVE) + "def test_later():\n    assert False\n"
    )
    push(project, GREET)
    (project.checks / "nova/test_greet_loudly.py").unlink()
    found = verify(project)
    assert found.is_good
    assert [run.distribution for run in found.runs if run.is_empty] == ["nova"]
    assert [h.hunk.patch for h in found.hunks if not h.is_run] == [GREET]


def verify_patches(project: SmallProject, *patches: str) -> Verification:
    return verify_target(
        project.project,
        project.workspace(),
        platforms=(PLATFORM,),
        patches=patches,
        timeout_seconds=120,
        progress=lambda message: None,
    )


def test_only_the_checks_of_the_named_patches_are_run_and_no_proof_is_kept(
    project: SmallProject,
) -> None:
    apply_series(project.workspace())
    found = verify_patches(project, "leave-politely", WHO)
    assert found.is_good
    assert {run.distribution: dict(run.patches) for run in found.runs} == {
        "nova": {LEAVE: (1, 0)},
        "oslo_privsep": {WHO: (1, 0)},
    }
    assert [covered.hunk.patch for covered in found.hunks] == [WHO, LEAVE, LEAVE]
    assert [report.patch for report in found.patches] == [WHO, LEAVE]
    assert verify(project, again=False).known is None


def test_a_check_of_another_distribution_is_found_by_the_name_of_the_patch(
    project: SmallProject,
) -> None:
    project.save_check("nova/test_also.py", MARK.format(WHO) + "def test_also():\n    pass\n")
    apply_series(project.workspace())
    runs = verify_patches(project, WHO).runs
    assert {run.distribution: dict(run.patches) for run in runs} == {
        "nova": {WHO: (1, 0)},
        "oslo_privsep": {WHO: (1, 0)},
    }


def test_a_patch_that_is_not_applied_or_has_no_check_is_not_proved(project: SmallProject) -> None:
    push(project, GREET)
    with pytest.raises(VerifyError, match=f"{LEAVE} is not applied") as caught:
        verify_patches(project, WHO, LEAVE)
    assert caught.value.hint == f"freebsd-port push {LEAVE}"
    (project.checks / "nova/test_greet_loudly.py").unlink()
    found = verify_patches(project, WHO, GREET)
    assert (found.is_good, found.unproved) == (False, (GREET,))


def test_every_check_is_a_case_with_its_time(project: SmallProject) -> None:
    save_check(
        project,
        "def test_good():\n    pass\ndef test_bad():\n    raise LookupError('nobody')\n"
        "def test_not():\n    pytest.skip('not here')\n",
    )
    push(project, WHO)
    (run,) = verify(project).runs
    assert [(case.check, case.outcome, case.message) for case in run.cases] == [
        ("test_who_am_i::test_good", "passed", ""),
        ("test_who_am_i::test_bad", "failed", "LookupError: nobody"),
        ("test_who_am_i::test_not", "skipped", "not here"),
    ]


def test_nothing_is_proved_when_no_check_ran(project: SmallProject) -> None:
    push(project, WHO)
    (project.checks / "oslo_privsep/test_who_am_i.py").unlink()
    assert not verify(project).is_good


def test_a_failing_check_is_named_with_its_message(project: SmallProject) -> None:
    save_check(project, "def test_who():\n    raise LookupError('nobody here')\n")
    push(project, WHO)
    found = verify(project)
    assert not found.is_good
    (failure,) = found.runs[0].failures
    assert failure.check == "test_who_am_i::test_who"
    assert failure.message == "LookupError: nobody here"
    assert found.runs[0].patches == {WHO: (0, 1)}


def test_a_hunk_that_no_check_ran_is_named(project: SmallProject) -> None:
    save_check(project, "def test_import():\n    from oslo_privsep import who\n")
    push(project, WHO)
    found = verify(project)
    assert found.is_good
    assert [(h.hunk.patch, h.is_run, h.missed) for h in found.hunks] == [(WHO, False, (2,))]


def test_lines_that_only_a_fork_ran_are_seen(project: SmallProject) -> None:
    text = """
def test_fork():
    from oslo_privsep import who
    child = os.fork()
    if child == 0:
        who.who()
        os._exit(0)
    assert os.waitpid(child, 0) == (child, 0)
"""
    save_check(project, text)
    push(project, WHO)
    assert [h.is_run for h in verify(project).hunks] == [True]


def test_a_skip_is_shown_and_alone_proves_nothing(project: SmallProject) -> None:
    save_check(project, "def test_skip():\n    pytest.skip('no broker here')\n")
    push(project, WHO)
    found = verify(project)
    assert [skip.message for skip in found.runs[0].skipped] == ["no broker here"]
    assert not found.is_good


def verify_lives(project: SmallProject, text: str) -> tuple[Verification, list[CheckRun]]:
    """Verify on all platforms with these lives of guests; give also what came of the lives."""
    project.save_check("lives/test_life.py", MARK.format(GREET) + text)
    apply_series(project.workspace())
    platforms = (*EMULATED, LINUX) if PLATFORM == LINUX else (NATIVE,)
    found = verify_target(
        project.project, project.workspace(), platforms=platforms, progress=lambda message: None
    )
    return found, [run for run in found.runs if run.distribution == "lives"]


@pytest.mark.skipif(PLATFORM != LINUX, reason="there is nothing to emulate but on Linux")
def test_on_an_emulated_arm64_the_checks_of_nova_are_run_and_no_others(
    project: SmallProject,
) -> None:
    apply_series(project.workspace())
    found = verify_target(
        project.project, project.workspace(), platforms=(ARM64,), progress=lambda message: None
    )
    assert {run.distribution: run.platform for run in found.runs} == {"nova": ARM64}


def test_the_lives_of_guests_run_on_the_newest_platform_only(project: SmallProject) -> None:
    found, (lives,) = verify_lives(
        project, "def test_life():\n    from nova import greet\n    assert greet.leave()\n"
    )
    assert found.is_good
    assert (lives.platform, lives.passed) == (EMULATED[-1] if PLATFORM == LINUX else NATIVE, 1)
    assert "nova/greet.py" in lives.executed
    assert any("test_life.test_life" in hunk.checks for hunk in found.hunks)


def test_lives_that_lack_what_they_need_are_skipped_with_the_cause(project: SmallProject) -> None:
    text = "pytest.skip('lives need testtools', allow_module_level=True)\n"
    found, (lives,) = verify_lives(project, text)
    assert found.is_good
    assert [skip.message for skip in lives.skipped] == ["lives need testtools"]


def test_a_life_that_fails_is_a_failure(project: SmallProject) -> None:
    found, (lives,) = verify_lives(project, "def test_life():\n    assert False\n")
    assert not found.is_good
    assert len(lives.failures) == 1


def test_threads_that_end_by_the_hundred_are_measured_without_a_hang(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--limit=60")
    for path, text in NATIVE_HARNESS.items():
        (project.packages / path).parent.mkdir(parents=True, exist_ok=True)
        (project.packages / path).write_text(text)
    text = """
import threading
from nova import greet

def start_some():
    for _ in range(500):
        thread = threading.Thread(target=greet.leave)
        thread.start()
        thread.join()

def test_life():
    sys.setswitchinterval(1e-6)
    starters = [threading.Thread(target=start_some) for _ in range(4)]
    for starter in starters:
        starter.start()
    while any(starter.is_alive() for starter in starters):
        greet.leave()
"""
    found, (lives,) = verify_lives(project, text)
    assert found.is_good
    assert "nova/greet.py" in lives.executed


@needs("ps")
def test_a_daemon_left_behind_does_not_hold_the_run_and_is_ended(
    project: SmallProject, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    text = f"""
def test_daemon():
    from oslo_privsep import who
    who.who()
    daemon = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    open({str(note)!r}, "w").write(str(daemon.pid))
"""
    save_check(project, text)
    push(project, WHO)
    assert verify(project).is_good
    assert is_gone(int(note.read_text()))


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody reaps yet has, too."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()[:1] in ("", "Z")


def test_checks_that_hang_are_ended_and_named(project: SmallProject) -> None:
    save_check(project, "import signal\ndef test_hang():\n    signal.pause()\n")
    push(project, WHO)
    with pytest.raises(ProblemsError) as caught:
        verify(project, timeout_seconds=2)
    (problem,) = caught.value.problems
    assert isinstance(problem, CheckError)
    assert problem.what.startswith("the checks did not end within 2 seconds")
    assert problem.where == str(project.checks / "oslo_privsep")


def test_a_check_beyond_its_limit_is_named_with_where_it_stands(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
import signal
def wait_for_ever():
    signal.pause()
class TestLife:
    def test_before(self):
        pass
    def test_hang(self):
        wait_for_ever()
"""
    save_check(project, text)
    push(project, WHO)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--limit=1")
    with pytest.raises(ProblemsError) as caught:
        verify(project)
    (problem,) = caught.value.problems
    assert isinstance(problem, CheckError)
    assert problem.what.startswith(
        f"the checks on {PLATFORM} hung: test_who_am_i.py::TestLife::test_hang "
        "did not go on within 0:00:01, "
        "stood at test_who_am_i.py:7 in wait_for_ever / test_who_am_i.py:12 in test_hang / "
    )
    assert problem.where == str(project.checks / "oslo_privsep")


def test_checks_that_passed_and_whose_process_does_not_end_are_an_error(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
import signal, threading
def test_leave_a_thread():
    threading.Thread(target=signal.pause).start()
"""
    save_check(project, text)
    push(project, WHO)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--limit=1")
    with pytest.raises(ProblemsError) as caught:
        verify(project)
    assert "hung: pytest itself did not go on within 0:00:01" in caught.value.problems[0].what


def test_a_fork_ends_like_any_process_though_it_has_no_clock_to_stop(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
import ctypes
def test_fork():
    from oslo_privsep import who
    who.who()
    child = os.fork()
    if child == 0:
        ctypes.pythonapi.Py_Exit(0)
    assert os.waitpid(child, 0) == (child, 0)
"""
    save_check(project, text)
    push(project, WHO)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--limit=20")
    assert verify(project).is_good


@needs("ps")
def test_an_interrupt_ends_the_checks_at_once(project: SmallProject, tmp_path: Path) -> None:
    fifo = tmp_path / "started"
    os.mkfifo(fifo)
    text = f"""
import signal
def test_hang():
    open({str(fifo)!r}, "w").write(str(os.getpid()))
    signal.pause()
"""
    save_check(project, text)
    push(project, WHO)
    command = [sys.executable, "-m", "freebsd_port", "verify", "--platform", PLATFORM]
    process = subprocess.Popen(
        [*command, "--project", str(project.root)], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    pid = int(fifo.read_text())
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert is_gone(pid)


def test_checks_that_pytest_cannot_run_are_an_error_for_each_distribution(
    project: SmallProject,
) -> None:
    for name in ("nova/test_greet_loudly.py", "oslo_privsep/test_who_am_i.py"):
        project.save_check(name, "def test_without_a_patch():\n    pass\n")
    apply_series(project.workspace())
    with pytest.raises(ProblemsError) as caught:
        verify(project)
    assert [str(p.what).partition(" on ")[0] for p in caught.value.problems] == [
        "pytest could not run the checks of oslo_privsep",
        "pytest could not run the checks of nova",
    ]


def test_what_was_proved_is_not_proved_again_until_a_check_or_the_state_changes(
    project: SmallProject,
) -> None:
    push(project, WHO)
    assert verify(project, again=False).known is None
    assert verify(project, again=False).known is not None
    check = project.checks / "oslo_privsep/test_who_am_i.py"
    check.write_text(check.read_text() + "# changed\n")
    assert verify(project, again=False).known is None
    push(project, GREET)
    assert verify(project, again=False).known is None
    assert verify(project, again=False).known is not None


def test_a_proof_without_every_line_is_no_proof_of_every_line(project: SmallProject) -> None:
    push(project, WHO)
    assert verify(project, again=False).has_every_line
    known = verify(project, again=False, every_line=True)
    assert (known.known is not None, known.has_every_line) == (True, True)
    save_check(project, "def test_nothing():\n    pass\n")
    assert verify(project, again=False).is_good
    found = verify(project, again=False, every_line=True)
    assert (found.known, found.has_every_line) == (None, False)


def test_a_changed_emulation_asks_for_another_run(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(project, WHO)
    assert verify(project, again=False).known is None
    changed = tmp_path / "in_target"
    shutil.copytree(IN_TARGET, changed)
    (changed / "emulation/kernel.py").write_text("# changed\n")
    monkeypatch.setattr("freebsd_port.openstack.ops.proof.verify.IN_TARGET", changed)
    assert verify(project, again=False).known is None


def test_a_verification_that_failed_is_not_kept(project: SmallProject) -> None:
    save_check(project, "def test_who():\n    assert False\n")
    push(project, WHO)
    verify(project)
    assert verify(project, again=False).known is None


def test_nothing_can_be_verified_before_a_patch_is_on(project: SmallProject) -> None:
    with pytest.raises(VerifyError, match="no patch is applied"):
        verify(project)


def test_every_file_that_is_not_as_the_series_left_it_is_named(project: SmallProject) -> None:
    apply_series(project.workspace())
    for name in ("nova/greet.py", "oslo_privsep/who.py"):
        (project.packages / name).write_text("mine\n")
    with pytest.raises(ProblemsError) as caught:
        verify(project)
    assert [str(p.what).partition(" ")[0] for p in caught.value.problems] == [
        "nova/greet.py",
        "oslo_privsep/who.py",
    ]


def test_a_patch_that_changed_since_it_was_applied_is_named(project: SmallProject) -> None:
    apply_series(project.workspace())
    patch = project.patch(GREET)
    patch.write_bytes(b"More-Said: yes\n" + patch.read_bytes())
    with pytest.raises(VerifyError, match=f"{GREET} changed since it was applied"):
        verify(project)
