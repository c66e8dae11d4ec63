"""Files on a host that this tool wrote, told by digest from what others wrote or edited."""

from __future__ import annotations

import contextlib
import errno
import grp
import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.store.files.write import (
    make_directories,
    remove_file,
    replace_file,
    write_new,
)
from freebsd_port.errors import PortError, system_words
from freebsd_port.host.core.service_files import HostFile

_STATE = "var/db/freebsd-port"


class HostFileError(PortError):
    """A file of the host cannot be written, or is not what it should be."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """What lies at a path now."""

    path: str
    kind: str
    """`absent`, `ours` as it was written, `edited` since, or `foreign`: never written here."""

    digest: str | None
    mode: int | None

    def differs_from(self, file: HostFile) -> bool:
        """Tell whether it has another content or mode than the file is to have."""
        return self.digest != digest_of(file.content) or self.mode != file.mode


def below(root: Path, path: str | Path) -> Path:
    """Give where an absolute path of the host is, if its files are below `root`."""
    return root / str(path).lstrip("/")


class HostFiles:
    """The files of one kind below one root, and the note of what was written there."""

    def __init__(self, root: Path, what: str) -> None:
        self._root = root
        self._note = root / _STATE / f"{what}.json"
        self._copies = root / _STATE / "replaced"
        self.written: dict[str, str] = self._load()
        """Path to digest, as the note has it."""

    def look(self, path: str) -> FoundFile:
        """Tell what lies there. Raises HostFileError for what is no plain file."""
        place = self.place(path)
        try:
            status = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError):
            return FoundFile(path, "absent", None, None)
        if not stat.S_ISREG(status.st_mode):
            raise HostFileError(
                "something that is not a file is in the way",
                where=str(place),
                hint="find out who put it there, then remove it",
            )
        try:
            found = digest_of(place.read_bytes())
        except OSError as error:
            raise _refusal(error, place) from error
        kind = "foreign" if path not in self.written else "edited"
        if found == self.written.get(path):
            kind = "ours"
        return FoundFile(path, kind, found, stat.S_IMODE(status.st_mode))

    def place(self, path: str) -> Path:
        """Give where a path of the host lies."""
        return below(self._root, path)

    def keep(self, found: FoundFile) -> Path:
        """Copy a file out of the way, under its name and digest."""
        place = self.place(found.path)
        copy = self._copies / f"{place.name}.{(found.digest or '')[:12]}"
        if not copy.exists():
            try:
                make_directories(self._copies, 0o700)
                write_new(copy, place.read_bytes(), 0o600, None)
            except OSError as error:
                raise _refusal(error, copy) from error
        return copy

    def write(
        self, files: tuple[HostFile, ...], known: tuple[HostFile, ...], *, group: str | None = None
    ) -> None:
        """Put files in their places: all are on disk beside them before the first gets there.

        They become that group's, as far as there is one and this user may.
        The note of all that is `known` to be right after it is written in between, so a kill
        leaves nothing that is not known to be ours.
        """
        staged: list[tuple[Path, Path]] = []
        owner = None if group is None else _owner(group)
        try:
            for file in files:
                place = self.place(file.path)
                partial = place.with_name(f".{place.name}.partial")
                make_directories(place.parent, 0o755)
                remove_file(partial)
                staged.append((partial, place))
                write_new(partial, file.content, file.mode, owner)
            digests = {file.path: digest_of(file.content) for file in known}
            self._save({**self.written, **digests})
            for partial, place in staged:
                os.replace(partial, place)
        except OSError as error:
            for partial, _ in staged:
                with contextlib.suppress(OSError):
                    remove_file(partial)
            raise _refusal(error, self._root) from error

    def remove(self, paths: tuple[str, ...]) -> None:
        """Take files away, then what the note says of them."""
        try:
            for path in paths:
                remove_file(self.place(path))
            gone = set(paths)
            self._save({p: digest for p, digest in self.written.items() if p not in gone})
        except OSError as error:
            raise _refusal(error, self._root) from error

    def _load(self) -> dict[str, str]:
        try:
            files = json.loads(self._note.read_bytes())["files"]
            return {str(path): str(digest) for path, digest in files.items()}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _refusal(error, self._note) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HostFileError(
                "the record of what was installed cannot be read",
                where=str(self._note),
                hint="remove it; what is installed is then taken for somebody else's",
            ) from error

    def _save(self, written: dict[str, str]) -> None:
        if written == self.written:
            return
        self.written = written
        make_directories(self._note.parent, 0o755)
        if self.written:
            replace_file(self._note, json.dumps({"files": self.written}, indent=2).encode())
        else:
            remove_file(self._note)


def _owner(group: str) -> tuple[int, int] | None:
    try:
        return os.geteuid(), grp.getgrnam(group).gr_gid
    except KeyError:
        return None


def digest_of(content: bytes) -> str:
    """Give the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _refusal(error: OSError, path: Path) -> HostFileError:
    hint = "run it as root" if error.errno in (errno.EACCES, errno.EPERM) else None
    reason = system_words(error)
    return HostFileError(
        f"cannot be read or written: {reason}", where=str(error.filename or path), hint=hint
    )
