"""The state of one file as values: its bytes and its permission bits. Reading it is store's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import Protocol

from freebsd_port.errors import PortError


class PathError(PortError):
    """A path that no patch may touch."""


@dataclass(frozen=True, slots=True)
class FileState:
    """One regular file."""

    content: bytes
    mode: int | None = None
    """Permission bits, or None for a new file: whatever the umask gives."""

    _digest: str | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """Give the hexadecimal digest of the content; computed once, since many ask."""
        digest = self._digest
        if digest is None:
            digest = hash_bytes(self.content)
            object.__setattr__(self, "_digest", digest)
        return digest


class Tree(Protocol):
    """What a plan may ask of the files it is computed over."""

    def read(self, path: str) -> FileState | None:
        """Give the file, or None when nothing is there; raise PathError for what is refused."""

    def has_directory(self, path: str) -> bool:
        """Tell whether the directory exists; the empty path is the root."""


def hash_bytes(content: bytes) -> str:
    """Give the hexadecimal SHA-256 of the bytes."""
    return hashlib.sha256(content).hexdigest()


def split_lines(content: bytes) -> list[bytes]:
    r"""Split after each `\n` only, newlines kept; `b"".join(split_lines(b)) == b`."""
    return BytesIO(content).readlines()


def require_no_file_above(
    path: str, has_directory: Callable[[str], bool], exists: Callable[[str], bool]
) -> None:
    """Raise PathError when a file stands where a directory above the path would have to be."""
    for above in map(str, list(PurePosixPath(path).parents)[:-1]):
        if not has_directory(above) and exists(above):
            raise PathError(f"{path!r} cannot be made: {above!r} is a file")


def find_path_fault(path: str) -> str | None:
    """Say why the path is unsafe in any tree, or None; it is relative and in POSIX form."""
    if not path or "\0" in path:
        return "it is not a file name"
    if path.startswith("/") or (len(path) > 1 and path[1] == ":" and path[0].isalpha()):
        return "it is absolute"
    parts = path.split("/")
    if ".." in parts:
        return "it climbs out with '..'"
    if STATE_DIRECTORY in parts:
        return "the overlay keeps its own state there"
    if parts[-1] in ("", "."):
        return "it is not a file name"
    return None


STATE_DIRECTORY = ".freebsd-port"
"""Where an overlay keeps its state, directly below the root of the tree."""
