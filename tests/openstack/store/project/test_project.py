"""Finding the project and its releases."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freebsd_port.errors import UsageError
from freebsd_port.openstack.core.release.requirements import packages_of, parse_locked
from freebsd_port.openstack.store.project import project as project_module
from freebsd_port.openstack.store.project.project import (
    VARIABLE,
    Project,
    ProjectError,
    find_project,
    save_if_changed,
)

CHECKOUT = Path(__file__).resolve().parents[4]


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Three projects, one below the other's directory, and no variable."""
    monkeypatch.delenv(VARIABLE, raising=False)
    found = {"a": tmp_path / "a", "b": tmp_path / "b", "inner": tmp_path / "b/files/inner"}
    for root in found.values():
        (root / "releases").mkdir(parents=True)
        (root / "patches/nova").mkdir(parents=True)
        (root / "series").touch()
    return found


def test_the_project_is_the_nearest_from_the_working_directory_upwards(
    projects: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for here, name in (("b", "b"), ("b/patches/nova", "b"), ("b/files/inner/patches", "inner")):
        monkeypatch.chdir(projects["a"].parent / here)
        assert find_project() == Project(projects[name], is_packaged=False)


@pytest.mark.parametrize("lacks", ["series", "patches", "releases"])
def test_a_directory_that_lacks_a_part_is_passed_over(
    projects: dict[str, Path], monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    (projects["inner"] / lacks).rename(projects["inner"] / "elsewhere")
    monkeypatch.chdir(projects["inner"])
    assert find_project().root == projects["b"]


def test_an_option_wins_over_the_variable_and_that_over_the_directory(
    projects: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(projects["inner"])
    monkeypatch.setenv(VARIABLE, str(projects["a"]))
    assert find_project().root == projects["a"]
    assert find_project(projects["b"]).root == projects["b"]
    monkeypatch.setenv(VARIABLE, "nowhere")
    with pytest.raises(UsageError, match="not a project") as caught:
        find_project()
    assert caught.value.where == "nowhere, from FREEBSD_PORT_PROJECT"
    monkeypatch.setenv(VARIABLE, "")
    assert find_project().root == projects["inner"]


def test_the_checkout_that_the_package_runs_from_is_never_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert project_module._PACKAGE.parent == CHECKOUT
    with pytest.raises(ProjectError, match="no project") as caught:
        find_project()
    assert caught.value.hint == "name one with --project DIR, or set FREEBSD_PORT_PROJECT"


def test_releases_are_listed_oldest_first_and_the_newest_is_the_default() -> None:
    project = find_project(CHECKOUT)
    assert project.release_names() == ("xena", "2023.1", "2024.1", "2025.1", "2026.1", "2026.2")
    assert project.load_release().name == project.default_release() == "2026.2"


@pytest.mark.parametrize("name", find_project(CHECKOUT).release_names())
def test_every_role_of_the_checkout_pins_what_its_requirements_ask_for(name: str) -> None:
    project = find_project(CHECKOUT)
    release = project.load_release(name)
    for role in release.role_names:
        source = project.release_directory(name) / packages_of(role).source
        pinned = [line for line in source.read_text().splitlines() if "==" in line]
        narrowed = release.for_role(role)
        assert set(pinned) == {f"{pin.distribution}=={pin.version}" for pin in narrowed.pins}


def test_the_roles_of_a_release_agree_on_every_package_so_that_all_joins_them() -> None:
    project = find_project(CHECKOUT)
    release = project.load_release("2026.2")
    versions: dict[str, set[str]] = {}
    for role in release.role_names:
        path = project.requirements(release.name, role)
        for one in parse_locked(path.read_bytes(), str(path)):
            versions.setdefault(one.distribution, set()).add(one.version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_a_role_has_its_own_environment_and_requirements() -> None:
    project = Project(Path("/port"))
    assert project.environment("2026.2") == Path("/port/.venvs/2026.2")
    assert project.environment("2026.2", "control") == Path("/port/.venvs/2026.2-control")
    assert project.requirements("2026.2", "control").name == "requirements-control.txt"
    assert project.requirements("2026.2", "compute").name == "requirements.txt"


@pytest.mark.parametrize("name", ["2026.3", "../releases/2026.2", "", "..", "."])
def test_a_release_that_is_not_there_is_refused_with_the_choice(name: str) -> None:
    with pytest.raises(UsageError, match="no release") as caught:
        find_project(CHECKOUT).load_release(name)
    assert "2023.1, 2024.1" in str(caught.value.hint)


def test_a_directory_without_releases_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a project") as caught:
        find_project(tmp_path)
    assert caught.value.where == str(tmp_path)


def test_a_project_without_a_release_says_so(tmp_path: Path) -> None:
    (tmp_path / "releases" / "notes").mkdir(parents=True)
    with pytest.raises(ProjectError, match="no release found"):
        find_project(tmp_path).default_release()


def test_environments_are_beside_a_checkout(tmp_path: Path) -> None:
    assert Project(tmp_path).environment("2026.2") == tmp_path / ".venvs" / "2026.2"


def test_an_installed_package_uses_its_data_and_makes_environments_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "freebsd_port"
    (package / "data" / "releases").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(project_module, "_PACKAGE", package)
    monkeypatch.chdir(tmp_path / "work")
    project = find_project()
    assert project == Project(package / "data", is_packaged=True)
    assert project.environment("2026.2") == tmp_path / "work" / ".venvs" / "2026.2"


def test_a_file_is_replaced_only_when_its_content_changes(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    assert save_if_changed(path, b"one\n")
    inode = path.stat().st_ino
    assert not save_if_changed(path, b"one\n")
    assert path.stat().st_ino == inode
    assert save_if_changed(path, b"two\n")
    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"two\n", ["requirements.txt"])


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "requirements.txt"
    with pytest.raises(ProjectError, match="cannot be written: no such file") as caught:
        save_if_changed(path, b"")
    assert caught.value.where == str(path)
