"""Which file of the tree a change means, chosen from the names in its header.

Source: POSIX patch, "Filename Determination", with GNU patch's preference for the best name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.filename import HeaderName, strip_components
from freebsd_port.engine.core.text.file import PathError, find_path_fault

_MANY = 1 << 30


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """Where a change reads and where it writes; the two differ for a rename or copy."""

    source: str
    path: str


def find_target(
    change: FileChange,
    strip: int,
    exists: Callable[[str], bool],
    has_directory: Callable[[str], bool],
) -> ChangedFile | None:
    """Choose the file; None when no name fits. Raises PathError for an unsafe name."""
    old, new = _side(change.old, strip), _side(change.new, strip)
    sides = (new, old) if change.is_reversed else (old, new)
    names = [name for name in dict.fromkeys(sides) if name]
    if not names and (index := _name(change.index, strip)):
        names = [index]
    best = _best_name([name for name in names if exists(name)])
    best = best or _best_name(_absent_names(change, names, has_directory))
    if best is None:
        return None
    if change.is_rename or change.is_copy:
        return ChangedFile(best, new) if old and new else None
    return ChangedFile(best, best)


def _absent_names(
    change: FileChange, names: list[str], has_directory: Callable[[str], bool]
) -> list[str]:
    """Give the names that a file which does not exist may have, to be made or to be missed."""
    if change.deletes and not (change.deletes == 1 and change.creates == 2):
        return names[-1:]
    if not change.creates:
        return []
    missing = [_missing_directories(name, has_directory) for name in names]
    return [name for name, count in zip(names, missing, strict=True) if count == min(missing)]


def _side(header: HeaderName | None, strip: int) -> str | None:
    """Give the path of one side: the last name that has enough components."""
    while header is not None:
        if (path := _name(header.name, strip)) is not None:
            return path
        header = header.before
    return None


@lru_cache(maxsize=1024)  # a series names the same files again and again
def _name(raw: bytes | None, strip: int) -> str | None:
    if raw is None:
        return None
    path = strip_components(raw, strip)
    if path is None:
        return None
    fault = find_path_fault(path)
    if fault:
        shown = raw.decode("utf-8", "backslashreplace")
        raise PathError(f"the patch names {shown!r}: {fault}")
    return "/".join(part for part in path.split("/") if part != ".")


def _best_name(names: list[str]) -> str | None:
    """Choose the name with the fewest components, of those the shortest base name, then the
    shortest; None where a name is the best in one way and a later one in another.

    Source: GNU patch 2.7.6, best_name of src/pch.c.
    """
    least = [_MANY] * 3
    for name in names:
        for index, size in enumerate(_plainness(name)):
            if least[index] < size:
                break
            least[index] = size
    return next((name for name in names if _plainness(name) == tuple(least)), None)


def _plainness(path: str) -> tuple[int, int, int]:
    return path.count("/"), len(path.rsplit("/", 1)[-1]), len(path)


def _missing_directories(path: str, has_directory: Callable[[str], bool]) -> int:
    parts = path.split("/")[:-1]
    there = 0
    while there < len(parts) and has_directory("/".join(parts[: there + 1])):
        there += 1
    return len(parts) - there
