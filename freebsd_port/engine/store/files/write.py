"""Write, place and remove files, one system call at a time, or replace one whole.

Everything goes through `os` functions, never a buffered file, so that the tests can put a fault
at each single write.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.errors import PortError, system_words

if TYPE_CHECKING:
    from typing import Self

_NO_DIRECTORY_SYNC = (errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES)
_BYTECODE = re.compile(r"\.[A-Za-z]+-?\d+[^.]*(\.opt-[^.]+)?\.pyc(\.\d+)?")


class WriteError(PortError):
    """The system refused a write; nothing of the change is visible."""


def describe_refusal(error: OSError, path: Path) -> WriteError:
    """Turn the system's refusal into what the user can act on."""
    hints = {
        errno.EROFS: "remount it writable, or name another place",
        errno.EACCES: "run as the owner of that place",
        errno.EPERM: "run as the owner of that place",
        errno.ENOSPC: "free some space and run the same command again",
        errno.EDQUOT: "free some space and run the same command again",
    }
    reason = system_words(error)
    return WriteError(
        f"cannot write: {reason}",
        where=str(error.filename or path),
        hint=hints.get(error.errno or 0),
    )


def is_directory(path: Path) -> bool:
    """Tell whether a directory is there; raise PortError for anything else, a link above all."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISDIR(mode):
        return True
    kind = "a symbolic link" if stat.S_ISLNK(mode) else "not a directory"
    raise PortError(
        f"{path.name} is {kind}, nothing is read or written through it",
        where=str(path),
        hint="find out who put it there, then remove it",
    )


def write_new(path: Path, content: bytes, mode: int | None, owner: tuple[int, int] | None) -> None:
    """Make a file that is not there yet, on disk before this returns.

    `mode` None leaves the umask's choice; `owner` is (uid, gid), kept as far as the system lets
    this user.
    """
    with NewFiles() as files:
        files.write(path, content, mode, owner)


class NewFiles:
    """New files that are on disk when the `with` block ends, not when each is written.

    They are brought there by several threads: a file system commits together what is asked for
    at the same time, and a disk takes as long for one as for many.
    """

    _MOST_OPEN = 128

    def __init__(self) -> None:
        self._descriptors: list[int] = []

    def write(
        self, path: Path, content: bytes, mode: int | None, owner: tuple[int, int] | None
    ) -> None:
        """Make a file as `write_new` does, except that it need not be on disk yet."""
        self._descriptors.append(_write_unsynced(path, content, mode, owner))
        if len(self._descriptors) == self._MOST_OPEN:
            self._sync()

    def _sync(self) -> None:
        descriptors, self._descriptors = self._descriptors, []
        _sync_and_close(descriptors)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._sync()
        for descriptor in self._descriptors:
            os.close(descriptor)


def _write_unsynced(
    path: Path, content: bytes, mode: int | None, owner: tuple[int, int] | None
) -> int:
    """Make a file and give its open descriptor."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o666 if mode is None else 0o600)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        if owner is not None:
            _give_to(descriptor, owner)
        if mode is not None:
            os.fchmod(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _sync_and_close(descriptors: list[int], allowed: tuple[int, ...] = ()) -> None:
    """Bring all of them to the disk side by side; raise the first error that is not allowed."""
    errors: list[OSError] = []

    def sync(part: list[int]) -> None:
        for descriptor in part:
            try:
                os.fsync(descriptor)
            except OSError as error:
                if error.errno not in allowed:
                    errors.append(error)

    if len(descriptors) > 1:
        from threading import Thread  # not where there is one file only

        count = min(8, len(descriptors))
        threads = [Thread(target=sync, args=(descriptors[n::count],)) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        sync(descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    if errors:
        raise errors[0]


def _give_to(descriptor: int, owner: tuple[int, int]) -> None:
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) == owner:
        return
    with contextlib.suppress(PermissionError):
        os.fchown(descriptor, owner[0] if os.geteuid() == 0 else -1, owner[1])


def make_directory(path: Path, mode: int, owner: tuple[int, int]) -> None:
    """Make one directory; `owner` is (uid, gid) and takes effect for root only."""
    os.mkdir(path)
    if os.geteuid() == 0 and owner[0] != 0:
        os.chown(path, *owner)
    os.chmod(path, mode)


def make_directories(path: Path, mode: int | None) -> None:
    """Make a directory and those above it that are missing.

    `mode` None leaves the umask's choice. What root makes belongs to the owner of the directory
    above, so that an environment never gets parts that its owner cannot change.
    """
    if path.is_dir():
        return
    make_directories(path.parent, mode)
    os.mkdir(path)
    above = os.stat(path.parent)
    if os.geteuid() == 0 and (above.st_uid, above.st_gid) != (0, 0):
        os.chown(path, above.st_uid, above.st_gid)
    if mode is not None and stat.S_IMODE(os.stat(path).st_mode) != mode:
        os.chmod(path, mode)


def place_file(staged: Path, target: Path) -> None:
    """Put a staged file in its place in one step, also when that is on another file system."""
    try:
        os.replace(staged, target)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    status = os.lstat(staged)
    near = target.with_name(f".{target.name}.freebsd-port")
    remove_file(near)
    owner = (status.st_uid, status.st_gid)
    write_new(near, staged.read_bytes(), stat.S_IMODE(status.st_mode), owner)
    os.replace(near, target)
    remove_file(staged)


def sync_directories(*paths: Path) -> None:
    """Bring the names in directories to the disk, where the file system can do that."""
    descriptors: list[int] = []
    try:
        for path in paths:
            descriptors.append(os.open(path, os.O_RDONLY))
    finally:
        _sync_and_close(descriptors, _NO_DIRECTORY_SYNC)


def remove_file(path: Path) -> None:
    """Remove a file; one that is gone already is fine."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(path)


def remove_directory(path: Path) -> None:
    """Remove a directory with all in it, following no link; one that is gone is fine."""
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            remove_file(path)
            return
        names = os.listdir(path)
    except FileNotFoundError:
        return
    for name in names:
        remove_directory(path / name)
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(path)


def remove_empty_parents(path: Path, root: Path) -> None:
    """Remove the directories above a removed file that it left empty, up to the root.

    Those gone already are stepped over, since an earlier attempt may have been cut off.
    """
    directory = path.parent
    while directory != root and root in directory.parents:
        try:
            os.rmdir(directory)
        except FileNotFoundError:
            pass
        except OSError:
            return
        directory = directory.parent


def remove_bytecode(source: Path) -> None:
    """Remove what was compiled from a module, by every interpreter; also an emptied cache."""
    if source.suffix != ".py":
        return
    cache = source.parent / "__pycache__"
    try:
        names = os.listdir(cache) if not cache.is_symlink() else []
    except (FileNotFoundError, NotADirectoryError):
        return
    stale = [n for n in names if n.startswith(source.stem) and _is_bytecode(n, source.stem)]
    for name in stale:
        remove_file(cache / name)
    if len(stale) == len(names):
        with contextlib.suppress(OSError):
            os.rmdir(cache)


def _is_bytecode(name: str, stem: str) -> bool:
    """Source: PEP 3147 and PEP 488; a number follows while an interpreter still writes it."""
    return _BYTECODE.fullmatch(name, len(stem)) is not None


def replace_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file in one step, whatever was there before; the directory must exist.

    `mode` None leaves the umask's choice.
    """
    partial = path.with_name(f"{path.name}.partial")
    remove_file(partial)
    try:
        write_new(partial, data, mode, None)
        os.replace(partial, path)
    except OSError:
        with contextlib.suppress(OSError):
            remove_file(partial)
        raise
