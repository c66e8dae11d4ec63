"""What lies beside the patches for upstream: unit tests and release notes."""

from __future__ import annotations

from pathlib import Path

from freebsd_port.openstack.core.upstream import SUFFIX


def find_upstream_directories(patches: Path) -> tuple[str, ...]:
    """Give the directories of upstream files, relative to the patches, sorted."""
    found = (path for path in patches.rglob(f"*{SUFFIX}") if path.is_dir())
    return tuple(sorted(path.relative_to(patches).as_posix() for path in found))


def load_upstream_files(directory: Path) -> dict[str, bytes]:
    """Read every file below a directory, by its path there; nothing where there is none."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
