"""The journal: a change of many files that happens wholly or not at all.

New contents are staged beside their description; renaming the staging directory to `journal` is
the instant at which the change has happened. What follows only carries it out, can be done
again at any point, and is what the next command does after a kill.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.file import STATE_DIRECTORY, FileState, hash_bytes
from freebsd_port.core.overlay import OverlayError
from freebsd_port.errors import PortError
from freebsd_port.store.files import (
    describe_refusal,
    remove_bytecode,
    remove_directory,
    remove_empty_parents,
    remove_file,
    sync_directory,
    write_new,
)

LOCK_SECONDS = 60.0
STATE_FILE = f"{STATE_DIRECTORY}/state.json"
_POLL_SECONDS = 0.05


class BusyError(PortError):
    """Another process is changing the same tree."""


@dataclass(frozen=True, slots=True)
class Write:
    """One file to change; None means absent."""

    path: str
    before: str | None
    """Digest of what is there now."""

    after: FileState | None


@contextlib.contextmanager
def locked(root: Path, *, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold the tree against other freebsd-port processes; a kill lets it go.

    The lock is flock(2) on the root directory itself, so nothing is left behind.
    """
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise PortError("the tree cannot be opened", where=str(root)) from error
    try:
        _wait_for_lock(descriptor, root, time.monotonic() + seconds)
        yield
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int, root: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
        if time.monotonic() > deadline:
            raise BusyError(
                "another freebsd-port is working on this tree",
                where=str(root),
                hint="wait for it to end, then run the same command again",
            )
        time.sleep(_POLL_SECONDS)


def is_pending(root: Path) -> bool:
    """Tell whether an earlier command was cut off and left something to finish or undo."""
    state = root / STATE_DIRECTORY
    return (state / "journal").exists() or (state / "staging").exists()


def recover(root: Path) -> bool:
    """Finish a change that had happened, or undo one that had not; tell whether there was one.

    To be called with the lock held.
    """
    state = root / STATE_DIRECTORY
    found = False
    if (state / "journal").exists():
        _carry_out(root)
        found = True
    if (state / "staging").exists():
        remove_directory(state / "staging")
        found = True
    _drop_empty_state(root)
    return found


def commit(root: Path, writes: tuple[Write, ...], state: bytes | None) -> None:
    """Change all the files and the state file (None: take it away), wholly or not at all.

    To be called with the lock held and nothing pending. Raises WriteError with the old state
    untouched when the system refuses.
    """
    directory = root / STATE_DIRECTORY
    staging = directory / "staging"
    try:
        os.makedirs(staging)
        rows = [_stage(root, staging, number, write) for number, write in enumerate(writes)]
        rows.append(_stage_state(root, staging, state))
        write_new(staging / "index.json", json.dumps(rows).encode(), None, None)
        sync_directory(staging)
        os.rename(staging, directory / "journal")
        sync_directory(directory)
    except OSError as error:
        with contextlib.suppress(OSError):
            remove_directory(staging)
            _drop_empty_state(root)
        raise describe_refusal(error, root) from error
    try:
        _carry_out(root)
        _drop_empty_state(root)
    except OSError as error:
        failure = describe_refusal(error, root)
        failure.hint = "the change is recorded; cure the cause and run: freebsd-port status"
        raise failure from error


def _stage(root: Path, staging: Path, number: int, write: Write) -> dict[str, str | None]:
    after = None
    if write.after is not None:
        mode, owner = _attributes(root / write.path, write.after.mode)
        write_new(staging / str(number), write.after.content, mode, owner)
        after = write.after.sha256
    return {"path": write.path, "before": write.before, "after": after, "staged": str(number)}


def _stage_state(root: Path, staging: Path, state: bytes | None) -> dict[str, str | None]:
    before = None
    with contextlib.suppress(FileNotFoundError):
        before = hash_bytes((root / STATE_FILE).read_bytes())
    if state is not None:
        write_new(staging / "state", state, None, None)
    after = None if state is None else hash_bytes(state)
    return {"path": STATE_FILE, "before": before, "after": after, "staged": "state"}


def _attributes(path: Path, mode: int | None) -> tuple[int | None, tuple[int, int] | None]:
    try:
        status = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return mode, None
    return mode, (status.st_uid, status.st_gid)


def _carry_out(root: Path) -> None:
    """Put every staged file in its place; each step may have been done before."""
    journal = root / STATE_DIRECTORY / "journal"
    rows = json.loads((journal / "index.json").read_bytes())
    for row in rows:
        _require_known(root, row)
    for row in rows:
        target = root / row["path"]
        staged = journal / row["staged"]
        if row["after"] is None:
            remove_file(target)
            remove_bytecode(target)
            if row["path"] != STATE_FILE:
                remove_empty_parents(target, root)
        elif staged.exists():
            os.makedirs(target.parent, exist_ok=True)
            os.replace(staged, target)
            remove_bytecode(target)
        else:
            remove_bytecode(target)
    sync_directory(root)
    remove_directory(_retire(journal))


def _retire(journal: Path) -> Path:
    """Rename a finished journal so that a kill while removing it leaves only rubbish."""
    finished = journal.with_name("staging")
    os.rename(journal, finished)
    return finished


def _require_known(root: Path, row: dict[str, str | None]) -> None:
    """Refuse to go on over a file that somebody changed after the kill."""
    path = root / str(row["path"])
    try:
        digest: str | None = hash_bytes(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        digest = None
    if digest not in (row["before"], row["after"]):
        raise OverlayError(
            f"{row['path']} was changed while an interrupted command was still to be finished",
            where=str(root),
            hint=f"put back the file, or remove {STATE_DIRECTORY} and reinstall the distribution",
        )


def _drop_empty_state(root: Path) -> None:
    """Leave no trace when no patch is on."""
    directory = root / STATE_DIRECTORY
    if directory.exists() and not (root / STATE_FILE).exists():
        remove_directory(directory)
