"""File systems of a test's own: a function is run where it may mount, and nobody else sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

HELPERS = Path(__file__).parent


@cache
def find_way() -> tuple[str, ...] | None:
    """The command that gives a process its own mounts, or None where none works."""
    for way in (("unshare", "-m"), ("unshare", "-rm")):
        trial = [
            *way,
            "sh",
            "-c",
            "mount -t tmpfs -o size=64k tmpfs /mnt && mount -o remount,ro /mnt",
        ]
        try:
            if subprocess.run(trial, capture_output=True, check=False).returncode == 0:
                return way
        except FileNotFoundError:
            return None
    return None


def run_with_mounts(function: Callable[[Path], None], directory: Path) -> None:
    """Call a test module's function in a process that may mount below the directory.

    Skips, saying so, where this machine lets nobody mount.
    """
    way = find_way()
    if way is None:
        pytest.skip("no private mounts here (unshare -m, unshare -rm): only injected faults ran")
    code = (
        "import pathlib, runpy, sys; "
        "runpy.run_path(sys.argv[1])[sys.argv[2]](pathlib.Path(sys.argv[3]))"
    )
    paths = [str(HELPERS), str(HELPERS.parents[1])]
    place = function.__code__.co_filename
    subprocess.run(
        [*way, sys.executable, "-c", code, place, function.__name__, str(directory)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=True,
    )


def mount(directory: Path, *, kilobytes: int = 1024) -> Path:
    """Mount a small empty file system; only inside run_with_mounts."""
    directory.mkdir(parents=True, exist_ok=True)
    size = f"size={kilobytes}k"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(directory)], check=True)
    return directory


def make_read_only(directory: Path) -> None:
    """Refuse every write below a mounted directory; only inside run_with_mounts."""
    subprocess.run(["mount", "-o", "remount,ro", str(directory)], check=True)
