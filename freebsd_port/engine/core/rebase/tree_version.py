"""One version of a tree in memory: files as lines, as some patches leave them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Protocol

from freebsd_port.engine.core.apply.series_lock import LockedFile
from freebsd_port.engine.core.source.scope import (
    Scope,
    find_scopes,
    find_tops,
    shift_scopes,
    shift_tops,
)
from freebsd_port.engine.core.text.file import FileState, Tree, hash_bytes, split_lines
from freebsd_port.engine.core.text.git_diff import LineIndex
from freebsd_port.engine.core.text.splice import Splice, apply_splices

SHORT = 8
"""A line that has no more bytes than this, without indentation, may be found in any file."""


class ListedTree(Tree, Protocol):
    """A tree that can name its files."""

    def paths(self) -> frozenset[str]:
        """Give every path, POSIX and relative."""


class Version:
    """The files of a release with some patches on.

    Versions that are compared may share `known`: a line that both have is then one object, which
    is compared at once.
    """

    def __init__(self, tree: ListedTree, known: dict[bytes, bytes] | None = None) -> None:
        self._tree = tree
        self._known = {} if known is None else known
        self._lines: dict[str, list[bytes] | None] = {}
        self._modes: dict[str, int | None] = {}
        self._released: dict[str, list[bytes] | None] = {}
        """The lines as released of every file that was written to."""

        self._scopes: dict[str, tuple[Scope, ...]] = {}
        self._tops: dict[str, tuple[int, ...]] = {}
        self._indexes: dict[str, LineIndex] = {}
        self._sources: dict[str, list[str]] = {}
        self._hashes: dict[str, array[int]] = {}

    def lines(self, path: str) -> list[bytes] | None:
        """Give the file's lines, newlines kept, or None; they are not to be edited in place."""
        if path not in self._lines:
            state = self._tree.read(path)
            lines = None if state is None else split_lines(state.content)
            self._lines[path] = lines and [*map(self._known.setdefault, lines, lines)]
            self._modes[path] = None if state is None else state.mode
        return self._lines[path]

    def read(self, path: str) -> FileState | None:
        """Give the file as it is now, as a tree would."""
        lines = self.lines(path)
        return None if lines is None else FileState(b"".join(lines), self._modes.get(path))

    def mode(self, path: str) -> int | None:
        """Give its permission bits as they are now; None for a file that is not there."""
        self.lines(path)
        return self._modes.get(path)

    def set_mode(self, path: str, mode: int) -> None:
        """Change the permission bits of a file that is there."""
        self._modes[path] = mode

    def paths(self) -> frozenset[str]:
        """Give every path that is there now."""
        gone = {path for path in self._released if self._lines[path] is None}
        return (self._tree.paths() | self._released.keys()) - gone

    def exists(self, path: str) -> bool:
        """Tell whether the file is there now."""
        return self.lines(path) is not None

    def has_directory(self, path: str) -> bool:
        """Tell whether the directory is there as released, or holds a file that a patch made."""
        if self._tree.has_directory(path):
            return True
        below = f"{path}/"
        return any(p.startswith(below) and self._lines[p] is not None for p in self._released)

    def scopes(self, path: str) -> tuple[Scope, ...]:
        """Give the classes and functions of a Python file as they are now; none of another file."""
        if not path.endswith(".py"):
            return ()
        if path not in self._scopes:
            self._scopes[path] = find_scopes(b"".join(self.lines(path) or ()))
        return self._scopes[path]

    def tops(self, path: str) -> tuple[int, ...]:
        """Give the lines at which its outermost classes and functions begin, 0-based."""
        if path not in self._tops:
            self._tops[path] = find_tops(self.lines(path) or ())
        return self._tops[path]

    def index(self, path: str) -> LineIndex:
        """Give where its lines stand now; an empty one for a file that is not there."""
        if path not in self._indexes:
            self._indexes[path] = LineIndex(self.lines(path) or ())
        return self._indexes[path]

    def write(self, path: str, lines: list[bytes] | None) -> None:
        """Set the file; None takes it away."""
        if path not in self._released:
            self._released[path] = self.lines(path)
        self._lines[path] = lines
        self._scopes.pop(path, None)
        self._tops.pop(path, None)
        self._indexes.pop(path, None)
        self._hashes.pop(path, None)

    def splice(self, path: str, splices: Sequence[Splice]) -> None:
        """Change lines of the file, or make it when there is none."""
        before = self.lines(path) or []
        scopes, tops = self._scopes.get(path), self._tops.get(path)
        index = self._indexes.get(path)
        self.write(path, apply_splices(before, splices))
        if index is not None and _follow(index, before, splices):
            self._indexes[path] = index
        if scopes is not None and (moved := shift_scopes(scopes, before, splices)) is not None:
            self._scopes[path] = moved
        if tops is not None and (lines := shift_tops(tops, before, splices)) is not None:
            self._tops[path] = lines

    def contrasts(self) -> dict[str, tuple[Sequence[bytes], Sequence[bytes]]]:
        """Give the lines as released and as they are now of every file that was written to."""
        return {
            path: (self._released[path] or [], self._lines[path] or [])
            for path in sorted(self._released)
        }

    def changes(self) -> tuple[LockedFile, ...]:
        """Give the digests of every file that is not as released, sorted by path."""
        found = []
        for path in sorted(self._released):
            lines, state = self._lines[path], self._tree.read(path)
            before = None if state is None else state.sha256
            after = None if lines is None else hash_bytes(b"".join(lines))
            if before != after:
                found.append(LockedFile(path, before, after))
        return tuple(found)

    def sources(self, beside: str) -> Iterator[tuple[str, Sequence[bytes]]]:
        """Give the Python modules of the package that the path is in, tests left out."""
        for path in self.source_paths(beside):
            lines = self.lines(path)
            if lines is not None:
                yield path, lines

    def source_paths(self, beside: str) -> Sequence[str]:
        """Name these modules as they were released, sorted."""
        package = beside.partition("/")[0]
        if package not in self._sources:
            self._sources[package] = sorted(
                path
                for path in self._tree.paths()
                if path.startswith(f"{package}/") and path.endswith(".py") and "/tests/" not in path
            )
        return self._sources[package]

    def line_hashes(self, path: str) -> Sequence[int]:
        """Give the hash of each line of a file that is longer than `SHORT`, without indentation.

        That takes less memory than the lines of a whole package.
        """
        if path not in self._hashes:
            if path in self._lines:
                lines: Sequence[bytes] = self._lines[path] or ()
            else:
                state = self._tree.read(path)
                lines = split_lines(state.content) if state else ()
            bare = (line.strip() for line in lines)
            self._hashes[path] = array("q", {hash(line) for line in bare if len(line) > SHORT})
        return self._hashes[path]


def _follow(index: LineIndex, before: Sequence[bytes], splices: Sequence[Splice]) -> bool:
    """Bring an index to what splices make of these lines; False if it has to be made again."""
    last = [one.lines[-1] for one in splices if one.lines] + [*before[-1:]]
    if not all(line.endswith(b"\n") for line in last):
        return False  # a line may get its newline when another comes behind it
    return all(
        index.replace(one.start, before[one.start : one.stop], one.lines)
        for one in reversed(splices)
    )
