"""Make an environment: find a Python for a range of versions, run virtualenv, then pip or uv.

The names in PATH and in pyenv's directory are enough to list Pythons; only the chosen one is
started. pyenv's shims are left out, because a shim exists whether its version does or not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from freebsd_port.engine.core.progress import counting
from freebsd_port.errors import PortError
from freebsd_port.openstack.store.python.wheels import Progress, pip_complaint

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


Installer = Literal["pip", "uv"]
"""What puts the packages in: pip, which every environment has, or uv, which is faster."""

_TAKEN = re.compile(r"(?:Collecting|Processing) (?:\S*/)?(\S+)")
_BUILDING = re.compile(r"Building wheel for (\S+)")
_KEPT_LINES = 200


class InstallerError(PortError):
    """One of the programs did not do what it was asked."""


def create_environment(root: Path, interpreter: Interpreter) -> None:
    """Make a virtual environment with pip and nothing else, without any download.

    The root may exist; it must be a directory then. Raises InstallerError.
    """
    command = [
        *(sys.executable, "-m", "virtualenv", "--quiet", "--python", str(interpreter.path)),
        *("--no-download", "--no-periodic-update", "--no-setuptools", str(root)),
    ]
    result = subprocess.run(
        command, capture_output=True, check=False, stdin=subprocess.DEVNULL, text=True
    )
    if result.returncode != 0:
        complaint = pip_complaint(result.stderr or result.stdout)
        raise InstallerError(
            f"virtualenv failed: {complaint}",
            where=f"{root} with {interpreter.path}",
            hint="install freebsd-port with a Python that has the module ssl"
            if "ssl" in complaint
            else None,
        )


def choose_installer(asked: Installer | None) -> Installer:
    """Return the program asked for; for None uv if it is in PATH, otherwise pip.

    Raises InstallerError if uv is asked for and not in PATH.
    """
    if shutil.which("uv") is not None:
        return asked or "uv"
    if asked == "uv":
        raise InstallerError("no command uv", where="PATH", hint="leave it to pip, or install uv")
    return "pip"


def install_requirements(
    python: Path, requirements: Path, installer: Installer, progress: Progress
) -> None:
    """Install exactly the locked requirements; what has the locked version already is kept.

    Nothing is hard-linked into a package cache, and no bytecode is written: Python does that
    on the first import. Both programs install the same bytes, from the indexes that pip is
    configured for; they differ in the text of the commands in bin/, in what they note about
    themselves, and in the order of the rows in RECORD. Raises InstallerError with the last
    complaint of the program.
    """
    locked = ("--no-deps", "--require-hashes", "--requirement", str(requirements))
    if installer == "uv":
        command = ["uv", "pip", "install", "--python", str(python), "--link-mode", "copy"]
        command += ["--no-compile-bytecode", *_uv_indexes(_pip_settings(python)), *locked]
    else:
        command = [*_pip(python), "install", "--no-compile", "--progress-bar=off", *locked]
    total = len(re.findall(rb"^[A-Za-z0-9][^\s=]*==", requirements.read_bytes(), re.MULTILINE))
    progress(f"{installer} installs {total} packages")
    with _InstallCount(progress, total) as count:
        status, lines = _run_telling(command, count)
    if status != 0:
        raise InstallerError(
            f"{installer} could not install the requirements: {pip_complaint(lines)}",
            where=str(requirements),
            hint="packages without a wheel for this platform need a C compiler; then run it again",
        )


def install_wheel(python: Path, wheel: Path) -> None:
    """Install one wheel without its requirements, in place of what is there of its name.

    No index is asked. Raises InstallerError with pip's last complaint.
    """
    words = ("--no-deps", "--no-index", "--no-compile", "--force-reinstall", "--quiet", str(wheel))
    result = _run_pip(python, "install", *words)
    if result.returncode != 0:
        complaint = pip_complaint(result.stderr or result.stdout)
        raise InstallerError(f"pip could not install {wheel.name}: {complaint}", where=str(python))


_INDEX_SETTINGS = ("index-url", "extra-index-url", "find-links", "no-index")
"""Where pip looks for packages; uv has options of the same names, and does not read pip's."""


def _pip_settings(python: Path) -> dict[str, tuple[str, ...]]:
    """Ask the environment's pip for its configuration; only the values that name an index."""
    shown = _run_pip(python, "config", "list").stdout
    found: dict[str, tuple[str, ...]] = {}
    for section in ("global", "install", ":env:"):  # the later one wins
        for name, value in re.findall(rf"^{section}\.([a-z-]+)='(.*)'$", shown, re.MULTILINE):
            if name in _INDEX_SETTINGS:
                found[name] = tuple(value.replace("\\n", " ").split())
    return found


def _uv_indexes(settings: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Give pip's indexes as options of uv.

    pip looks into all of them; the hashes decide what is taken, so no index can slip in another.
    """
    words = ["--index-strategy", "unsafe-best-match"]
    for name in _INDEX_SETTINGS:
        for value in settings.get(name, ()):
            if name != "no-index":
                words += [f"--{name}", value]
            elif value.lower() in ("1", "true", "yes", "on"):
                words.append("--no-index")
    return words


def check_packages(python: Path) -> None:
    """Let pip check that what is installed agrees; raises InstallerError with each complaint."""
    result = _run_pip(python, "check")
    if result.returncode != 0:
        complaints = "; ".join((result.stdout or result.stderr).strip().splitlines())
        raise InstallerError(
            f"the installed packages do not agree: {complaints}",
            where=str(python),
            hint="freebsd-port lock shows what the lock lacks for this Python",
        )


def _run_pip(python: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the environment's pip to its end, without input."""
    return subprocess.run(
        [*_pip(python), *words],
        capture_output=True,
        check=False,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        text=True,
    )


class _InstallCount:
    """Counts the packages in pip's lines: first each one that it takes, then all at once."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._tasks = ExitStack()
        self._total = total
        self._advance: Callable[[], None] = lambda: None

    def __enter__(self) -> _InstallCount:
        task = counting(self._progress, "fetching packages", self._total)
        self._advance = self._tasks.enter_context(task)
        return self

    def __exit__(self, *_: object) -> None:
        self._tasks.close()

    def line(self, line: str) -> None:
        text = line.strip()
        if _TAKEN.match(text):
            self._advance()
        elif building := _BUILDING.match(text):
            self._progress(f"building {building[1]}")
        elif text.startswith("Installing collected packages"):
            self._tasks.close()
            self._tasks.enter_context(counting(self._progress, "installing the packages"))
            self._progress(f"installing {self._total} packages")


def _run_telling(command: list[str], told: _InstallCount) -> tuple[int, str]:
    """Run a command and tell each line of it; returns its status and its last lines."""
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    with subprocess.Popen(
        command,
        env=_environment(),
        errors="replace",
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout or ():
            last.append(line)
            told.line(line)
    return process.returncode, "".join(last)


def _pip(python: Path) -> tuple[str, ...]:
    return (str(python), "-m", "pip", "--disable-pip-version-check", "--no-input")


def _environment() -> dict[str, str]:
    """The user's environment without what would aim pip at another place than the target."""
    aiming = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in aiming}
