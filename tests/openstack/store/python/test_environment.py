"""Reading environments, and the mark on those this project made."""

from __future__ import annotations

from pathlib import Path

import pytest

from freebsd_port.openstack.store.python.environment import (
    Environment,
    EnvironmentUnusableError,
    Mark,
    clear_environment,
    find_mark,
    hold_environment,
    is_vacant,
    read_environment,
    save_mark,
)

MARK = Mark("2026.2", "0" * 64, "unfinished")


def virtual(root: Path, configuration: str, python: str = "3.11") -> Path:
    packages = root / "lib" / f"python{python}" / "site-packages"
    packages.mkdir(parents=True)
    (root / "pyvenv.cfg").write_text(configuration)
    return packages


@pytest.mark.parametrize(
    ("configuration", "version"),
    [
        ("home = /usr/bin\nversion = 3.11.2\n", "3.11.2"),
        ("version_info = 3.11.7.final.0\nversion = 3.11.7\n", "3.11.7"),
        ("uv = 0.1\nversion_info = 3.11.7\n", "3.11.7"),
    ],
)
def test_the_environments_of_venv_virtualenv_and_uv_are_read(
    tmp_path: Path, configuration: str, version: str
) -> None:
    packages = virtual(tmp_path, configuration)
    python = tmp_path / "bin" / "python"
    assert read_environment(tmp_path) == Environment(tmp_path, packages, python, version)


def test_a_plain_directory_of_packages_is_an_environment_without_a_python(tmp_path: Path) -> None:
    (tmp_path / "nova-34.0.0.dist-info").mkdir()
    assert read_environment(tmp_path) == Environment(tmp_path, tmp_path, None, None)


@pytest.mark.parametrize(
    ("configuration", "python", "what"),
    [
        ("home = /usr/bin\n", "3.11", r"no version of Python in pyvenv\.cfg"),
        ("version = 3.12.1\n", "3.11", "no site-packages"),
    ],
)
def test_a_broken_environment_says_what_is_wrong(
    tmp_path: Path, configuration: str, python: str, what: str
) -> None:
    virtual(tmp_path, configuration, python)
    with pytest.raises(EnvironmentUnusableError, match=what):
        read_environment(tmp_path)


def test_other_directories_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("")
    with pytest.raises(EnvironmentUnusableError, match="neither"):
        read_environment(tmp_path)
    with pytest.raises(EnvironmentUnusableError, match="no such file") as caught:
        read_environment(tmp_path / "absent")
    assert caught.value.hint == "freebsd-port venv"


def test_a_mark_is_read_back_and_a_torn_one_is_none(tmp_path: Path) -> None:
    assert find_mark(tmp_path) is None
    save_mark(tmp_path, MARK)
    assert find_mark(tmp_path) == MARK
    (mark,) = tmp_path.iterdir()
    mark.write_bytes(mark.read_bytes()[:20])
    assert find_mark(tmp_path) is None


def test_clearing_leaves_the_mark_alone_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("")
    root = tmp_path / "environment"
    virtual(root, "version = 3.11.2\n")
    (root / "lib64").symlink_to(outside)
    clear_environment(root, MARK)
    assert find_mark(root) == MARK
    assert len(list(root.iterdir())) == 1
    assert (outside / "kept").exists()


def test_only_nothing_and_an_empty_directory_are_vacant(tmp_path: Path) -> None:
    assert is_vacant(tmp_path / "absent")
    assert is_vacant(tmp_path)
    (tmp_path / "file").write_text("")
    assert not is_vacant(tmp_path)
    assert not is_vacant(tmp_path / "file")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(EnvironmentUnusableError, match="cannot be written"),
        hold_environment(tmp_path / "file" / "environment"),
    ):
        pass
