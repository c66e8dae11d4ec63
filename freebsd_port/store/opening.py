"""Opening a file that must be itself: where a symbolic link stands, the same error everywhere."""

from __future__ import annotations

import errno
import os
from pathlib import Path

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
