"""The overlay's own state below the root of a tree: what is on, and the files as they were."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.file import STATE_DIRECTORY, FileState, Tree, hash_bytes
from freebsd_port.core.overlay import OverlayError, OverlayFile, OverlayState, parse_state
from freebsd_port.store.files import describe_refusal, remove_file, write_new
from freebsd_port.store.journal import STATE_FILE
from freebsd_port.store.tree import DirectoryTree

PRISTINE = f"{STATE_DIRECTORY}/pristine"


def load_state(root: Path) -> OverlayState:
    """Read what is on; an empty state when the tree has no overlay."""
    try:
        data = (root / STATE_FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return OverlayState()
    return parse_state(data, where=str(root / STATE_FILE))


def save_pristine(root: Path, originals: dict[str, bytes]) -> None:
    """Keep the originals, by digest; raises WriteError. Harmless when the change never comes."""
    directory = root / PRISTINE
    try:
        os.makedirs(directory, exist_ok=True)
        for digest, content in originals.items():
            kept = directory / digest
            if not kept.exists():
                partial = directory / f"{digest}.partial"
                remove_file(partial)
                write_new(partial, content, None, None)
                os.rename(partial, kept)
    except OSError as error:
        raise describe_refusal(error, directory) from error


def load_pristine(root: Path, digest: str) -> bytes:
    """Give an original back, verified; raises OverlayError when it is gone or damaged."""
    path = root / PRISTINE / digest
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = None
    if content is None or hash_bytes(content) != digest:
        raise OverlayError(
            "the kept original of a patched file is damaged"
            if content
            else "the kept original of a patched file is gone",
            where=str(path),
            hint="reinstall the pinned distribution, then run: freebsd-port apply",
        )
    return content


def prune_pristine(root: Path, state: OverlayState) -> None:
    """Drop originals that nothing refers to any more; failing to is no failure."""
    directory = root / PRISTINE
    needed = {entry.before for entry in state.files}
    try:
        for name in os.listdir(directory):
            if name not in needed:
                remove_file(directory / name)
    except OSError:
        return


@dataclass(frozen=True, slots=True)
class Condition:
    """How one overlay file is found: patched, pristine, edited or gone."""

    entry: OverlayFile
    found: FileState | None

    @property
    def kind(self) -> str:
        """Give the condition in one word."""
        digest = self.found.sha256 if self.found else None
        if digest == self.entry.after:
            return "patched"
        if digest == self.entry.before:
            return "pristine"
        return "gone" if digest is None else "edited"


def inspect_files(tree: Tree, state: OverlayState) -> tuple[Condition, ...]:
    """Read and hash every file of the overlay, in its order."""
    return tuple(Condition(entry, tree.read(entry.path)) for entry in state.files)


class BaseTree:
    """A tree as it was before the overlay: originals where there are any, files elsewhere."""

    def __init__(self, root: Path, state: OverlayState) -> None:
        self._tree = DirectoryTree(root)
        self._root = root
        self._entries = {entry.path: entry for entry in state.files}

    def read(self, path: str) -> FileState | None:
        """Give the original bytes and mode, or None when the file came with the overlay."""
        entry = self._entries.get(path)
        if entry is None:
            return self._tree.read(path)
        if entry.before is None:
            return None
        return FileState(load_pristine(self._root, entry.before), entry.before_mode)

    def has_directory(self, path: str) -> bool:
        """Tell whether the directory is there."""
        return self._tree.has_directory(path)
