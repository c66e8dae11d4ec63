"""What `verify` measured of each hunk is there for a review, as long as it is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import GREET, LEAVE, PLATFORM, WHO, SmallProject, small_project

from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.engine.ops.apply.apply import Distance, apply_series, pop_patches, push_patches
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.openstack.ops.proof.proof_record import HunkChecks, find_hunk_checks
from freebsd_port.openstack.ops.proof.verify import Verification, verify_target


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    return small_project(tmp_path, monkeypatch)


def verify(project: SmallProject) -> Verification:
    return verify_target(
        project.project,
        project.workspace(),
        platforms=(PLATFORM,),
        progress=lambda message: None,
    )


def found(project: SmallProject) -> dict[tuple[str, str, int], HunkChecks]:
    return dict(find_hunk_checks(project.packages, load_state(project.packages)))


def note(project: SmallProject) -> Path:
    return project.packages / STATE_DIRECTORY / "hunks.json"


def test_the_checks_that_ran_a_hunk_are_kept_with_how_they_ran(project: SmallProject) -> None:
    apply_series(project.workspace())
    assert found(project) == {}
    assert verify(project).is_good
    assert found(project) == {
        (WHO, "oslo_privsep/who.py", 1): HunkChecks(("test_who_am_i.test_who",), (), ("native",)),
        (GREET, "nova/greet.py", 1): HunkChecks(("test_greet_loudly.test_greet",), (), ("native",)),
        (LEAVE, "nova/greet.py", 1): HunkChecks(("test_greet_loudly.test_greet",), (), ("native",)),
        (LEAVE, "nova/greet.py", 2): HunkChecks(
            ("test_leave_politely.test_leave",), (), ("native",)
        ),
    }


def test_the_lines_that_no_check_ran_are_kept_as_text(project: SmallProject) -> None:
    project.save_check(
        "nova/test_leave_politely.py",
        f'import pytest\npytestmark = pytest.mark.patch("{LEAVE}")\ndef test_it():\n    pass\n',
    )
    apply_series(project.workspace())
    assert verify(project).is_good
    assert found(project)[LEAVE, "nova/greet.py", 2] == HunkChecks((), ("return 'goodbye'",))


def test_nothing_is_known_of_another_state_and_the_next_run_forgets(project: SmallProject) -> None:
    apply_series(project.workspace())
    verify(project)
    pop_patches(project.workspace(), Distance(count=1))
    assert note(project).exists()
    assert found(project) == {}
    project.save_check(
        "oslo_privsep/test_who_am_i.py",
        f'import pytest\npytestmark = pytest.mark.patch("{WHO}")\ndef test_it():\n    assert 0\n',
    )
    assert not verify(project).is_good
    assert not note(project).exists()
    push_patches(project.workspace(), Distance(count=1))
    assert found(project) == {}


def test_nothing_is_left_of_it_when_no_patch_is_on(project: SmallProject) -> None:
    apply_series(project.workspace())
    verify(project)
    assert note(project).exists()
    pop_patches(project.workspace(), Distance(is_all=True))
    assert not note(project).parent.exists()


@pytest.mark.parametrize("text", ["", "[]", '{"state": 1}', "{"])
def test_a_damaged_note_is_no_knowledge(project: SmallProject, text: str) -> None:
    apply_series(project.workspace())
    verify(project)
    note(project).write_text(text)
    assert found(project) == {}
