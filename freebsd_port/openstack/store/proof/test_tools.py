"""What runs tests in a target's interpreter, in directories of their own.

The target stays clean: nothing is installed into it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.progress import counting
from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.store.files.write import remove_directory
from freebsd_port.errors import PortError, system_words
from freebsd_port.openstack.store.python.wheels import Progress, cache_directory, pip_complaint


class ToolsError(PortError):
    """The tools could not be had for the target."""


@dataclass(frozen=True, slots=True)
class Toolset:
    """Packages that belong together, in one directory of the user's cache."""

    what: str
    """In a sentence, such as `pytest`."""

    proof: str
    """A package that a finished directory has."""

    requirements: Path

    is_locked: bool = False
    """Whether the requirements have hashes and nothing is missing among them; then what they
    require in turn is the target's own and is not fetched."""


def check_tools(requirements: Path) -> Toolset:
    """Give the set that runs the checks of the patches."""
    return Toolset("pytest", "pytest", requirements)


def upstream_tools(requirements: Path) -> Toolset:
    """Give the set that upstream's own tests need beside the target's packages."""
    return Toolset("what upstream's tests need", "oslotest", requirements, is_locked=True)


def require_tools(python: Path, version: str, tools: Toolset, progress: Progress) -> Path:
    """Give the directory to put on PYTHONPATH, made by pip in the user's cache when missing.

    One for each Python version and text of the requirements. Raises ToolsError.
    """
    try:
        wanted = tools.requirements.read_bytes()
    except OSError as error:
        raise ToolsError(
            f"nothing says what to install for {tools.what}",
            where=str(tools.requirements),
            hint="name the project that has it with --project",
        ) from error
    minor = ".".join(version.split(".")[:2])
    place = cache_directory() / "tools" / f"{minor}-{hash_bytes(wanted)[:16]}"
    if (place / tools.proof).is_dir():
        return place
    progress(f"fetching {tools.what} for Python {minor}")
    partial = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with counting(progress, f"fetching {tools.what}"):
            complaint = _install(python, tools, partial)
        if complaint is not None:
            raise ToolsError(
                f"{tools.what} cannot be fetched: {complaint}",
                where=f"for {python}",
                hint=_way_without_index(minor, tools, place),
            )
        _settle(partial, place, tools)
    except OSError as error:
        raise ToolsError(
            f"the cache cannot be written: {system_words(error)}",
            where=str(error.filename or place.parent),
            hint="name another cache with XDG_CACHE_HOME",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            remove_directory(partial)
    return place


def _install(python: Path, tools: Toolset, place: Path) -> str | None:
    """Install with pip; give what it complains of, or None.

    The target's own pip knows its Python; ours, which may be too new for that, is for a target
    that has none.
    """
    words = ["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"]
    words += ["--target", str(place), "--requirement", str(tools.requirements)]
    if tools.is_locked:
        words += ["--no-deps", "--require-hashes"]
    own = [str(python), "-m", "pip"]
    if _run([*own, "--version"]).returncode == 0:
        done = _run([*own, *words])
    else:
        done = _run([sys.executable, "-m", "pip", "--python", str(python), *words])
    return None if done.returncode == 0 else pip_complaint(done.stderr)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def _settle(partial: Path, place: Path, tools: Toolset) -> None:
    """Put the finished directory in its place, unless another process was faster."""
    try:
        os.rename(partial, place)
    except OSError:
        if not (place / tools.proof).is_dir():
            raise


def _way_without_index(minor: str, tools: Toolset, place: Path) -> str:
    """Say how to have the tools where no index can be asked."""
    own = Path(sysconfig.get_path("purelib"))
    is_own = minor == f"{sys.version_info[0]}.{sys.version_info[1]}"
    if tools.proof == "pytest" and is_own and (own / "pytest").is_dir():
        names = "pytest, _pytest, pluggy, iniconfig, packaging and pygments"
        return f"without an index, copy {names} from {own} to {place}"
    return (
        f"without an index: python{minor} -m pip install --no-index --find-links WHEELS "
        f"{'--no-deps ' if tools.is_locked else ''}--target {place} "
        f"--requirement {tools.requirements}"
    )
