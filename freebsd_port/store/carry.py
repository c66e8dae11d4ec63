"""Carrying out a journal: every staged file to its place, as often as it takes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from freebsd_port.core.file import STATE_DIRECTORY, PathError, hash_bytes
from freebsd_port.core.journal import STATE_FILE, Row, parse_rows
from freebsd_port.core.overlay import OverlayError
from freebsd_port.store.files import (
    make_directories,
    place_file,
    remove_bytecode,
    remove_directory,
    remove_empty_parents,
    remove_file,
    sync_directory,
)
from freebsd_port.store.tree import DirectoryTree


def carry_out(root: Path) -> tuple[str, ...]:
    """Put every staged file in its place; each step may have been done before.

    Give the paths left alone, because what is there is neither the old nor the new file.
    Removals come first, since a file may take the place of a directory.
    """
    journal = root / STATE_DIRECTORY / "journal"
    rows = _load_rows(root, journal)
    tree = DirectoryTree(root)
    changed: list[str] = []
    parents: set[Path] = set()
    for row in sorted(rows, key=lambda row: row.after is not None):
        target = root / row.path
        if not _put(tree, row, target, journal / row.staged):
            changed.append(row.path)
            continue
        remove_bytecode(target)
        if row.after is None and row.path != STATE_FILE:
            remove_empty_parents(target, root)
        parents.add(target.parent)
    for parent in sorted(parents | {root}):
        if parent.is_dir():
            sync_directory(parent)
    remove_directory(_retire(journal))
    return tuple(changed)


def _put(tree: DirectoryTree, row: Row, target: Path, staged: Path) -> bool:
    """Bring one file to its new state; tell False when somebody else changed it."""
    try:
        tree.has_directory(row.path.rpartition("/")[0])
    except PathError:
        return False
    now = digest_file(target)
    if row.after is not None and os.path.lexists(staged):
        if now not in (row.before, row.after):
            return False
        make_directories(target.parent, row.directory_mode)
        place_file(staged, target)
    elif row.after is None and now is not None:
        if now != row.before:
            return False
        remove_file(target)
    return now in (row.before, row.after)


def _load_rows(root: Path, journal: Path) -> tuple[Row, ...]:
    """Read the description; raises OverlayError unless all it names is inside and as it says."""
    where = str(journal / "index.json")
    try:
        rows = parse_rows((journal / "index.json").read_bytes(), where=where)
    except FileNotFoundError as error:
        raise OverlayError(
            "the journal of an interrupted command has no index",
            where=where,
            hint=f"remove {root / STATE_DIRECTORY} and reinstall the distribution",
        ) from error
    for row in rows:
        staged = journal / row.staged
        if row.after is not None and os.path.lexists(staged) and digest_file(staged) != row.after:
            raise OverlayError("the journal holds other bytes than it says", where=str(staged))
    return rows


def digest_file(path: Path) -> str | None:
    """Give the digest of a regular file, None for nothing, a word for anything else."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return "not a regular file"
    except (FileNotFoundError, NotADirectoryError):
        return None
    return hash_bytes(path.read_bytes())


def _retire(journal: Path) -> Path:
    """Rename a finished journal so that a kill while removing it leaves only rubbish."""
    finished = journal.with_name("staging")
    os.rename(journal, finished)
    return finished
