"""Finding the file that a file became: by its bytes, its name, or most of its content, as git does.

Source: git's diffcore-rename. Code that moved to a file which was there before is `moved_code`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Protocol

from freebsd_port.engine.core.text.file import FileState, split_lines

_LEAST_ALIKE = 0.5
_LEAST_ALIKE_BY_NAME = 0.75
"""What a file of the same name must have in common, where no other one has that name."""

_CHUNK = 64


class Files(Protocol):
    """One version of a tree."""

    def paths(self) -> frozenset[str]:
        """Give every path."""

    def read(self, path: str) -> FileState | None:
        """Give a file."""


class RenameFinder:
    """Two versions of a tree, and what was found out about their files."""

    def __init__(self, base: Files, other: Files) -> None:
        self._base, self._other = base, other
        before, behind = base.paths(), other.paths()
        self._gone = sorted(before - behind)
        self._come = sorted(behind - before)
        self._by_content: dict[bytes, list[str]] | None = None
        self._weights: dict[tuple[bool, str], Counter[bytes]] = {}

    def without(self, paths: Collection[str]) -> RenameFinder:
        """Forget the content of files that are written to."""
        self._by_content = None
        self._weights = {key: one for key, one in self._weights.items() if key[1] not in paths}
        return self

    def find(self, path: str) -> str | None:
        """Give what a file of the base is called in the other version, or None.

        The path is in the base and not in the other version.
        """
        content = self._content(self._base, path)
        if not content:
            return None
        same = self._same(content)
        if same:
            name = _name(path)
            return next((one for one in same if _name(one) == name), same[0])
        free = [one for one in self._come if not self._is_taken(one)]
        named = [one for one in free if _name(one) == _name(path)]
        alike_named = [one for one in self._gone if _name(one) == _name(path)]
        if len(named) == 1 and len(alike_named) == 1:
            likeness = self._likeness(path, named[0])
            if likeness >= _LEAST_ALIKE_BY_NAME:
                return named[0]
        scored = [(self._likeness(path, one), _name(one) == _name(path), one) for one in free]
        best = max(scored, key=lambda score: score[:2], default=None)
        return best[2] if best and best[0] >= _LEAST_ALIKE else None

    def _same(self, content: bytes) -> list[str]:
        """Name the new files with exactly this content."""
        if self._by_content is None:
            self._by_content = {}
            for one in self._come:
                self._by_content.setdefault(self._content(self._other, one), []).append(one)
        return self._by_content.get(content, [])

    def _is_taken(self, new: str) -> bool:
        """Tell whether a file of the base, gone from the other version, went there unchanged."""
        content = self._content(self._other, new)
        return any(
            self._content(self._base, one) == content
            for one in self._gone
            if _name(one) == _name(new)
        )

    def _likeness(self, old: str, new: str) -> float:
        mine, theirs = self._weigh(False, old), self._weigh(True, new)
        size = max(mine.total(), theirs.total())
        if min(mine.total(), theirs.total()) < _LEAST_ALIKE * size:
            return 0.0
        return (mine & theirs).total() / size if size else 0.0

    def _weigh(self, is_other: bool, path: str) -> Counter[bytes]:
        if (is_other, path) not in self._weights:
            tree = self._other if is_other else self._base
            self._weights[is_other, path] = weigh(self._content(tree, path))
        return self._weights[is_other, path]

    @staticmethod
    def _content(tree: Files, path: str) -> bytes:
        state = tree.read(path)
        return state.content if state else b""


def weigh(content: bytes) -> Counter[bytes]:
    """Count the bytes of each line, lines of more than 64 bytes being cut."""
    found: Counter[bytes] = Counter()
    for line in split_lines(content):
        for at in range(0, len(line), _CHUNK):
            chunk = line[at : at + _CHUNK]
            found[chunk] += len(chunk)
    return found


def are_alike(old: Sequence[bytes], new: Sequence[bytes]) -> bool:
    """Tell whether two files have so much in common that git takes one for the other renamed."""
    mine, theirs = weigh(b"".join(old)), weigh(b"".join(new))
    size = max(mine.total(), theirs.total())
    return size > 0 and (mine & theirs).total() >= _LEAST_ALIKE * size


def _name(path: str) -> str:
    return path.rpartition("/")[2]
