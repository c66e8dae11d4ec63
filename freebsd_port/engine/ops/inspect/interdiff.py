"""`interdiff` of two series that are files: each is a series, or a directory that has one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.interdiff.compare import PatchDiff, compare_series
from freebsd_port.engine.core.interdiff.read_series import SeriesText, read_series
from freebsd_port.engine.ops.target.patch_source import load_series, read_patch_file
from freebsd_port.errors import PortError


@dataclass(frozen=True, slots=True)
class Interdiff:
    """Two texts of a series, and how they differ."""

    old: str
    new: str
    """As the user calls them."""

    releases: tuple[str | None, str | None]
    """Whose texts were taken; None for a series that belongs to no release."""

    patches: tuple[PatchDiff, ...]
    unplaced: tuple[PortError, ...] = ()
    """Why it is not known where the hunks are placed; only between releases."""


def is_series(word: str) -> bool:
    """Tell whether a word names a series: its file, or a directory with a file `series`."""
    path = Path(word)
    return path.is_file() or (path / "series").is_file()


def compare_files(old: str, new: str, patches: Path | None = None) -> Interdiff:
    """Compare two series; the patches of each are next to it, or both in the directory named.

    Raises SeriesError and ProblemsError as reading them does.
    """
    before, behind = (_read(word, patches) for word in (old, new))
    return Interdiff(old, new, (None, None), compare_series(before, behind))


def _read(word: str, patches: Path | None) -> SeriesText:
    path = Path(word)
    file = path if path.is_file() else path / "series"
    directory = patches or file.parent
    files = {"series": file.read_bytes()}
    for entry in load_series(file).entries:
        patch = directory / entry.name
        if patch.is_file():
            files[f"patches/{entry.name}"] = read_patch_file(patch)
    return read_series(files, word, None, (), frozenset())
