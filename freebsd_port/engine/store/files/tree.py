"""Read a directory of files for a plan: no links are followed, only regular files count."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from freebsd_port.engine.core.text.file import FileState, PathError, find_path_fault
from freebsd_port.errors import system_words

_LINK_ERRORS = (errno.ELOOP, errno.EMLINK)
"""Of Linux, and of FreeBSD's open(2)."""


def open_itself(
    path: Path | str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None
) -> int:
    """Open as os.open does, but follow no link in the last place.

    There it raises OSError ELOOP, "it is a symbolic link"; the systems' own words for it are
    "too many levels", "too many links" or "not a directory". Other errors come as they are.
    """
    try:
        return os.open(path, flags | os.O_NOFOLLOW, mode, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in _LINK_ERRORS or (
            error.errno == errno.ENOTDIR and flags & os.O_DIRECTORY and _is_link(path, dir_fd)
        ):
            raise OSError(errno.ELOOP, "it is a symbolic link", str(path)) from error
        raise


def _is_link(path: Path | str, dir_fd: int | None) -> bool:
    try:
        os.readlink(path, dir_fd=dir_fd)
    except OSError:
        return False
    return True


_LINK_HINT = "install the packages as files (uv has --link-mode copy)"
_SHOWN = 200


class DirectoryTree:
    """The files below a root directory. Satisfies core's Tree."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._safe: dict[str, bool] = {"": True}

    def read(self, path: str) -> FileState | None:
        """Give the file's bytes and permission bits, or None when nothing is there.

        Raises PathError for an unsafe path, a symbolic link on the way and anything that is not
        a regular file.
        """
        fault = find_path_fault(path)
        if fault:
            raise PathError(f"{path!r} may not be patched: {fault}")
        if not self.has_directory(path.rpartition("/")[0]):
            return None
        target = os.path.join(self.root, path)
        try:
            _require_regular(path, os.lstat(target).st_mode)  # opening a device may act on it
            descriptor = open_itself(target, os.O_RDONLY | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._refuse(path, error) from error
        try:
            status = os.fstat(descriptor)
            _require_regular(path, status.st_mode)
            return FileState(_read_all(descriptor, status.st_size), stat.S_IMODE(status.st_mode))
        except OSError as error:
            raise self._refuse(path, error) from error
        finally:
            os.close(descriptor)

    def has_directory(self, path: str) -> bool:
        """Tell whether the directory is there; raise PathError when a link leads to it."""
        known = self._safe.get(path)
        if known is not None:
            return known
        if not self.has_directory(path.rpartition("/")[0]):
            return False
        try:
            mode = os.lstat(os.path.join(self.root, path)).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._refuse(path, error) from error
        if stat.S_ISLNK(mode):
            raise PathError(
                f"{path!r} is a symbolic link, nothing behind it may be patched", hint=_LINK_HINT
            )
        self._safe[path] = stat.S_ISDIR(mode)
        return self._safe[path]

    @staticmethod
    def _refuse(path: str, error: OSError) -> PathError:
        reason = system_words(error)
        shown = path if len(path) <= _SHOWN else f"{path[:_SHOWN]}..."
        return PathError(f"{shown!r} cannot be read: {reason}")


def _require_regular(path: str, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    is_link = stat.S_ISLNK(mode)
    kind = "it is a symbolic link" if is_link else "it is not a regular file"
    raise PathError(f"{path!r} may not be patched: {kind}", hint=_LINK_HINT if is_link else None)


def _read_all(descriptor: int, size: int) -> bytes:
    parts = []
    while chunk := os.read(descriptor, max(size + 1, 65536)):
        parts.append(chunk)
    return b"".join(parts)
