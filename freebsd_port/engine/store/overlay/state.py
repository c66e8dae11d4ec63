"""What is on a tree: the overlay's state, its files as found, and the tree as it was before."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.overlay import (
    STATE_FILE,
    OverlayError,
    OverlayFile,
    OverlayState,
    parse_state,
)
from freebsd_port.engine.core.text.file import STATE_DIRECTORY, FileState, PathError, Tree
from freebsd_port.engine.store.files.tree import DirectoryTree, open_itself
from freebsd_port.engine.store.files.write import is_directory
from freebsd_port.engine.store.overlay.originals import find_pristine, load_pristine
from freebsd_port.errors import system_words


def load_state(root: Path) -> OverlayState:
    """Read what is on; an empty state when the tree has no overlay.

    Needs no right to write. Raises OverlayError when it is damaged or not to be read, PortError
    when a link leads to it.
    """
    path = root / STATE_FILE
    if not is_directory(root / STATE_DIRECTORY):
        return OverlayState()
    try:
        descriptor = open_itself(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            return parse_state(file.read(), where=str(path))
    except FileNotFoundError:
        return OverlayState()
    except OSError as error:
        raise OverlayError(
            f"the overlay's state cannot be read: {system_words(error)}",
            where=str(path),
            hint="run as the owner of the environment",
        ) from error


def has_state(root: Path) -> bool:
    """Tell whether the tree has an overlay's state file, readable or not."""
    return os.path.lexists(root / STATE_FILE)


def is_pending(root: Path) -> bool:
    """Tell whether an earlier command was cut off and left something to finish or undo."""
    state = root / STATE_DIRECTORY
    return is_directory(state) and any(
        os.path.lexists(state / name) for name in ("journal", "staging")
    )


@dataclass(frozen=True, slots=True)
class Condition:
    """How one overlay file is found: patched, pristine, edited, gone or unsafe."""

    entry: OverlayFile
    found: FileState | None
    fault: PathError | None = None
    """Why what is there may not even be read, such as a link."""

    @property
    def kind(self) -> str:
        """Give the condition in one word."""
        if self.fault is not None:
            return "unsafe"
        digest = self.found.sha256 if self.found else None
        if digest == self.entry.after:
            return "patched"
        if digest == self.entry.before:
            return "pristine"
        return "gone" if digest is None else "edited"


def inspect_files(tree: Tree, state: OverlayState) -> tuple[Condition, ...]:
    """Read and hash every file of the overlay, in its order."""
    return tuple(_inspect(tree, entry) for entry in state.files)


def _inspect(tree: Tree, entry: OverlayFile) -> Condition:
    try:
        if entry.after is None and tree.has_directory(entry.path):
            return Condition(entry, None)  # a patch made a directory of the file
        return Condition(entry, tree.read(entry.path))
    except PathError as error:
        return Condition(entry, None, error)


class BaseTree:
    """A tree as it was before the overlay: originals where there are any, files elsewhere."""

    def __init__(self, root: Path, state: OverlayState) -> None:
        self._tree = DirectoryTree(root)
        self._root = root
        self._entries = {entry.path: entry for entry in state.files}

    def read(self, path: str) -> FileState | None:
        """Give the original bytes and mode, or None when the file came with the overlay.

        An original that was lost is taken from the tree where it was installed again; otherwise
        raises OverlayError.
        """
        entry = self._entries.get(path)
        if entry is None:
            return self._tree.read(path)
        if entry.before is None:
            return None
        content = find_pristine(self._root, entry.before)
        if content is None:
            found = self._tree.read(path)
            if found is None or found.sha256 != entry.before:
                content = load_pristine(self._root, entry.before)
            else:
                content = found.content
        return FileState(content, entry.before_mode)

    def has_directory(self, path: str) -> bool:
        """Tell whether the directory is there."""
        return self._tree.has_directory(path)
