"""Locking a release with pip-tools from a small index, and judging locks without one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from made_wheel import make_pins, make_wheel, save_index, save_release

from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS, Pin
from freebsd_port.openstack.core.release.requirements import Dependency, render_dependencies
from freebsd_port.openstack.ops.release.requirements_lock import (
    RequirementsLockError,
    check_lock,
    lock_release,
)
from freebsd_port.openstack.store.project.project import Project, find_project
from freebsd_port.openstack.store.python.pip_tools import CompilerError

OWN_RANGE = f"=={sys.version_info.major}.{sys.version_info.minor}.*"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose release asks for `helper` beside its pins, and a pip with one index."""
    files = tmp_path / "files"
    pins = [
        make_wheel(files, name, requires=["helper>=1"] if name == "nova" else [])
        for name in PATCHED_DISTRIBUTIONS
    ]
    make_wheel(files, "helper", "1.0", requires=["kq; 'freebsd' in sys_platform"])
    make_wheel(files, "kq", "3.0")
    save_index(files, tmp_path / "index")
    save_release(tmp_path, "2026.2", pins, python=OWN_RANGE)
    Project(tmp_path).requirements("2026.2").unlink()
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    return Project(tmp_path)


def describe(project: Project, pins: tuple[Pin, ...]) -> None:
    dependencies = [Dependency(pin.distribution, pin.version, ("pure",), ()) for pin in pins]
    path = project.release_directory("2026.2") / "dependencies.toml"
    path.write_bytes(render_dependencies(dependencies))


@pytest.fixture
def locked(tmp_path: Path) -> tuple[Project, tuple[Pin, ...]]:
    """A project with a lock in which everything agrees, and its pins."""
    pins = make_pins(tmp_path / "files")
    save_release(tmp_path, "2026.2", pins)
    describe(Project(tmp_path), pins)
    return Project(tmp_path), pins


def test_a_release_is_locked_with_hashes_and_told_what_only_freebsd_needs(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path / "mine", "helper", "9.0")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "mine"))
    result = lock_release(project, project.load_release())
    assert {one.distribution: one.version for one in result.locked} == {
        "helper": "1.0",
        "nova": "1.0",
        "oslo-messaging": "1.0",
        "oslo-privsep": "1.0",
        "oslo-rootwrap": "1.0",
    }
    (problem,) = result.problems
    assert problem.what.startswith(f"FreeBSD with Python {sys.version_info.major}.")
    assert "needs kq, and the lock does not have it" in problem.what
    lock = project.requirements("2026.2")
    assert [path.name for path in result.changed] == ["requirements.txt", "dependencies.toml"]
    assert str(tmp_path) not in lock.read_text()
    assert lock.read_text().splitlines()[1].endswith("freebsd-port lock --release 2026.2")
    assert check_lock(project, project.load_release()).differences == result.differences


def test_locking_again_gives_the_same_bytes_although_the_index_has_newer_versions(
    project: Project, tmp_path: Path
) -> None:
    with (project.release_directory("2026.2") / "requirements.in").open("a") as file:
        file.write("kq\n")
    first = lock_release(project, project.load_release())
    assert first.problems == ()
    before = project.requirements("2026.2").read_bytes()
    make_wheel(tmp_path / "newer", "helper", "2.0")
    save_index(tmp_path / "newer", tmp_path / "index")
    assert lock_release(project, project.load_release()).changed == ()
    assert project.requirements("2026.2").read_bytes() == before


def test_what_the_index_does_not_have_stops_the_lock_and_changes_nothing(
    project: Project,
) -> None:
    with (project.release_directory("2026.2") / "requirements.in").open("a") as file:
        file.write("absent>=7\n")
    with pytest.raises(CompilerError, match="piptools failed"):
        lock_release(project, project.load_release())
    assert not project.requirements("2026.2").exists()


def test_what_the_tests_need_is_locked_beside_the_packages_and_without_them(
    project: Project, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "more", "runner", requires=["helper", "kq"])
    make_wheel(tmp_path / "more", "helper", "2.0")
    save_index(tmp_path / "more", tmp_path / "index")
    directory = project.release_directory("2026.2")
    with (directory / "requirements.in").open("a") as file:
        file.write("helper<2\n")
    (directory / "test-requirements.in").write_text("-c requirements.txt\nrunner\n")
    result = lock_release(project, project.load_release())
    assert {one.distribution: one.version for one in result.tests} == {
        "kq": "3.0",
        "runner": "1.0",
    }
    assert [path.name for path in result.changed][2:] == [
        "test-requirements.txt",
        "test-dependencies.toml",
    ]
    lock = project.test_requirements("2026.2").read_text()
    assert "freebsd-port lock --release 2026.2" in lock.splitlines()[1]
    assert str(tmp_path) not in lock
    assert lock_release(project, project.load_release()).changed == ()


def test_packaged_releases_are_not_locked_again(project: Project) -> None:
    with pytest.raises(RequirementsLockError, match="cannot be locked again"):
        lock_release(Project(project.root, is_packaged=True), project.load_release())


def test_a_lock_in_which_everything_agrees_has_no_problem(
    locked: tuple[Project, tuple[Pin, ...]],
) -> None:
    project, _ = locked
    result = check_lock(project, project.load_release())
    assert (result.problems, result.differences, result.changed) == ((), (), ())
    assert len(result.locked) == 4


def test_every_contradiction_is_reported_at_once(
    locked: tuple[Project, tuple[Pin, ...]], tmp_path: Path
) -> None:
    project, (nova, privsep, messaging, rootwrap) = locked
    lock = project.requirements("2026.2")
    text = lock.read_text().replace("nova==1.0", "nova==2.0").replace(privsep.sha256, "0" * 64)
    lock.write_text(text)
    describe(project, (nova, privsep, messaging))
    (project.release_directory("2026.2") / "requirements.in").write_text("nova>=1\n")
    whats = [problem.what for problem in check_lock(project, project.load_release()).problems]
    assert "release.toml pins nova 1.0, requirements.in does not" in whats
    assert "the lock has nova 2.0, release.toml pins 1.0" in whats
    assert f"the lock does not have the hash of {privsep.wheel}" in whats
    assert (
        f"{rootwrap.distribution.replace('.', '-')} 1.0 is in only one of requirements.txt"
        " and dependencies.toml"
    ) in whats


@pytest.fixture
def with_tests(locked: tuple[Project, tuple[Pin, ...]], tmp_path: Path) -> Path:
    """The directory of a release that has what its tests need locked too."""
    project, _ = locked
    directory = project.release_directory("2026.2")
    runner = make_wheel(tmp_path / "files", "runner", "3.0")
    lock = f"runner==3.0 \\\n    --hash=sha256:{runner.sha256}\n"
    (directory / "test-requirements.in").write_text("runner\n")
    (directory / "test-requirements.txt").write_text(lock)
    (directory / "test-dependencies.toml").write_bytes(
        render_dependencies([Dependency("runner", "3.0", ("pure",), ("nova>=1",))])
    )
    return directory


def test_what_the_tests_need_is_judged_with_the_packages(
    locked: tuple[Project, tuple[Pin, ...]], with_tests: Path
) -> None:
    project, _ = locked
    result = check_lock(project, project.load_release())
    assert (result.problems, [one.distribution for one in result.tests]) == ((), ["runner"])
    described = Dependency("runner", "3.0", ("pure",), ("nova>=2", "absent"))
    (with_tests / "test-dependencies.toml").write_bytes(render_dependencies([described]))
    lock = with_tests / "test-requirements.txt"
    lock.write_text(lock.read_text() + (with_tests / "requirements.txt").read_text())
    whats = " / ".join(p.what for p in check_lock(project, project.load_release()).problems)
    assert "nova is in requirements.txt too" in whats
    assert "needs another version of nova than the lock has" in whats
    assert "nova>=2 of runner" in whats
    assert "needs absent, and the lock does not have it" in whats
    assert "nova 1.0 is in only one of test-requirements.txt and test-dependencies.toml" in whats


@pytest.mark.parametrize(
    "name", ["test-requirements.txt", "test-dependencies.toml", "test-requirements.in"]
)
def test_a_missing_file_of_what_the_tests_need_is_named(
    locked: tuple[Project, tuple[Pin, ...]], with_tests: Path, name: str
) -> None:
    project, _ = locked
    (with_tests / name).unlink()
    with pytest.raises(RequirementsLockError, match=f"2026.2 has no {name}"):
        check_lock(project, project.load_release())


@pytest.mark.parametrize("name", ["requirements.txt", "dependencies.toml", "requirements.in"])
def test_a_missing_file_is_named_with_the_verb_that_makes_it(
    locked: tuple[Project, tuple[Pin, ...]], name: str
) -> None:
    project, _ = locked
    (project.release_directory("2026.2") / name).unlink()
    with pytest.raises(RequirementsLockError, match=f"2026.2 has no {name}"):
        check_lock(project, project.load_release())


@pytest.mark.parametrize("name", find_project().release_names())
def test_the_lock_of_every_release_serves_freebsd_and_linux(name: str) -> None:
    project = find_project()
    result = check_lock(project, project.load_release(name))
    assert [problem.what for problem in result.problems] == []
    assert "libvirt-python" not in [one.distribution for one in result.locked]
