"""A target environment on disk: a virtual environment, or a plain directory of packages.

Reading one starts no Python. Making one is `installer`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from freebsd_port.errors import PortError

_MARK = ".freebsd-port.json"
_VERSION = re.compile(r"(\d+\.\d+)(\.\d+)?")


class EnvironmentUnusableError(PortError):
    """A directory that is no environment, or one that cannot be used."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where an environment keeps its packages, and what runs them."""

    root: Path

    packages: Path
    """Its site-packages, or the root itself for a plain directory of packages."""

    python: Path | None
    """The environment's own Python; None for a plain directory of packages."""

    version: str | None
    """Of that Python, as pyvenv.cfg has it (`3.11.7`); None for a plain directory."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an environment that this project made says about itself."""

    release: str

    requirements: str
    """SHA-256 of the requirements.txt it was made from, in lower-case hexadecimal."""

    state: Literal["unfinished", "ready"]
    """Unfinished from before the first file until all packages are in and agree."""


def read_environment(root: Path) -> Environment:
    """Return the environment in a directory.

    A directory is one when it holds pyvenv.cfg, or *.dist-info directories itself, as
    `pip install --target` leaves them. Raises EnvironmentUnusableError when it is neither, or
    when its site-packages are missing. Source: PEP 405.
    """
    try:
        names = os.listdir(root)
    except OSError as error:
        raise EnvironmentUnusableError(
            f"no environment: {(error.strerror or 'unreadable').lower()}",
            where=str(root),
            hint="freebsd-port venv",
        ) from error
    if "pyvenv.cfg" in names:
        return _virtual(root)
    if any(name.endswith(".dist-info") for name in names):
        return Environment(root, root, None, None)
    raise EnvironmentUnusableError(
        "neither a virtual environment nor a directory of packages",
        where=str(root),
        hint="name a directory with pyvenv.cfg, or one made by pip install --target",
    )


def find_mark(root: Path) -> Mark | None:
    """Return an environment's mark; None when there is none or it cannot be understood."""
    try:
        mark = json.loads((root / _MARK).read_bytes())
        return Mark(mark["release"], mark["requirements"], mark["state"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_mark(root: Path, mark: Mark) -> None:
    """Put a mark on an environment in one step; it survives a crash once this returns."""
    import tempfile

    with tempfile.NamedTemporaryFile("w", dir=root, prefix=_MARK, delete=False) as file:
        json.dump(asdict(mark), file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, root / _MARK)


def is_vacant(root: Path) -> bool:
    """Whether an environment can be made here without touching anybody's files."""
    return not root.exists() or (root.is_dir() and not os.listdir(root))


@contextmanager
def hold_environment(root: Path) -> Iterator[None]:
    """Keep other calls from making the same environment; waits for one that is at it.

    Raises EnvironmentUnusableError when nothing can be written there.
    """
    from filelock import FileLock

    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(root.parent / f".{root.name}.lock"):
            yield
    except OSError as error:
        raise EnvironmentUnusableError(
            f"the environment cannot be written: {(error.strerror or str(error)).lower()}",
            where=str(error.filename or root),
            hint="name another place with VENV= or --venv",
        ) from error


def clear_environment(root: Path, mark: Mark) -> None:
    """Leave an empty directory with this mark.

    The mark is there before anything goes, so that after a kill the rest is still known as ours.
    """
    import shutil

    root.mkdir(exist_ok=True)
    save_mark(root, mark)
    for entry in root.iterdir():
        if entry.name == _MARK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _virtual(root: Path) -> Environment:
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (
            line.partition("=")
            for line in (root / "pyvenv.cfg").read_text("utf-8", "replace").splitlines()
        )
    }
    found = _VERSION.match(fields.get("version_info") or fields.get("version", ""))
    if found is None:
        raise EnvironmentUnusableError(
            "no version of Python in pyvenv.cfg", where=str(root / "pyvenv.cfg")
        )
    packages = root / "lib" / f"python{found[1]}" / "site-packages"
    if not packages.is_dir():
        raise EnvironmentUnusableError(
            "the environment has no site-packages", where=str(packages), hint="freebsd-port venv"
        )
    return Environment(root, packages, root / "bin" / "python", found[0])
