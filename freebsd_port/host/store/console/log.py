"""The console.log of an instance: appended to, rotated as nova reads it, never followed away.

Nova reads console.log, then console.log.0, console.log.1, as virtlogd leaves them: .0 is the
youngest of the old ones.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from freebsd_port.engine.store.files.tree import open_itself

_NAME = "console.log"


class ConsoleLog:
    """An open log. The directory belongs to nova, the process may be root: no link is followed."""

    def __init__(self, directory: Path, limit: int, kept: int) -> None:
        self._limit = limit
        self._kept = kept
        self._directory = open_itself(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._file = self._open()
        except BaseException:
            os.close(self._directory)
            raise
        self._size = os.fstat(self._file).st_size
        self.lost_bytes = 0
        """What could not be written, for want of space."""

    def write(self, data: bytes) -> None:
        """Append; rotate first when it would get longer than the limit."""
        if self._size and self._size + len(data) > self._limit:
            self._rotate()
        try:
            written = os.write(self._file, data)
        except OSError:
            written = 0
        self._size += written
        self.lost_bytes += len(data) - written

    def close(self) -> None:
        """Close both descriptors."""
        os.close(self._file)
        os.close(self._directory)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            file = open_itself(_NAME, flags, 0o640, dir_fd=self._directory)
        except OSError as error:
            if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):  # a pipe, a socket
                raise OSError(error.errno, "it is no file of its own", _NAME) from error
            raise
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            os.close(file)
            raise OSError(errno.EINVAL, "it is no file of its own", _NAME)
        owner = os.fstat(self._directory)
        if os.geteuid() == 0 and (found.st_uid, found.st_gid) != (owner.st_uid, owner.st_gid):
            os.fchown(file, owner.st_uid, owner.st_gid)
        return file

    def _rotate(self) -> None:
        """Shift the old ones by one; without a place for the new one, go on with this one."""
        try:
            for number in reversed(range(self._kept - 1)):
                self._rename(f"{_NAME}.{number}", f"{_NAME}.{number + 1}")
            if self._kept:
                self._rename(_NAME, f"{_NAME}.0")
            else:
                os.unlink(_NAME, dir_fd=self._directory)
            file = self._open()
        except OSError:
            return
        os.close(self._file)
        self._file = file
        self._size = 0

    def _rename(self, old: str, new: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.rename(old, new, src_dir_fd=self._directory, dst_dir_fd=self._directory)
