"""Whether the files of a project are still those that were read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from freebsd_port.openstack.store.project.project import Project

Stamp = tuple[tuple[str, int, int], ...]
"""Path, nanoseconds of the last change, bytes."""


def stamp_project(project: Project) -> Stamp:
    """Give the stamp of the series, its patches, the releases and the decisions."""
    found: list[tuple[str, int, int]] = []
    for path in (project.series, project.decisions):
        if path.exists():
            status = path.stat()
            found.append((str(path), status.st_mtime_ns, status.st_size))
    for root in (project.patches, project.root / "releases"):
        found += _files_below(root)
    return tuple(sorted(found))


def _files_below(root: Path) -> Iterator[tuple[str, int, int]]:
    for directory, _, names in os.walk(root):
        for name in names:
            status = os.lstat(os.path.join(directory, name))
            yield f"{directory}/{name}", status.st_mtime_ns, status.st_size
