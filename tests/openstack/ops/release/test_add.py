"""Adding a release, and moving the pins of one, from a small index: all of it or nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from made_wheel import make_pins, make_wheel, save_index, save_release

from freebsd_port.errors import PortError, ProblemsError, UsageError
from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS, ReleaseError
from freebsd_port.openstack.ops.release.add import AddedRelease, Constraints, Wishes, add_release
from freebsd_port.openstack.ops.release.requirements_lock import check_lock, lock_release
from freebsd_port.openstack.store.project import staged_release
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.index import PackageIndexError

OWN = f"3.{sys.version_info.minor}"
NEW = dict.fromkeys(PATCHED_DISTRIBUTIONS, "2.0")
CONSTRAINTS = Constraints(b"helper===1.0\noslo.privsep===2.0\nlibvirt-python===11\n", "uc.txt")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A locked release that pins 1.0 of everything; the index has more, and `helper`."""
    files = tmp_path / "files"
    pins = make_pins(files, "1.0")
    for version in ("1.1", "2.0"):
        for name in PATCHED_DISTRIBUTIONS:
            make_wheel(files, name, version, requires=["helper"] if name == "nova" else [])
    for version in ("1.0", "9.0"):
        make_wheel(files, "helper", version)
    save_index(files, tmp_path / "index")
    root = tmp_path / "project"
    save_release(root, "2026.2", pins, python=f"=={OWN}.*")
    directory = root / "releases/2026.2"
    (directory / "upper-constraints.txt").write_text("helper===1.0\n")
    wanted = directory / "requirements.in"
    wanted.write_text(f"-c upper-constraints.txt\n\n{wanted.read_text()}")
    (directory / "series.lock").write_text("# the series is here\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    lock_release(Project(root), Project(root).load_release())
    return Project(root)


def add(project: Project, name: str, wishes: Wishes) -> AddedRelease:
    return add_release(project, name, wishes, lambda message: None)


def content(project: Project) -> Mapping[str, bytes]:
    return {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file()
    }


def test_a_new_release_has_its_pins_its_constraints_and_a_lock_that_agrees(
    project: Project,
) -> None:
    before = content(project)
    versions = {name: v for name, v in NEW.items() if name != "oslo.privsep"}
    done = add(project, "2027.1", Wishes(versions, codename="New", constraints=CONSTRAINTS))
    release = project.load_release("2027.1")
    assert release == done.release
    assert (release.codename, release.python) == ("New", f"=={OWN}.*")
    assert {pin.distribution: pin.version for pin in release.pins} == NEW
    assert check_lock(project, release).problems == ()
    directory = project.release_directory("2027.1")
    assert (directory / "upper-constraints.txt").read_text().splitlines()[2:] == ["helper===1.0"]
    assert "nova==2.0" in (directory / "requirements.in").read_text()
    assert "helper==1.0" in (directory / "requirements.txt").read_text()
    assert str(project.root) not in (directory / "requirements.txt").read_text()
    assert done.model == "2026.2"
    assert {path.name for path in done.changed} == {path.name for path in directory.iterdir()}
    after = content(project)
    assert {name: after[name] for name in before} == before
    assert sorted(path.name for path in project.root.iterdir()) == ["releases"]


def test_what_other_locks_know_is_not_asked_again(project: Project) -> None:
    asked: list[str] = []
    for name in ("2027.1", "2027.2"):
        asked.clear()
        wishes = Wishes(NEW, constraints=CONSTRAINTS)
        add_release(project, name, wishes, asked.append)
    assert [one for one in asked if one.startswith("asking the index about")] == []
    first, second = (
        [
            project.release_directory(name) / file
            for file in ("requirements.txt", "dependencies.toml")
        ]
        for name in ("2027.1", "2027.2")
    )
    assert second[1].read_text() == first[1].read_text()
    assert second[0].read_text() == first[0].read_text().replace("2027.1", "2027.2")


def test_a_release_that_is_here_is_moved_to_a_point_release_and_relocked(
    project: Project,
) -> None:
    done = add(project, "2026.2", Wishes({"nova": "1.1"}))
    assert done.moved == (("nova", "1.0", "1.1"),)
    release = project.load_release("2026.2")
    assert [pin.version for pin in release.pins] == ["1.1", "1.0", "1.0", "1.0"]
    assert release.codename == "Test"
    assert check_lock(project, release).problems == ()
    assert {path.name for path in done.changed} == {
        *("release.toml", "requirements.in", "requirements.txt", "dependencies.toml"),
    }
    lock = project.series_lock("2026.2").read_text()
    assert lock == "# the series is here\n"
    again = add(project, "2026.2", Wishes({"nova": "1.1"}))
    assert (again.moved, again.changed) == ((), ())


def test_more_requirements_go_into_the_lock(project: Project) -> None:
    add(project, "2026.2", Wishes({}, requires=("helper",)))
    assert "helper==1.0" in project.requirements("2026.2").read_text()


@pytest.mark.parametrize(
    ("name", "wishes", "what"),
    [
        ("2027.1", Wishes(NEW), "a new release needs the upper-constraints of 2027.1"),
        (
            "2027.1",
            Wishes({"nova": "2.0"}, constraints=CONSTRAINTS),
            "no version of oslo.messaging, oslo.rootwrap",
        ),
        (
            "2026.2",
            Wishes({"nova": "2.0"}),
            "nova 2.0 is not a point release of 2026.2, which has 1.0",
        ),
        ("2026.2", Wishes({"nova": "1.1"}, python=">=3.98,<3.99"), "no Python 3 is in the range"),
        ("../x", Wishes(NEW), "'../x' is not the name of a release"),
    ],
)
def test_wishes_that_cannot_be_meant_change_nothing(
    project: Project, name: str, wishes: Wishes, what: str
) -> None:
    before = content(project)
    with pytest.raises(UsageError) as caught:
        add(project, name, wishes)
    assert caught.value.what.startswith(what)
    assert content(project) == before


def test_the_constraints_of_a_new_release_are_told_where_to_get(project: Project) -> None:
    with pytest.raises(UsageError) as caught:
        add(project, "2027.1", Wishes(NEW))
    assert "https://releases.openstack.org/constraints/upper/2027.1" in str(caught.value.hint)


def test_every_wheel_that_the_index_does_not_have_is_named(project: Project) -> None:
    before = content(project)
    with pytest.raises(ProblemsError) as caught:
        add(project, "2026.2", Wishes({"nova": "1.7", "oslo.rootwrap": "1.8"}))
    assert [problem.what for problem in caught.value.problems] == [
        "the index has no wheel of nova 1.7",
        "the index has no wheel of oslo.rootwrap 1.8",
    ]
    assert content(project) == before


def test_a_wheel_for_other_pythons_is_refused(project: Project) -> None:
    make_wheel(project.root / "more", "nova", "1.2")
    save_index(project.root / "more", project.root.parent / "index", python=">=3.98")
    with pytest.raises(ProblemsError) as caught:
        add(project, "2026.2", Wishes({"nova": "1.2"}))
    (problem,) = caught.value.problems
    assert isinstance(problem, ReleaseError)
    assert problem.what == f"nova 1.2 is not for Python {OWN}, its metadata says >=3.98"


def test_a_range_that_is_none_is_refused(project: Project) -> None:
    with pytest.raises(PortError, match="not a range of versions: newest"):
        add(project, "2026.2", Wishes({"nova": "1.1"}, python="newest"))


def test_a_lock_with_a_problem_changes_nothing_and_says_how_to_go_on(project: Project) -> None:
    make_wheel(project.root / "more", "nova", "1.3", requires=["kq; 'freebsd' in sys_platform"])
    save_index(project.root / "more", project.root.parent / "index")
    before = content(project)
    with pytest.raises(ProblemsError) as caught:
        add(project, "2026.2", Wishes({"nova": "1.3"}))
    (problem,) = caught.value.problems
    assert "needs kq, and the lock does not have it" in problem.what
    assert problem.hint == "add what is missing with --require NAME"
    assert str(problem.where).startswith(str(project.release_directory("2026.2")))
    assert content(project) == before


def test_an_index_that_is_down_changes_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(project)
    monkeypatch.setenv("PIP_INDEX_URL", (project.root / "nowhere").as_uri())
    with pytest.raises(PackageIndexError):
        add(project, "2026.2", Wishes({"nova": "1.1"}))
    with pytest.raises(PackageIndexError):
        add(project, "2027.1", Wishes(NEW, constraints=CONSTRAINTS))
    assert content(project) == before


def test_what_a_killed_command_left_is_gone_after_the_next_one(project: Project) -> None:
    (project.root / ".new-release-killed/releases/2027.1").mkdir(parents=True)
    add(project, "2026.2", Wishes({"nova": "1.1"}))
    assert sorted(path.name for path in project.root.iterdir()) == ["releases"]


def test_the_same_command_finishes_what_was_killed_between_two_files(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        written: list[str] = []

        def save_two(path: Path, data: bytes) -> bool:
            if len(written) == 2:
                raise KeyboardInterrupt
            written.append(path.name)
            path.write_bytes(data)
            return True

        patched.setattr(staged_release, "save_if_changed", save_two)
        with pytest.raises(KeyboardInterrupt):
            add(project, "2026.2", Wishes({"nova": "1.1"}))
    assert project.load_release("2026.2").require_pin("nova").version == "1.0"
    add(project, "2026.2", Wishes({"nova": "1.1"}))
    release = project.load_release("2026.2")
    assert release.require_pin("nova").version == "1.1"
    assert check_lock(project, release).problems == ()


def test_packaged_releases_are_not_changed(project: Project) -> None:
    with pytest.raises(UsageError, match="cannot be changed"):
        add(Project(project.root, is_packaged=True), "2026.2", Wishes({"nova": "1.1"}))
