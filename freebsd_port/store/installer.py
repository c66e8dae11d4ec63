"""The programs that fill an environment: virtualenv, and pip or uv with hashes required."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Literal

from freebsd_port.errors import PortError
from freebsd_port.store.interpreter import Interpreter
from freebsd_port.store.wheels import Progress, pip_complaint

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


def require_installer(installer: Installer) -> None:
    """Raise InstallerError when uv is asked for and not in PATH."""
    if installer == "uv" and shutil.which("uv") is None:
        raise InstallerError("no command uv", where="PATH", hint="leave it to pip, or install uv")


def install_requirements(
    python: Path, requirements: Path, installer: Installer, progress: Progress
) -> None:
    """Install exactly the locked requirements; what has the locked version already is kept.

    Nothing is hard-linked into a package cache, and no bytecode is written: Python does that
    on the first import. Raises InstallerError with the last complaint of the program.
    """
    locked = ("--no-deps", "--require-hashes", "--requirement", str(requirements))
    if installer == "uv":
        command = ["uv", "pip", "install", "--python", str(python), "--link-mode", "copy", *locked]
    else:
        command = [*_pip(python), "install", "--no-compile", "--progress-bar=off", *locked]
    total = len(re.findall(rb"^[A-Za-z0-9][^\s=]*==", requirements.read_bytes(), re.MULTILINE))
    progress(f"{installer} installs {total} packages")
    status, lines = _run_telling(command, _Told(progress, total))
    if status != 0:
        raise InstallerError(
            f"{installer} could not install the requirements: {pip_complaint(lines)}",
            where=str(requirements),
            hint="packages without a wheel for this platform need a C compiler; then run it again",
        )


def check_packages(python: Path) -> None:
    """Let pip check that what is installed agrees; raises InstallerError with each complaint."""
    result = subprocess.run(
        [*_pip(python), "check"],
        capture_output=True,
        check=False,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        text=True,
    )
    if result.returncode != 0:
        complaints = "; ".join((result.stdout or result.stderr).strip().splitlines())
        raise InstallerError(
            f"the installed packages do not agree: {complaints}",
            where=str(python),
            hint="freebsd-port lock shows what the lock lacks for this Python",
        )


class _Told:
    """Turns pip's lines into progress: one message a package."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress = progress
        self.total = total
        self.seen = 0

    def line(self, line: str) -> None:
        text = line.strip()
        if taken := _TAKEN.match(text):
            self.seen += 1
            self.progress(f"package {self.seen} of {self.total}: {taken[1]}")
        elif building := _BUILDING.match(text):
            self.progress(f"building {building[1]}")
        elif text.startswith("Installing collected packages"):
            self.progress(f"installing {self.total} packages")


def _run_telling(command: list[str], told: _Told) -> tuple[int, str]:
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
