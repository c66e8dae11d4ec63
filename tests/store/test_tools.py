"""pytest and coverage for a target's interpreter, from an index of two made-up wheels."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from made_wheel import make_wheel

from freebsd_port.store.tools import ToolsError, require_tools

VERSION = "{}.{}.{}".format(*sys.version_info)
Told = list[str]


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Requirements that a directory of wheels, and nothing else, fulfils."""
    for name in ("pytest", "coverage"):
        make_wheel(tmp_path / "wheels", name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    path = tmp_path / "requirements.txt"
    path.write_text("pytest==1.0\ncoverage==1.0\n")
    return path


def fetch(requirements: Path, told: Told, version: str = VERSION) -> Path:
    return require_tools(Path(sys.executable), version, requirements, told.append)


def test_they_are_fetched_once_for_a_python_and_a_text_of_the_requirements(
    requirements: Path,
) -> None:
    told: Told = []
    place = fetch(requirements, told)
    assert (place / "pytest/__init__.py").is_file()
    assert (place / "coverage/__init__.py").is_file()
    assert fetch(requirements, told) == place
    assert len(told) == 1
    assert os.listdir(place.parent) == [place.name]
    requirements.write_text("coverage==1.0\npytest==1.0\n")
    assert fetch(requirements, told) != place


def test_the_targets_own_pip_is_used_where_it_has_one(requirements: Path, tmp_path: Path) -> None:
    target = tmp_path / "python"
    note = tmp_path / "called"
    target.write_text(f'#!/bin/sh\necho "$@" >> {note}\nexec {sys.executable} "$@"\n')
    target.chmod(0o755)
    require_tools(target, VERSION, requirements, lambda message: None)
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
    place = require_tools(target, VERSION, requirements, lambda message: None)
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
    with pytest.raises(ToolsError, match="nothing says what the checks need"):
        fetch(tmp_path / "requirements.txt", [])


def test_a_cache_that_cannot_be_written_is_named(requirements: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(ToolsError, match="the cache cannot be written") as caught:
        fetch(requirements, [])
    assert caught.value.hint == "name another cache with XDG_CACHE_HOME"
