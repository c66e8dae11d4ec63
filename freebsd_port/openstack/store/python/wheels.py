"""The wheels that releases pin, kept by hash and verified on every read, and their files as a tree.

What is installed is in `environment`.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from freebsd_port.engine.core.progress import counting
from freebsd_port.engine.core.text.file import FileState, PathError, find_path_fault
from freebsd_port.errors import PortError, UnreachableError, system_words
from freebsd_port.openstack.core.release.release import Pin

Progress = Callable[[str], None]
"""Takes one line about something that lasts longer than a second."""


class WheelError(PortError):
    """A wheel that is not here, cannot be had, or is not the pinned one."""


class DownloadError(WheelError, UnreachableError):
    """A wheel that the index does not give."""

    exit_code = UnreachableError.exit_code


@dataclass(frozen=True, slots=True)
class Wheel:
    """The members of one verified wheel, read without unpacking."""

    pin: Pin
    _archive: zipfile.ZipFile = field(repr=False, compare=False)

    def paths(self) -> tuple[str, ...]:
        """The files in the wheel, in its order."""
        return tuple(name for name in self._archive.namelist() if not name.endswith("/"))

    def read(self, path: str) -> bytes:
        """Return the content of one file; raises WheelError when the wheel has no such file."""
        try:
            return self._archive.read(path)
        except KeyError as error:
            raise WheelError(
                f"no {path} in {self.pin.distribution} {self.pin.version}",
                where=self.pin.wheel,
            ) from error

    def record(self) -> bytes:
        """The wheel's own RECORD, for `core.record`; raises WheelError when there is none."""
        for path in self.paths():
            if path.count("/") == 1 and path.endswith(".dist-info/RECORD"):
                return self.read(path)
        raise WheelError("no RECORD", where=self.pin.wheel)


def cache_directory() -> Path:
    """Where downloads are kept: `freebsd-port` in the user's cache directory.

    Source: XDG Base Directory Specification; a relative XDG_CACHE_HOME is ignored, as it says.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "freebsd-port"


def require_wheels(
    pins: Sequence[Pin], *, is_offline: bool = False, progress: Progress | None = None
) -> tuple[Wheel, ...]:
    """Return the wheels of the pins, in their order; what the cache lacks is downloaded.

    The user's pip does the download, with the index, proxy and certificates set for it. A cache
    entry that is not what its pin says is downloaded again. Raises WheelError when a wheel
    cannot be had, and when is_offline keeps it from being fetched.
    """
    found = {pin: find_wheel(pin) for pin in pins}
    missing = [pin for pin in pins if found[pin] is None]
    if missing and is_offline:
        raise WheelError(
            f"offline, and not in the cache: {', '.join(_tell_missing(pin) for pin in missing)}",
            where=str(_wheels_directory()),
            hint="run the command once without --offline",
        )
    if missing:
        _download(missing, progress or (lambda message: None))
        found |= {pin: find_wheel(pin) for pin in missing}
    return tuple(_present(pin, found[pin]) for pin in pins)


def _tell_missing(pin: Pin) -> str:
    """Name a wheel; if the cache has it with other bytes, with both hashes."""
    try:
        found = hashlib.sha256(_entry(pin).read_bytes()).hexdigest()
    except OSError:
        return pin.wheel
    return f"{pin.wheel} (sha256 {found} is there, {pin.sha256} is pinned)"


def find_wheel(pin: Pin) -> Wheel | None:
    """Return the wheel from the cache, or None when the cache has none with the pinned hash."""
    try:
        data = _entry(pin).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise WheelError(
            f"the cache cannot be read: {system_words(error)}",
            where=str(_entry(pin)),
        ) from error
    if hashlib.sha256(data).hexdigest() != pin.sha256:
        return None
    return Wheel(pin, zipfile.ZipFile(io.BytesIO(data)))


def _present(pin: Pin, wheel: Wheel | None) -> Wheel:
    if wheel is None:
        raise WheelError(
            "the cache did not keep the download",
            where=str(_entry(pin)),
            hint="name another cache with XDG_CACHE_HOME",
        )
    return wheel


def _wheels_directory() -> Path:
    return cache_directory() / "wheels"


def _entry(pin: Pin) -> Path:
    return _wheels_directory() / pin.sha256 / pin.wheel


def _download(pins: Sequence[Pin], progress: Progress) -> None:
    """Fetch all pins with one call of pip, then put each into the cache in one step."""
    names = ", ".join(f"{pin.distribution} {pin.version}" for pin in pins)
    progress(f"downloading {names}")
    try:
        _wheels_directory().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="download-", dir=_wheels_directory()) as name:
            directory = Path(name)
            with counting(progress, "downloading"):
                _pip_download(pins, directory, names)
            for pin in pins:
                _keep(pin, directory)
    except OSError as error:
        raise WheelError(
            f"the cache cannot be written: {system_words(error)}",
            where=str(_wheels_directory()),
            hint="name another cache with XDG_CACHE_HOME",
        ) from error


def _pip_download(pins: Sequence[Pin], directory: Path, names: str) -> None:
    requirements = directory / "requirements.txt"
    requirements.write_text(
        "".join(f"{pin.distribution}=={pin.version} --hash=sha256:{pin.sha256}\n" for pin in pins)
    )
    command = [
        *(sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input"),
        *("--quiet", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
        *("--require-hashes", "--requirement", str(requirements), "--dest", str(directory)),
    ]
    result = subprocess.run(
        command, capture_output=True, check=False, stdin=subprocess.DEVNULL, text=True
    )
    if result.returncode != 0:
        is_other = "HASH" in result.stderr  # the index answers, with something else
        raise (WheelError if is_other else DownloadError)(
            f"pip could not download {names}: {pip_complaint(result.stderr)}",
            where="the package index that pip is set to",
            hint="python -m pip config list shows which index pip asks",
        )


_MISMATCH = re.compile(
    r"^\s+(?P<name>[^\s=]+)==(?P<version>\S+) from .*\n"
    r"\s+Expected sha256 (?P<expected>\w+)\n(?:\s+Expected\s+or \w+\n)*"
    r"\s+Got\s+(?P<got>\w+)",
    re.MULTILINE,
)


def pip_complaint(stderr: str) -> str:
    """The last thing pip called an error, in one line; a wrong hash with its package."""
    if wrong := _MISMATCH.search(stderr):
        return (
            f"{wrong['name']} {wrong['version']} has sha256 {wrong['got']}, "
            f"not {wrong['expected']}, which is pinned"
        )
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["it gave no reason"])[-1]


def _keep(pin: Pin, directory: Path) -> None:
    downloaded, entry = directory / pin.wheel, _entry(pin)
    if not downloaded.is_file():
        raise WheelError(
            f"pip downloaded {pin.distribution} {pin.version} under another name",
            where=", ".join(sorted(path.name for path in directory.glob("*.whl"))),
            hint=f"correct the file name {pin.wheel} in release.toml",
        )
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    entry.parent.mkdir(exist_ok=True)
    os.replace(downloaded, entry)


_DEFAULT_MODE = 0o644


class WheelTree:
    """The members of several wheels side by side, as pip would lay them out. Core's Tree."""

    def __init__(self, wheels: tuple[Wheel, ...]) -> None:
        self._wheels = {path: wheel for wheel in wheels for path in wheel.paths()}
        self._directories: set[str] | None = None

    def paths(self) -> frozenset[str]:
        """Give every path in the wheels."""
        return frozenset(self._wheels)

    def read(self, path: str) -> FileState | None:
        """Give the member's bytes, or None; raise PathError for an unsafe path."""
        fault = find_path_fault(path)
        if fault:
            raise PathError(f"{path!r} may not be patched: {fault}")
        wheel = self._wheels.get(path)
        return FileState(wheel.read(path), _DEFAULT_MODE) if wheel else None

    def has_directory(self, path: str) -> bool:
        """Tell whether some member is below the path."""
        if self._directories is None:
            self._directories = {
                "/".join(parts[:depth])
                for parts in (path.split("/") for path in self._wheels)
                for depth in range(len(parts))
            }
        return path in self._directories
