"""An environment on disk (virtual, or a plain directory of packages) and what is installed there.

Reading one does not start Python. Making one is `installer`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from freebsd_port.errors import PortError, system_words
from freebsd_port.openstack.core.release.release import COMPUTE, normalised_name

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
    """SHA-256 of the lock it was made from, in lower-case hexadecimal."""

    state: Literal["unfinished", "ready"]
    """Unfinished from before the first file until all packages are in and agree."""

    role: str = COMPUTE
    """What it is for; marks from before there were roles do not say it."""


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
            f"no environment: {system_words(error)}",
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
        role = mark.get("role", COMPUTE)
        return Mark(mark["release"], mark["requirements"], mark["state"], role)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
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
            f"the environment cannot be written: {system_words(error)}",
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


class InstalledError(PortError):
    """A directory of packages whose records contradict themselves or cannot be read."""


@dataclass(frozen=True, slots=True)
class Installed:
    """One distribution in a directory of packages."""

    distribution: str
    """As its metadata spells it."""

    version: str

    dist_info: Path
    """The directory that holds METADATA and RECORD."""

    root: Path
    """The directory of packages, to which the paths in RECORD are relative."""


def find_installed(root: Path, distributions: Iterable[str]) -> dict[str, Installed]:
    """Return those of the distributions that are installed under root.

    Keys are spelled as the caller spelled them; what is not there has no key. One listing of
    the directory, and one METADATA for each distribution found. Source: PyPA specifications,
    recording installed projects.

    Raises InstalledError when the directory cannot be listed, when one distribution is there
    twice, or when METADATA is missing or names something else than its directory.
    """
    wanted = {normalised_name(name): name for name in distributions}
    found: dict[str, Installed] = {}
    for entry in _listed(root):
        name, dash, version = entry.removesuffix(".dist-info").partition("-")
        if not (entry.endswith(".dist-info") and name and dash and version) or "-" in version:
            continue
        asked = wanted.get(normalised_name(name))
        if asked is None:
            continue
        installed = _read_installed(root, root / entry)
        if asked in found:
            raise InstalledError(
                f"{asked} is installed twice",
                where=f"{found[asked].dist_info} and {installed.dist_info}",
                hint=f"uninstall {asked} until it is gone, then install the pinned version",
            )
        found[asked] = installed
    return found


def _listed(root: Path) -> list[str]:
    try:
        return sorted(os.listdir(root))
    except OSError as error:
        raise InstalledError(
            f"no directory of packages: {system_words(error)}",
            where=str(root),
        ) from error


def _read_installed(root: Path, dist_info: Path) -> Installed:
    try:
        headers = _headers((dist_info / "METADATA").read_bytes())
    except OSError as error:
        raise InstalledError(
            f"unreadable metadata: {system_words(error)}",
            where=str(dist_info / "METADATA"),
            hint="install the distribution again",
        ) from error
    name, version = headers.get("name", ""), headers.get("version", "")
    stem = dist_info.name.removesuffix(".dist-info").split("-", 1)
    if normalised_name(name) != normalised_name(stem[0]) or stem[1] != version:
        raise InstalledError(
            f"metadata of {name} {version} in a directory of {stem[0]} {stem[1]}",
            where=str(dist_info / "METADATA"),
            hint="install the distribution again",
        )
    return Installed(name, version, dist_info, root)


def _headers(metadata: bytes) -> dict[str, str]:
    """The first line of each field, by its name in lower case; the body is left out."""
    head = re.split(rb"\r?\n\r?\n", metadata, maxsplit=1)[0].decode("utf-8", "replace")
    fields = (line.partition(":") for line in reversed(head.splitlines()))
    return {name.lower(): value.strip() for name, colon, value in fields if colon}
