"""Pythons on this machine: finding one for a range of versions.

The names in PATH and in pyenv's directory are enough to list them; only the one that is taken
is started. pyenv's shims are left out, because a shim is there whether it works or not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.errors import PortError

_NAME = re.compile(r"python3\.(\d+)")
_VERSION = re.compile(r"(?:python)?(3\.(\d+)(\.\d+)?)")
_PROBE = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_PROBE_SECONDS = 30


class InterpreterError(PortError):
    """No Python of the wanted range, or one that does not start."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that was started and told its version."""

    path: Path
    version: str
    """Three numbers, such as `3.11.7`."""


def listed_interpreters() -> tuple[tuple[int, Path], ...]:
    """Return (minor version, path) of each Python 3 there seems to be; none is started.

    In order of preference: the one that runs this, then those in PATH, then pyenv's, newest
    first. One path may lead to a Python that does not start.
    """
    own = Path(getattr(sys, "_base_executable", None) or sys.executable)
    found = {own.resolve(): (sys.version_info.minor, own)}
    for directory in _directories():
        for minor, path in sorted(_pythons_in(directory), reverse=True):
            found.setdefault(path.resolve(), (minor, path))
    return tuple(found.values())


def find_interpreter(python: str) -> Interpreter | None:
    """Return the Python to take for a range such as `>=3.11,<3.14`, or None.

    The one that runs this if it is in the range, else the newest; ties go to the earlier one
    in the order of listed_interpreters.
    """
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet(python)
    listed = listed_interpreters()
    candidates = [listed[0], *sorted(listed[1:], key=lambda one: -one[0])]
    for minor, path in candidates:
        if not wanted.contains(f"3.{minor}.99"):
            continue
        try:
            interpreter = require_interpreter(path)
        except InterpreterError:
            continue
        if wanted.contains(interpreter.version, prereleases=True):
            return interpreter
    return None


def has_interpreter(python: str) -> bool:
    """Whether there seems to be a Python of this range; none is started."""
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet(python)
    return any(wanted.contains(f"3.{minor}.99") for minor, _ in listed_interpreters())


def require_named_interpreter(name: str) -> Interpreter:
    """Return the Python that a user names by path, command (`python3.11`) or version (`3.11`).

    Raises InterpreterError when there is none or it does not start.
    """
    if wanted := _VERSION.fullmatch(name):
        minor = int(wanted[2])
        for path in (path for listed, path in listed_interpreters() if listed == minor):
            interpreter = require_interpreter(path)
            if wanted[3] is None or interpreter.version == wanted[1]:
                return interpreter
        raise InterpreterError(f"no Python {wanted[1]} here", where="PATH and pyenv's versions")
    path = Path(name).expanduser() if os.sep in name else _in_path(name)
    return require_interpreter(path)


def require_interpreter(path: Path) -> Interpreter:
    """Start a Python and ask its version.

    Raises InterpreterError when it does not start or does not answer.
    """
    try:
        answer = subprocess.run(
            [path, "-I", "-c", _PROBE],
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=_PROBE_SECONDS,
            text=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise InterpreterError("this Python does not start", where=str(path)) from error
    if not re.fullmatch(r"3\.\d+\.\d+", answer):
        raise InterpreterError("not a Python 3", where=str(path))
    return Interpreter(Path(os.path.abspath(path)), answer)


def _in_path(name: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise InterpreterError(f"no command {name}", where="PATH")
    return Path(found)


def _directories() -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    shims = pyenv / "shims"
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        if directory and Path(directory) != shims:
            yield Path(directory)
    yield from sorted((pyenv / "versions").glob("3.*/bin"), reverse=True)


def _pythons_in(directory: Path) -> Iterator[tuple[int, Path]]:
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        parts = _NAME.fullmatch(name)
        if parts and os.access(directory / name, os.X_OK):
            yield int(parts[1]), directory / name
