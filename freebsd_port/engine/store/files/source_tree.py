"""A version of some source to read: a directory, an sdist or wheel, or a revision of git.

Archives and revisions are read into memory; nothing is unpacked.
"""

from __future__ import annotations

import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from freebsd_port.engine.core.rebase.tree_version import ListedTree
from freebsd_port.engine.core.text.file import FileState, find_path_fault
from freebsd_port.engine.store.files.git import read_whole_revision
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.errors import PortError, UsageError, system_words

GIT = "git:"
"""What a source that is a revision starts with: `git:REV`, or `git:REPOSITORY@REV`."""

_NOT_SOURCE = frozenset({".git", ".hg", ".svn", ".bzr", ".pc", ".freebsd-port", ".rebase"})
_SUFFIXES = (".tar", ".zip", ".whl", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".lzma")
_FAULTS = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)


class SourceError(PortError):
    """A version of the source that cannot be read."""


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A version of the source, and what it is called."""

    label: str
    """In messages and beside conflict markers: a revision, or the last part of a path."""

    tree: ListedTree


class ListedDirectory(DirectoryTree):
    """A directory that can name its files, without those of version control and of quilt."""

    def paths(self) -> frozenset[str]:
        """Give every regular file."""
        return frozenset(self._walk())

    def _walk(self) -> Iterator[str]:
        for directory, names, files in os.walk(self.root):
            names[:] = [name for name in names if name not in _NOT_SOURCE]
            for name in files:
                path = os.path.join(directory, name)
                if not os.path.islink(path):
                    yield os.path.relpath(path, self.root).replace(os.sep, "/")


@dataclass(slots=True)
class FilesTree:
    """Files in memory. Satisfies core's ListedTree."""

    files: Mapping[str, FileState]
    _directories: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._directories = {""}
        for path in self.files:
            self._directories.update(str(parent) for parent in PurePosixPath(path).parents)

    def paths(self) -> frozenset[str]:
        """Give every path."""
        return frozenset(self.files)

    def read(self, path: str) -> FileState | None:
        """Give the file, or None."""
        return self.files.get(path)

    def has_directory(self, path: str) -> bool:
        """Tell whether some file is below the path."""
        return path in self._directories


def resolve_source(word: str) -> str:
    """Give the same source in a form that does not depend on the current directory.

    Raises UsageError when there is no such file or directory.
    """
    if word.startswith(GIT):
        repository, revision = _split_revision(word)
        return f"{GIT}{repository.absolute()}@{revision}"
    path = Path(word)
    if not path.exists():
        raise UsageError(
            "there is no such tree",
            where=word,
            hint="name a directory, an archive, or git:REVISION",
        )
    return str(path.absolute())


def open_source(word: str) -> SourceTree:
    """Open a source; raises SourceError, and GitError for a revision."""
    if word.startswith(GIT):
        repository, revision = _split_revision(word)
        return SourceTree(revision, FilesTree(read_whole_revision(repository, revision)))
    path = Path(word)
    if path.is_dir():
        return SourceTree(path.resolve().name or word, ListedDirectory(path))
    return SourceTree(_label(path.name), FilesTree(_read_archive(path)))


def _split_revision(word: str) -> tuple[Path, str]:
    """Split `git:REPOSITORY@REV`; without a directory before the @ all of it is the revision."""
    revision = word.removeprefix(GIT)
    repository, at, rest = revision.partition("@")
    while at:
        if repository and Path(repository).is_dir():
            return Path(repository), rest or "HEAD"
        more, at, rest = rest.partition("@")
        repository = f"{repository}@{more}"
    return Path("."), revision or "HEAD"


def _label(name: str) -> str:
    """Take the suffixes off an archive's name."""
    while name.endswith(_SUFFIXES):
        name = name[: name.rindex(".")]
    return name


def _read_archive(path: Path) -> dict[str, FileState]:
    """Read the regular files of a tar or zip file; raises SourceError."""
    try:
        files = _read_zip(path) if zipfile.is_zipfile(path) else _read_tar(path)
    except _FAULTS as error:
        raise SourceError(
            f"the archive cannot be read: {system_words(error)}", where=str(path)
        ) from error
    safe = {name: state for name, state in files.items() if find_path_fault(name) is None}
    return safe if path.suffix == ".whl" else _without_top(safe)


def _read_zip(path: Path) -> dict[str, FileState]:
    files = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            mode = member.external_attr >> 16
            if not member.is_dir() and mode & 0o170000 in (0, 0o100000):
                state = FileState(archive.read(member), mode & 0o777 or 0o644)
                files[_clean(member.filename)] = state
    return files


def _read_tar(path: Path) -> dict[str, FileState]:
    files = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isreg():
                content = archive.extractfile(member)
                data = content.read() if content is not None else b""
                files[_clean(member.name)] = FileState(data, member.mode & 0o777)
            elif member.islnk() and _clean(member.linkname) in files:
                files[_clean(member.name)] = files[_clean(member.linkname)]
    return files


def _clean(name: str) -> str:
    return name.removeprefix("./")


def _without_top(files: dict[str, FileState]) -> dict[str, FileState]:
    """Leave out the directory that holds everything, as in `django-4.2/`."""
    tops = {name.partition("/")[0] for name in files}
    if len(tops) != 1 or any("/" not in name for name in files):
        return files
    return {name.partition("/")[2]: state for name, state in files.items()}
