"""The journal: a change of many files that happens completely or not at all.

New contents are staged beside their description; renaming the staging directory to `journal` is
the instant of the change. What follows only carries it out: it can be repeated at any point, and
is what the next command does after a kill.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from freebsd_port.engine.core.apply.journal import Row, parse_rows, render_rows
from freebsd_port.engine.core.apply.overlay import STATE_FILE, OverlayError
from freebsd_port.engine.core.text.file import (
    STATE_DIRECTORY,
    FileState,
    PathError,
    hash_bytes,
    require_no_file_above,
)
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.engine.store.files.write import (
    NewFiles,
    describe_refusal,
    is_directory,
    make_directories,
    make_directory,
    place_file,
    remove_bytecode,
    remove_directory,
    remove_empty_parents,
    remove_file,
    sync_directories,
)
from freebsd_port.engine.store.overlay.originals import PRISTINE, place_pristine, stage_pristine
from freebsd_port.engine.store.overlay.state import is_pending


def carry_out(root: Path, rows: tuple[Row, ...] | None = None) -> tuple[str, ...]:
    """Put every staged file in its place; each step may have been done before.

    `rows` None reads the journal that was found, and hashes what it holds; a process that has
    just written the journal hands its rows in. Give the paths left alone, because what is there
    is neither the old nor the new file. Removals come first, since a file may take the place of
    a directory.
    """
    journal = root / STATE_DIRECTORY / "journal"
    rows = _load_rows(root, journal) if rows is None else rows
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
    sync_directories(*(parent for parent in sorted(parents | {root}) if parent.is_dir()))
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
            raise OverlayError("the journal does not match its own digests", where=str(staged))
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


@dataclass(frozen=True, slots=True)
class Write:
    """One file to change; None means absent."""

    path: str
    before: str | None
    """Digest of what is there now."""

    after: FileState | None

    directory_mode: int | None = None
    """Permission bits of directories made for it; None leaves the umask's choice."""


def recover(root: Path) -> bool:
    """Finish a change that had happened, or undo one that had not; tell whether there was one.

    A file that somebody changed in between is left as it is, for the caller to find. To be
    called with the lock held. Raises WriteError when the system refuses, OverlayError for a
    journal that this project did not write.
    """
    state = root / STATE_DIRECTORY
    if not is_directory(state):
        return False
    found = is_pending(root)
    try:
        if is_directory(state / "journal"):
            carry_out(root)
        if found:
            remove_directory(state / "staging")
    except OSError as error:
        raise describe_refusal(error, root) from error
    with contextlib.suppress(OSError):
        _drop_empty_state(root)
    return found


def commit(
    root: Path,
    writes: tuple[Write, ...],
    state: bytes | None,
    originals: Mapping[str, bytes] | None = None,
) -> None:
    """Change all the files and the state file (None: take it away), wholly or not at all.

    `originals`, by digest, are on disk before anything is changed. To be called with the lock
    held and nothing pending. Raises WriteError with the old state untouched when the system
    refuses, or, when it refuses only after the change has happened, with a hint that says so.
    Raises OverlayError when a file was changed by somebody else meanwhile; that one stays as it
    is. Raises PathError when a file stands where a directory would have to be.
    """
    _require_room(root, writes)
    directory = root / STATE_DIRECTORY
    staging = directory / "staging"
    try:
        mode, owner = _state_attributes(root)
        named = [staging]
        if not is_directory(directory):
            make_directory(directory, mode, owner)
            named.append(root)
        remove_directory(staging)
        with NewFiles() as files:
            kept = stage_pristine(root, originals, mode, owner, files) if originals else ()
            make_directory(staging, mode, owner)
            rows = [_stage(root, staging, *each, files) for each in enumerate(writes)]
            rows.append(Row(STATE_FILE, digest_file(root / STATE_FILE), None, "state"))
            if state is not None:
                files.write(staging / "state", state, mode & 0o666, owner)
                rows[-1] = replace(rows[-1], after=hash_bytes(state))
            index = render_rows(tuple(rows))
            files.write(staging / "index.json", index, mode & 0o666, owner)
        if kept:
            place_pristine(kept)
            named.append(root / PRISTINE)
        sync_directories(*named)
        os.rename(staging, directory / "journal")
    except OSError as error:
        with contextlib.suppress(OSError):
            remove_directory(staging)
            _drop_empty_state(root)
        raise describe_refusal(error, root) from error
    try:
        sync_directories(directory)
        changed = carry_out(root, tuple(rows))
        _drop_empty_state(root)
    except OSError as error:
        failure = describe_refusal(error, root)
        failure.hint = "the change is recorded; fix the cause, and the next command completes it"
        raise failure from error
    if changed:
        raise OverlayError(
            f"{', '.join(changed)}: changed by somebody else at the same time, left as it is",
            where=str(root),
            hint="freebsd-port status",
        )


def _state_attributes(root: Path) -> tuple[int, tuple[int, int]]:
    """Give mode and owner for the state: who can read the tree can read what is on it."""
    status = os.stat(root)
    return stat.S_IMODE(status.st_mode) & 0o777 | 0o700, (status.st_uid, status.st_gid)


def _stage(root: Path, staging: Path, number: int, write: Write, files: NewFiles) -> Row:
    if write.after is not None:
        owner = _owner(root, write.path)
        files.write(staging / str(number), write.after.content, write.after.mode, owner)
    after = write.after.sha256 if write.after else None
    return Row(write.path, write.before, after, str(number), write.directory_mode)


def _owner(root: Path, path: str) -> tuple[int, int] | None:
    """Give whose the file is now; for a new one, root makes it the directory's owner's."""
    target = root / path
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        status = os.lstat(target)
        return status.st_uid, status.st_gid
    if os.geteuid() != 0:
        return None
    above = target.parent
    while not above.is_dir():
        above = above.parent
    status = os.stat(above)
    return (status.st_uid, status.st_gid) if status.st_uid else None


def _drop_empty_state(root: Path) -> None:
    """Leave no trace when no patch is applied."""
    directory = root / STATE_DIRECTORY
    if is_directory(directory) and not os.path.lexists(root / STATE_FILE):
        remove_directory(directory)


def _require_room(root: Path, writes: tuple[Write, ...]) -> None:
    """Refuse what could be recorded but not carried out."""
    tree = DirectoryTree(root)
    gone = {write.path for write in writes if write.after is None}
    for write in writes:
        if write.after is None:
            continue
        try:
            require_no_file_above(
                write.path,
                tree.has_directory,
                lambda path: path not in gone and tree.read(path) is not None,
            )
        except PathError as error:
            raise PathError(error.what, where=str(root), hint="move that file") from error
