"""Read many small files quickly: patches and what is next to them. Trees to patch are `tree`."""

from __future__ import annotations

import os
from pathlib import Path


def read_whole(path: Path) -> bytes:
    """Read a file without a buffer in between; raises OSError."""
    with open(path, "rb", buffering=0) as file:
        return file.read()


def list_files(root: Path) -> list[str]:
    """Name every file below a directory, relative to it; in no order, links are not followed."""
    found: list[str] = []
    directories = [""]
    while directories:
        above = directories.pop()
        with os.scandir(root / above) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    directories.append(f"{above}{entry.name}/")
                else:
                    found.append(f"{above}{entry.name}")
    return found


class Listing:
    """The names below a directory, each directory listed once: a series asks for many."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: dict[str, frozenset[str]] = {}

    def has(self, path: str) -> bool:
        """Tell whether a file or directory of this path is there.

        Raises OSError for a directory that is there and cannot be listed.
        """
        directory, _, name = path.rpartition("/")
        if directory not in self._names:
            try:
                self._names[directory] = frozenset(os.listdir(self._root / directory))
            except (FileNotFoundError, NotADirectoryError):
                self._names[directory] = frozenset()
        return name in self._names[directory]
