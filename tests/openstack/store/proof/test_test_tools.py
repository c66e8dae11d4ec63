"""Tools for a target's interpreter, from an index of made-up wheels."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from made_wheel import make_wheel

from freebsd_port.openstack.store.proof.test_tools import (
    ToolsError,
    check_tools,
    require_tools,
    upstream_tools,
)

VERSION = "{}.{}.{}".format(*sys.version_info)
Told = list[str]


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Requirements that a directory of wheels, and nothing else, fulfils."""
    make_wheel(tmp_path / "wheels", "pytest")
    make_wheel(tmp_path / "wheels", "iniconfig")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    path = tmp_path / "requirements.txt"
    path.write_text("pytest==1.0\niniconfig==1.0\n")
    return path


def fetch(requirements: Path, told: Told, version: str = VERSION) -> Path:
    return require_tools(Path(sys.executable), version, check_tools(requirements), told.append)


def test_they_are_fetched_once_for_a_python_and_a_text_of_the_requirements(
    requirements: Path,
) -> None:
    told: Told = []
    place = fetch(requirements, told)
    assert (place / "pytest/__init__.py").is_file()
    assert (place / "iniconfig/__init__.py").is_file()
    assert fetch(requirements, told) == place
    assert len(told) == 1
    assert os.listdir(place.parent) == [place.name]
    requirements.write_text("iniconfig==1.0\npytest==1.0\n")
    assert fetch(requirements, told) != place


def test_the_targets_own_pip_is_used_where_it_has_one(requirements: Path, tmp_path: Path) -> None:
    target = tmp_path / "python"
    note = tmp_path / "called"
    target.write_text(f'#!/bin/sh\necho "$@" >> {note}\nexec {sys.executable} "$@"\n')
    target.chmod(0o755)
    require_tools(target, VERSION, check_tools(requirements), lambda message: None)
    assert [line.split()[:3] for line in note.read_text().splitlines()] == [
        ["-m", "pip", "--version"],
        ["-m", "pip", "install"],
    ]


def test_ours_is_used_where_the_target_has_none(requirements: Path, tmp_path: Path) -> None:
    target = tmp_path / "python"
    target.write_text(
        f'#!/bin/sh\ncase "$*" in "-m pip --version") exit 1;; esac\nexec {sys.executable} "$@"\n'
    )
    target.chmod(0o755)
    place = require_tools(target, VERSION, check_tools(requirements), lambda message: None)
    assert (place / "pytest").is_dir()


def test_without_an_index_the_way_out_is_named(
    requirements: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS")
    with pytest.raises(ToolsError, match="pytest cannot be fetched: No matching") as caught:
        fetch(requirements, [])
    assert "without an index, copy pytest, _pytest, pluggy" in str(caught.value.hint)
    with pytest.raises(ToolsError) as caught:
        fetch(requirements, [], "3.99.1")
    assert "python3.99 -m pip install --no-index --find-links" in str(caught.value.hint)
    assert os.listdir(tmp_path / "cache/freebsd-port/tools") == []


def test_a_project_without_checks_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolsError, match="nothing says what to install for pytest"):
        fetch(tmp_path / "requirements.txt", [])


def test_a_cache_that_cannot_be_written_is_named(requirements: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(ToolsError, match="the cache cannot be written") as caught:
        fetch(requirements, [])
    assert caught.value.hint == "name another cache with XDG_CACHE_HOME"


def test_what_upstream_needs_comes_by_hash_and_without_what_the_target_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    wheels = tmp_path / "wheels"
    oslotest = make_wheel(wheels, "oslotest", requires=["nova>=1"])
    make_wheel(wheels, "nova")
    lock = tmp_path / "test-requirements.txt"
    lock.write_text(
        f"--no-index\n--find-links {wheels}\n"
        f"oslotest==1.0 \\\n    --hash=sha256:{oslotest.sha256}\n"
        'absent==1.0 ; sys_platform == "plan9" \\\n    --hash=sha256:' + "0" * 64 + "\n"
    )
    place = require_tools(Path(sys.executable), VERSION, upstream_tools(lock), lambda message: None)
    assert (place / "oslotest").is_dir()
    assert not (place / "nova").exists()
    lock.write_text(lock.read_text().replace(oslotest.sha256, "0" * 64))
    with pytest.raises(ToolsError, match="what upstream's tests need cannot be fetched"):
        require_tools(Path(sys.executable), VERSION, upstream_tools(lock), lambda message: None)


@pytest.mark.parametrize(
    "lock",
    sorted((Path(__file__).parents[4] / "releases").glob("*/test-requirements.txt")),
    ids=lambda path: path.parent.name,
)
def test_what_proves_a_finished_directory_is_in_the_lock_of_each_release(lock: Path) -> None:
    """A directory without it would be fetched anew each time, and could not be put in place."""
    proof = upstream_tools(lock).proof
    assert any(line.startswith(f"{proof}==") for line in lock.read_text().splitlines())
