"""What a person made of conflicts, kept by their text, as git rerere does."""

from __future__ import annotations

from pathlib import Path

from freebsd_port.core.file import hash_bytes, split_lines
from freebsd_port.core.merge import Clash
from freebsd_port.store.note import replace_note

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
        replace_note(self._path(clash), b"".join(lines))

    def _path(self, clash: Clash) -> Path:
        sides = (clash.base, clash.ours, clash.theirs)
        digests = (hash_bytes(b"".join(side)).encode() for side in sides)
        return self._place / hash_bytes(b"\0".join(digests))
