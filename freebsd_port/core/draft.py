"""A draft: the files of a tree as a series changes them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from freebsd_port.core.file import FileState, PathError, Tree, split_lines


@dataclass(slots=True)
class _DraftFile:
    before: FileState | None
    lines: list[bytes]
    mode: int | None
    is_there: bool


class Draft:
    """Files by path, read from the tree when first asked for and changed only here."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[str, _DraftFile] = {}

    def exists(self, path: str) -> bool:
        """Tell whether the file is there now."""
        return self._open(path).is_there

    def has_directory(self, path: str) -> bool:
        """Tell whether the directory is there, or would be by what the series created."""
        return self._tree.has_directory(path) or any(
            file.is_there and name.startswith(path + "/") for name, file in self._files.items()
        )

    def lines(self, path: str) -> list[bytes]:
        """Give the lines themselves, to be edited in place; empty for an absent file."""
        return self._open(path).lines

    def start(self, source: str, path: str, *, is_copy: bool) -> None:
        """Begin a change: the file is there from now on, moved or copied when source differs.

        Raises PathError when a rename or copy would replace another file.
        """
        file = self._open(path)
        if source != path:
            origin = self._open(source)
            if file.is_there:
                raise PathError(f"{path} is there already, {source} cannot take its name")
            file.lines, file.mode = list(origin.lines), origin.mode
            if not is_copy:
                self.remove(source)
        file.is_there = True

    def remove(self, path: str) -> None:
        """Take the file away."""
        file = self._open(path)
        file.lines, file.mode, file.is_there = [], None, False

    def set_mode(self, path: str, mode: int) -> None:
        """Set the permission bits."""
        self._open(path).mode = mode

    def changes(self) -> Iterator[tuple[str, FileState | None, FileState | None]]:
        """Give (path, before, after) of each file looked at, sorted by path."""
        for path in sorted(self._files):
            file = self._files[path]
            after = FileState(b"".join(file.lines), file.mode) if file.is_there else None
            yield path, file.before, after

    def _open(self, path: str) -> _DraftFile:
        file = self._files.get(path)
        if file is None:
            state = self._tree.read(path)
            lines = split_lines(state.content) if state else []
            file = _DraftFile(state, lines, state.mode if state else None, state is not None)
            self._files[path] = file
        return file
