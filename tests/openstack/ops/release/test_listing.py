"""Listing releases with what is on this machine."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from made_wheel import make_pins, save_release

from freebsd_port.openstack.ops.release.listing import list_releases
from freebsd_port.openstack.store.project.project import Project, find_project
from freebsd_port.openstack.store.python.environment import Mark, save_mark


@pytest.fixture
def project(tmp_path: Path) -> Project:
    pins = make_pins(tmp_path / "index")
    save_release(tmp_path, "xena", pins, python=">=3.98,<3.99")
    save_release(tmp_path, "2026.2", pins)
    return Project(tmp_path)


def mark_of(
    project: Project, state: str = "ready", release: str = "2026.2", role: str = "compute"
) -> Mark:
    lock = project.requirements("2026.2").read_bytes()
    return Mark(release, hashlib.sha256(lock).hexdigest(), state, role)  # type: ignore[arg-type]


def state_of(project: Project) -> str:
    return list_releases(project)[-1].roles[0].environment_state


def test_releases_come_oldest_first_with_the_default_marked(project: Project) -> None:
    listed = list_releases(project)
    assert [(one.release.name, one.is_default) for one in listed] == [
        ("xena", False),
        ("2026.2", True),
    ]


def test_a_release_whose_python_is_missing_says_so(project: Project) -> None:
    assert [one.roles[0].has_python for one in list_releases(project)] == [False, True]


def test_an_environment_is_none_then_ready_then_outdated(project: Project) -> None:
    assert state_of(project) == "none"
    root = project.environment("2026.2")
    root.mkdir(parents=True)
    save_mark(root, mark_of(project))
    assert state_of(project) == "ready"
    project.requirements("2026.2").write_text("# changed\n")
    assert state_of(project) == "outdated"
    project.requirements("2026.2").unlink()
    assert state_of(project) == "outdated"


def test_an_environment_is_told_from_what_only_stands_in_its_place(project: Project) -> None:
    root = project.environment("2026.2")
    root.mkdir(parents=True)
    assert state_of(project) == "not ours"
    save_mark(root, mark_of(project, release="xena"))
    assert state_of(project) == "not ours"
    save_mark(root, mark_of(project, role="control"))
    assert state_of(project) == "not ours"
    save_mark(root, mark_of(project, state="unfinished"))
    assert state_of(project) == "unfinished"


def test_locks_are_told_by_their_files(project: Project) -> None:
    project.requirements("xena").unlink()
    project.series_lock("2026.2").write_text("")
    listed = list_releases(project)
    assert [(one.roles[0].is_locked, one.has_series_lock) for one in listed] == [
        (False, False),
        (True, True),
    ]


def test_every_release_of_the_checkout_is_locked() -> None:
    listed = list_releases(find_project())
    roles = [role for one in listed for role in one.roles]
    assert [role.release.label for role in roles if not role.is_locked] == []
    assert len(listed) >= 6
    assert {"2026.2", "2026.2 control", "2026.2 all"} <= {role.release.label for role in roles}
