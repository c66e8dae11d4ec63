"""nova's tree as its pinned wheel has it, and the pinned packages side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.series import select_files
from freebsd_port.openstack.store.project.project import find_project
from freebsd_port.openstack.store.python.wheels import Progress, Wheel, require_wheels

RELEASE = "2026.2"


def load_wheels(progress: Progress) -> tuple[Wheel, ...]:
    """Read the release's wheels, from the cache where it has them; nova's is the first."""
    pins = find_project().load_release(RELEASE).for_role("compute").pins
    ordered = sorted(pins, key=lambda pin: pin.distribution != "nova")
    return require_wheels(ordered, progress=progress)


def read_targets(wheel: Wheel) -> dict[str, bytes]:
    """Give the files that the generated series changes, as released."""
    files = {path: wheel.read(path) for path in wheel.paths() if path.startswith("nova/")}
    return {path: files[path] for path in select_files(files)}


def lay_out(wheels: tuple[Wheel, ...], directory: Path) -> None:
    """Unpack wheels side by side, as `pip install --target` does but for scripts and bytecode."""
    for wheel in wheels:
        write_files(directory, {path: wheel.read(path) for path in wheel.paths()})


def write_files(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a directory."""
    for path, content in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
