"""A rebase on disk: a person's resolutions, the files to finish, the bytes from before.

What the rebase computes is not kept: it follows from the series, the wheels and this.
Resolutions are also kept by the text of their conflict, as git rerere does.
"""

from __future__ import annotations

import contextlib
import os
import stat
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

from freebsd_port.engine.core.rebase.merge import Clash
from freebsd_port.engine.core.rebase.outcome import RebaseError, WorkFile
from freebsd_port.engine.core.rebase.progress import (
    RebaseState,
    parse_rebase_state,
    render_rebase_state,
)
from freebsd_port.engine.core.text.file import hash_bytes, split_lines
from freebsd_port.engine.store.files.lock import locked
from freebsd_port.engine.store.files.write import (
    is_directory,
    place_file,
    remove_directory,
    remove_file,
    replace_file,
    write_new,
)
from freebsd_port.errors import system_words

_DIRECTORY = "resolutions"


class Resolutions:
    """One file a conflict, named by the digests of its three sides."""

    def __init__(self, directory: Path) -> None:
        self._place = directory / _DIRECTORY

    def recall(self, clash: Clash) -> tuple[bytes, ...] | None:
        """Give the lines that the same conflict became before, on any release, or None."""
        try:
            return tuple(split_lines(self._path(clash).read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def remember(self, clash: Clash, lines: tuple[bytes, ...]) -> None:
        """Keep what a person made of it."""
        self._place.mkdir(parents=True, exist_ok=True)
        replace_file(self._path(clash), b"".join(lines))

    def _path(self, clash: Clash) -> Path:
        sides = (clash.base, clash.ours, clash.theirs)
        digests = (hash_bytes(b"".join(side)).encode() for side in sides)
        return self._place / hash_bytes(b"\0".join(digests))


DIRECTORY = ".rebase"


class RebaseStore:
    """The directory of one release's rebase, below the project's root."""

    def __init__(self, root: Path, release: str, *, keeps_resolutions: bool = True) -> None:
        self.root = root
        self._keeps_resolutions = keeps_resolutions
        self.place = root / DIRECTORY / release
        self.work = self.place / "work"
        """Where a person finishes files."""
        self.resolutions = Resolutions(root / DIRECTORY)

    def find(self) -> RebaseState | None:
        """Give the rebase that was begun, or None. Raises RebaseError for what cannot be read."""
        path = self.place / "state.json"
        try:
            return parse_rebase_state(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise RebaseError(
                f"the state of the rebase cannot be read: {error}",
                where=str(path),
                hint=f"git checkout patches series releases, then rm -r {self.place}",
            ) from error

    def save(self, state: RebaseState) -> None:
        """Keep the state, in one step."""
        for directory in (self.root / DIRECTORY, self.place):
            if not is_directory(directory):
                os.mkdir(directory)
        replace_file(self.place / "state.json", render_rebase_state(state))

    def keep_original(self, path: str) -> bool:
        """Keep the bytes of a file of the project; False when there is none. Kept once only.

        Raises RebaseError for a link, which writing would replace.
        """
        source = self.root / path
        try:
            mode = os.lstat(source).st_mode
        except FileNotFoundError:
            return False
        if not stat.S_ISREG(mode):
            raise RebaseError(
                "it is a link or not a file, so it is not written",
                where=str(source),
                hint="put a regular file there",
            )
        kept = self.place / "originals" / path
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            replace_file(kept, source.read_bytes())
        return True

    def read_original(self, state: RebaseState, path: str) -> bytes:
        """Give the bytes that a file had when the rebase was begun; raises FileNotFoundError."""
        if state.saved.get(path):
            return (self.place / "originals" / path).read_bytes()
        return (self.root / path).read_bytes()

    def restore(self, state: RebaseState) -> None:
        """Put every file of the project back as it was."""
        for path, was_there in state.saved.items():
            if was_there:
                self.write(path, (self.place / "originals" / path).read_bytes())
            else:
                remove_file(self.root / path)

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the project, in one step; its permission bits stay."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        partial = self.place / "partial"
        remove_file(partial)
        write_new(partial, content, mode, None)
        place_file(partial, target)

    def clear(self) -> None:
        """Remove the directory, the state first: without it nothing was begun."""
        remove_file(self.place / "state.json")
        remove_directory(self.place)
        if not self._keeps_resolutions:
            remove_directory(self.root / DIRECTORY / _DIRECTORY)
        with contextlib.suppress(OSError):
            os.rmdir(self.root / DIRECTORY)

    def lay_out(self, files: tuple[WorkFile, ...]) -> tuple[Path, ...]:
        """Put the files there that a person has to finish; give those with markers."""
        remove_directory(self.work)
        for file in files:
            path = self.work / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, file.content)
        return tuple(self.work / file.path for file in files if file.clashes)

    def read_work(self, files: tuple[WorkFile, ...], others: frozenset[str]) -> dict[str, bytes]:
        """Read what became of them, and which of the `others` a person put beside them.

        A file that is gone is to be removed by the patch. Anything else there, such as what an
        editor leaves, is passed over.
        """
        found = dict.fromkeys((file.path for file in files), b"")
        for path, content in _read_below(self.work).items():
            if path in found or path in others:
                found[path] = content
        return found

    def settle(self, name: str, files: Mapping[str, bytes]) -> None:
        """Keep a patch's finished files."""
        directory = self.place / "settled" / name
        remove_directory(directory)
        for path, content in files.items():
            place = directory / path
            place.parent.mkdir(parents=True, exist_ok=True)
            replace_file(place, content)

    def read_settled(self, state: RebaseState) -> dict[str, dict[str, bytes]]:
        """Give the finished files by patch and path."""
        return {name: _read_below(self.place / "settled" / name) for name in state.settled}


def _read_below(directory: Path) -> dict[str, bytes]:
    """Read every regular file below a directory by its path there; links are passed over."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def find_begun(root: Path) -> tuple[str, ...]:
    """Name the releases to which a rebase was begun and not ended."""
    return tuple(sorted(path.parent.name for path in (root / DIRECTORY).glob("*/state.json")))


@contextlib.contextmanager
def held(root: Path) -> Iterator[None]:
    """Hold a project against other rebases; what the system refuses is told as a RebaseError.

    Python of older releases is read without a word about what is out of fashion in it.
    """
    with locked(root), warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            yield
        except OSError as error:
            raise RebaseError(
                f"the system refused: {system_words(error)}",
                where=str(error.filename or root),
                hint="fix that, then run the same command again",
            ) from error
