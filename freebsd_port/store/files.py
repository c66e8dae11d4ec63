"""Writing, renaming and removing files, one system call at a time.

Everything goes through `os` functions, never a buffered file, so that a fault can be put at
each single write in the tests.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from freebsd_port.errors import PortError


class WriteError(PortError):
    """The system refused a write; nothing of the change is visible."""


def describe_refusal(error: OSError, path: Path) -> WriteError:
    """Turn the system's refusal into what the user can act on."""
    hints = {
        errno.EROFS: "remount it writable, or make another environment with --venv",
        errno.EACCES: "run as the owner of the environment",
        errno.EPERM: "run as the owner of the environment",
        errno.ENOSPC: "free some space and run the same command again",
        errno.EDQUOT: "free some space and run the same command again",
    }
    reason = (error.strerror or str(error)).lower()
    return WriteError(
        f"cannot write: {reason}",
        where=str(error.filename or path),
        hint=hints.get(error.errno or 0),
    )


def write_new(path: Path, content: bytes, mode: int | None, owner: tuple[int, int] | None) -> None:
    """Make a file that is not there yet, on disk before this returns.

    `mode` None leaves the umask's choice; `owner` is (uid, gid) and takes effect for root only.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        if mode is not None:
            os.fchmod(descriptor, mode)
        if owner is not None and os.geteuid() == 0:
            os.fchown(descriptor, *owner)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Bring the names in a directory to the disk, where the system can do that."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_file(path: Path) -> None:
    """Remove a file; one that is gone already is fine."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_directory(path: Path) -> None:
    """Remove a flat or nested directory of plain files; one that is gone is fine."""
    try:
        names = os.listdir(path)
    except FileNotFoundError:
        return
    for name in names:
        entry = path / name
        if entry.is_dir() and not entry.is_symlink():
            remove_directory(entry)
        else:
            remove_file(entry)
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(path)


def remove_empty_parents(path: Path, root: Path) -> None:
    """Remove the directories above a removed file that it left empty, up to the root."""
    directory = path.parent
    while directory != root and root in directory.parents:
        try:
            os.rmdir(directory)
        except OSError:
            return
        directory = directory.parent


def remove_bytecode(source: Path) -> None:
    """Remove what was compiled from a module, for every interpreter."""
    if source.suffix != ".py":
        return
    cache = source.parent / "__pycache__"
    try:
        names = os.listdir(cache)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        if name.startswith(source.stem + ".") and name.endswith(".pyc"):
            remove_file(cache / name)
