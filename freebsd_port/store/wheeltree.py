"""The files of a release as one tree, read from its pinned wheels; nothing is installed."""

from __future__ import annotations

from freebsd_port.core.file import FileState, PathError, find_path_fault
from freebsd_port.store.wheels import Wheel

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
