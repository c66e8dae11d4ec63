"""A draft: the files of a tree as a series changes them in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from freebsd_port.engine.core.apply.changed_file import ChangedFile
from freebsd_port.engine.core.text.file import FileState, Tree, require_no_file_above, split_lines


@dataclass(frozen=True, slots=True, eq=False)
class DraftFile:
    """One file as it is at some point of the series; every write makes another one."""

    lines: list[bytes]
    """Newlines kept; never edited in place."""

    mode: int | None


class Draft:
    """Files by path, read from the tree when first asked for and changed only here.

    A git-style diff means every file as it was before the patch, so that two files can swap
    their names and a copy can come from a file that the patch edits. What such a diff writes
    waits until the patch ends, until a diff of another style follows, or until a diff is about a
    file that an earlier one was about: then the patch holds several commits, and all that waits
    is written. New files appear, and other diffs are written, at once. A removed file counts as
    gone at once but goes when the patch ends, unless it was written again.
    Source: GNU patch 2.7.6, output_file and delete_file_later of src/patch.c.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._before: dict[str, FileState | None] = {}
        self._files: dict[str, DraftFile | None] = {}
        self._waiting: list[tuple[str, DraftFile]] = []
        self._met: set[DraftFile] = set()
        """Files as git-style diffs of this patch found them in their place."""
        self._doomed: dict[DraftFile, str] = {}
        self._directories: set[str] = set()
        self._is_git = False

    def exists(self, path: str) -> bool:
        """Tell whether the file is there now."""
        file = self._find(path)
        return file is not None and file not in self._doomed

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

    def open(self, target: ChangedFile, *, is_git: bool) -> DraftFile | None:
        """Give the file that the next change reads, None when it is not there.

        The target was chosen before: what waits does not exist for the choice of a name. Once
        it is written, a removed file that was not written again is there after all.
        """
        is_released = self._is_git and not is_git
        there = self._find(target.path)
        if is_git and there is not None:
            if target.source == target.path and there in self._doomed:
                return None
            is_released = there in self._met
        if is_released:
            self._release()
            there = self._find(target.path)
        if is_git and there is not None:
            self._met.add(there)
        self._is_git = is_git
        is_there = is_released or self.exists(target.source)
        return self._find(target.source) if is_there else None

    def write(self, path: str, file: DraftFile, *, is_new: bool) -> None:
        """Set the file; git-style changes of anything but a new file wait."""
        if self._is_git and not is_new:
            self._waiting.append((path, file))
        else:
            self._put(path, file)

    def remove(self, path: str, file: DraftFile | None) -> None:
        """Take away what a change read there, unless it is written over before the patch ends."""
        if file is not None:
            self._doomed[file] = path

    def end_patch(self) -> None:
        """Carry out what waits."""
        self._release()
        for path in self._doomed.values():
            self._files[path] = None
        self._doomed.clear()
        self._met.clear()
        self._is_git = False

    def fork(self) -> Draft:
        """Give another draft that begins as this one is between two patches."""
        other = Draft(self._tree)
        other._before |= self._before
        other._files |= self._files
        other._directories |= self._directories
        return other

    def state(self, path: str) -> tuple[Sequence[bytes], int | None] | None:
        """Give lines and permission bits as they are between two patches, or None."""
        file = self._find(path)
        return (file.lines, file.mode) if file is not None else None

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
        for path, file in self._waiting:
            self._put(path, file)
        self._waiting.clear()

    def _put(self, path: str, file: DraftFile) -> None:
        replaced = self._find(path)
        if replaced is None:
            self._directories.update(str(parent) for parent in PurePosixPath(path).parents)
        else:
            self._doomed.pop(replaced, None)
        self._files[path] = file

    def _find(self, path: str) -> DraftFile | None:
        if path not in self._files:
            state = self._tree.read(path)
            self._before[path] = state
            self._files[path] = DraftFile(split_lines(state.content), state.mode) if state else None
        return self._files[path]
