"""A draft: the files of a tree as a series changes them in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from freebsd_port.engine.core.apply.changed_file import ChangedFile
from freebsd_port.engine.core.text.file import FileState, Tree, require_no_file_above, split_lines


@dataclass(frozen=True, slots=True)
class DraftFile:
    """One file as it is at some point of the series."""

    lines: list[bytes]
    """Newlines kept; never edited in place."""

    mode: int | None


class Draft:
    """Files by path, read from the tree when first asked for and changed only here.

    A git-style patch means every file as it was before the patch, so that two files can swap
    their names: what it writes is held back until the patch ends, or until it comes to a file
    for the second time (two diffs in one patch file). New files appear, and other diffs are
    written, at once. A removed file counts as gone at once but goes when the patch ends.
    Source: GNU patch, behaviour on git-style diffs.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._before: dict[str, FileState | None] = {}
        self._files: dict[str, DraftFile | None] = {}
        self._held: dict[str, DraftFile] = {}
        self._claimed: set[str] = set()
        self._doomed: set[str] = set()
        self._directories: set[str] = set()
        self._is_git = False

    def exists(self, path: str) -> bool:
        """Tell whether the file is there now."""
        return path not in self._doomed and self._find(path) is not None

    def has_directory(self, path: str) -> bool:
        """Tell whether the directory is there, or would be by what the series created."""
        return path in self._directories or self._tree.has_directory(path)

    def lines(self, path: str) -> Sequence[bytes] | None:
        """Give the file as it is between two patches, or None; not to be edited in place."""
        file = self._find(path)
        return file.lines if file is not None else None

    def original(self, path: str) -> Sequence[bytes] | None:
        """Give the file as the tree has it, or None."""
        state = self._before[path] if path in self._before else self._tree.read(path)
        return split_lines(state.content) if state is not None else None

    def begin(self, *, is_git: bool) -> None:
        """Begin a change, before its target is looked for."""
        if self._is_git != is_git:
            self._release()
        self._is_git = is_git

    def open(self, target: ChangedFile) -> DraftFile | None:
        """Give the file that the change reads, None when it is not there."""
        source, path = target.source, target.path
        is_there = self.exists(path) if source == path else self._find(path) is not None
        if self._is_git and is_there:
            if path in self._claimed:
                self._release()
                return self._find(source)
            self._claimed.add(path)
        return self._find(source) if self.exists(source) else None

    def write(self, path: str, file: DraftFile, *, is_new: bool) -> None:
        """Set the file; held back for git-style changes of anything but a new file."""
        if self._is_git and not is_new:
            self._held[path] = file
        else:
            self._put(path, file)

    def remove(self, path: str) -> None:
        """Take the file away, unless something is written there before the patch ends."""
        self._doomed.add(path)

    def end_patch(self) -> None:
        """Carry out what was held back."""
        self._release()
        for path in self._doomed:
            self._files[path] = None
        self._doomed.clear()
        self._claimed.clear()
        self._is_git = False

    def require_room(self, path: str) -> None:
        """Raise PathError for a new file with a file where its directory would have to be."""
        if self.exists(path) and self._before[path] is None:
            require_no_file_above(path, self._tree.has_directory, self.exists)

    def changes(self) -> Iterator[tuple[str, FileState | None, FileState | None]]:
        """Give (path, before, after) of each file looked at, sorted by path."""
        for path in sorted(self._files):
            file = self._files[path]
            after = FileState(b"".join(file.lines), file.mode) if file is not None else None
            yield path, self._before[path], after

    def _release(self) -> None:
        for path, file in self._held.items():
            self._put(path, file)
        self._held.clear()

    def _put(self, path: str, file: DraftFile) -> None:
        if self._find(path) is None:
            self._directories.update(str(parent) for parent in PurePosixPath(path).parents)
        self._files[path] = file
        self._doomed.discard(path)
        self._claimed.discard(path)

    def _find(self, path: str) -> DraftFile | None:
        if path not in self._files:
            state = self._tree.read(path)
            self._before[path] = state
            self._files[path] = DraftFile(split_lines(state.content), state.mode) if state else None
        return self._files[path]
