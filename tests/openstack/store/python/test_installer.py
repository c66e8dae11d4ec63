"""Finding a Python for a range of versions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from freebsd_port.openstack.store.python.installer import (
    InterpreterError,
    find_interpreter,
    has_interpreter,
    listed_interpreters,
    require_interpreter,
    require_named_interpreter,
)

OWN = "{}.{}.{}".format(*sys.version_info[:3])


def python(path: Path, answer: str) -> Path:
    """Write a command that answers as a Python of this version would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has only the Pythons a test puts into bin and into pyenv's directory."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'pyenv' / 'shims'}:{tmp_path / 'bin'}")
    return tmp_path


def test_the_python_that_runs_this_is_preferred(machine: Path) -> None:
    python(machine / "bin" / "python3.99", "echo 3.99.0")
    interpreter = find_interpreter(">=3.11")
    assert interpreter is not None
    assert interpreter.version == OWN


def test_else_the_newest_python_of_the_range_that_starts_is_taken(machine: Path) -> None:
    python(machine / "bin" / "python3.7", "echo 3.7.9")
    expected = python(machine / "bin" / "python3.8", "echo 3.8.18")
    python(machine / "pyenv" / "versions" / "3.9.1" / "bin" / "python3.9", "exit 127")
    interpreter = find_interpreter(">=3.7,<3.10")
    assert interpreter is not None
    assert (interpreter.path, interpreter.version) == (expected, "3.8.18")


def test_a_python_that_is_not_what_its_name_says_is_passed_over(machine: Path) -> None:
    python(machine / "bin" / "python3.9", "echo 3.10.2")
    assert find_interpreter(">=3.8,<3.10") is None


def test_pyenv_shims_are_not_listed_and_its_versions_are(machine: Path) -> None:
    python(machine / "pyenv" / "shims" / "python3.8", "exit 127")
    version = python(machine / "pyenv" / "versions" / "3.9.1" / "bin" / "python3.9", "exit 1")
    assert [path for _, path in listed_interpreters()[1:]] == [version]
    assert not has_interpreter(">=3.8,<3.9")
    assert has_interpreter(">=3.8,<3.10")


def test_a_file_that_cannot_be_run_is_not_listed(machine: Path) -> None:
    python(machine / "bin" / "python3.8", "echo 3.8.1").chmod(0o644)
    assert not has_interpreter(">=3.8,<3.9")


@pytest.mark.parametrize("name", ["3.8", "python3.8", "3.8.18"])
def test_a_python_is_named_by_version_or_command(machine: Path, name: str) -> None:
    python(machine / "bin" / "python3.8", "echo 3.8.18")
    assert require_named_interpreter(name).version == "3.8.18"


def test_a_python_is_named_by_path(machine: Path) -> None:
    path = python(machine / "own python", "echo 3.8.18")
    assert require_named_interpreter(str(path)).path == path


@pytest.mark.parametrize("name", ["3.8.17", "3.7", "pypy"])
def test_a_named_python_that_is_not_there_is_refused(machine: Path, name: str) -> None:
    python(machine / "bin" / "python3.8", "echo 3.8.18")
    with pytest.raises(InterpreterError, match=rf"no (Python|command) {name}"):
        require_named_interpreter(name)


@pytest.mark.parametrize(
    ("answer", "what"), [("exit 1", "does not start"), ("echo 2.7.18", "not a Python 3")]
)
def test_what_is_no_working_python_3_is_refused_by_path(
    machine: Path, answer: str, what: str
) -> None:
    path = python(machine / "python", answer)
    with pytest.raises(InterpreterError, match=what) as caught:
        require_interpreter(path)
    assert caught.value.where == str(path)
