"""The lock of a tree: one process at a time changes it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from freebsd_port.errors import PortError, system_words

LOCK_SECONDS = 60.0
_POLL_SECONDS = 0.05


class BusyError(PortError):
    """Another process is changing the same tree."""


class UnlockableError(PortError):
    """The tree is not there, or its file system has no locks."""


@contextlib.contextmanager
def locked(root: Path, *, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold the tree against other freebsd-port processes; a kill lets it go.

    The lock is flock(2) on the root directory itself: it needs no right to write and leaves
    nothing behind. Raises BusyError after so many seconds, UnlockableError at once.
    """
    deadline = time.monotonic() + seconds
    descriptor = _open(root)
    try:
        _wait_for_lock(descriptor, root, deadline)
        while not _is_still(descriptor, root):
            os.close(descriptor)
            descriptor = _open(root)
            _wait_for_lock(descriptor, root, deadline)
        yield
    finally:
        os.close(descriptor)


def _open(root: Path) -> int:
    try:
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise UnlockableError(
            f"the tree cannot be opened: {system_words(error)}",
            where=str(root),
        ) from error


def _is_still(descriptor: int, root: Path) -> bool:
    """Tell whether the directory held is the one there now, not one made anew while we waited."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(root))
    except FileNotFoundError:
        return False


def _wait_for_lock(descriptor: int, root: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR):
                raise UnlockableError(
                    f"the file system has no locks: {system_words(error)}",
                    where=str(root),
                    hint="keep the environment on a local file system, with --venv PATH",
                ) from error
        if time.monotonic() > deadline:
            raise BusyError(
                "another freebsd-port is working on this tree",
                where=str(root),
                hint="wait for it to end, then run the same command again",
            )
        time.sleep(_POLL_SECONDS)
