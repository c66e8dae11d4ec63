"""The journal: a change of many files that happens wholly or not at all.

New contents are staged beside their description; renaming the staging directory to `journal` is
the instant at which the change has happened. What follows only carries it out, can be done
again at any point, and is what the next command does after a kill.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from freebsd_port.core.file import (
    STATE_DIRECTORY,
    FileState,
    PathError,
    hash_bytes,
    require_no_file_above,
)
from freebsd_port.core.journal import STATE_FILE, Row
from freebsd_port.core.overlay import OverlayError
from freebsd_port.store.carry import carry_out, digest_file
from freebsd_port.store.files import (
    describe_refusal,
    is_directory,
    make_directory,
    remove_directory,
    sync_directory,
    write_new,
)
from freebsd_port.store.pristine import save_pristine
from freebsd_port.store.tree import DirectoryTree


@dataclass(frozen=True, slots=True)
class Write:
    """One file to change; None means absent."""

    path: str
    before: str | None
    """Digest of what is there now."""

    after: FileState | None

    directory_mode: int | None = None
    """Permission bits of directories made for it; None leaves the umask's choice."""


def is_pending(root: Path) -> bool:
    """Tell whether an earlier command was cut off and left something to finish or undo."""
    state = root / STATE_DIRECTORY
    return is_directory(state) and any(
        os.path.lexists(state / name) for name in ("journal", "staging")
    )


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

    `originals`, by digest, are kept before anything else. To be called with the lock held and
    nothing pending. Raises WriteError with the old state untouched when the system refuses, or,
    when it refuses only after the change has happened, with a hint that says so. Raises
    OverlayError when a file was changed by somebody else meanwhile; that one stays as it is.
    Raises PathError when a file stands where a directory would have to be.
    """
    _require_room(root, writes)
    directory = root / STATE_DIRECTORY
    staging = directory / "staging"
    try:
        mode, owner = _state_attributes(root)
        if not is_directory(directory):
            make_directory(directory, mode, owner)
            sync_directory(root)
        remove_directory(staging)
        if originals:
            save_pristine(root, originals, mode, owner)
        make_directory(staging, mode, owner)
        rows = [_stage(root, staging, number, write) for number, write in enumerate(writes)]
        rows.append(Row(STATE_FILE, digest_file(root / STATE_FILE), None, "state"))
        if state is not None:
            write_new(staging / "state", state, mode & 0o666, owner)
            rows[-1] = replace(rows[-1], after=hash_bytes(state))
        index = json.dumps([asdict(row) for row in rows]).encode()
        write_new(staging / "index.json", index, mode & 0o666, owner)
        sync_directory(staging)
        os.rename(staging, directory / "journal")
    except OSError as error:
        with contextlib.suppress(OSError):
            remove_directory(staging)
            _drop_empty_state(root)
        raise describe_refusal(error, root) from error
    try:
        sync_directory(directory)
        changed = carry_out(root)
        _drop_empty_state(root)
    except OSError as error:
        failure = describe_refusal(error, root)
        failure.hint = "the change is recorded; cure the cause and the next command finishes it"
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


def _stage(root: Path, staging: Path, number: int, write: Write) -> Row:
    if write.after is not None:
        owner = _owner(root, write.path)
        write_new(staging / str(number), write.after.content, write.after.mode, owner)
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
    """Leave no trace when no patch is on."""
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
