"""A change: what a patch does to one file, as its header and its hunks say. No target yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from freebsd_port.engine.core.patch.filename import HeaderName, strip_components
from freebsd_port.engine.core.patch.hunk import Hunk, reverse_hunk


@dataclass(frozen=True, slots=True)
class Omission:
    """Something that a patch tells of but does not hold; GNU patch goes on without it."""

    line: int
    """1-based line of the patch file."""

    what: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a patch does to one file."""

    preamble: bytes
    """All bytes between the previous hunk and this file's first hunk."""

    hunks: tuple[Hunk, ...]
    old: HeaderName | None
    new: HeaderName | None
    index: bytes | None
    """Name on an `Index:` line."""

    is_git: bool
    """Led by `diff --git`; then modes, renames and copies are known."""

    old_mode: int | None
    new_mode: int | None
    is_rename: bool
    is_copy: bool
    is_binary: bool
    creates: int
    """0 no; 1 the old side is empty; 2 and the header says the file was absent."""

    deletes: int
    """0 no; 1 the new side is empty; 2 and the header says the file goes away."""

    line: int
    """1-based line of the patch file at which the preamble starts."""

    is_reversed: bool = False
    """The sides stand swapped: what is `old` here was `new` in the patch file."""


def reverse_change(change: FileChange) -> FileChange:
    """Swap old and new everywhere, as `patch -R` reads it."""
    return replace(
        change,
        hunks=tuple(reverse_hunk(hunk) for hunk in change.hunks),
        old=change.new,
        new=change.old,
        old_mode=change.new_mode,
        new_mode=change.old_mode,
        creates=change.deletes,
        deletes=change.creates,
        is_reversed=not change.is_reversed,
    )


def named_paths(change: FileChange, strip: int) -> Iterator[str]:
    """Give the paths that the header names, the new one first, less so many components."""
    for side in (change.new, change.old):
        path = strip_components(side.name, strip) if side and side.name else None
        if path:
            yield path


def find_special(change: FileChange) -> str | None:
    """Say what in a change is more than an edit of lines, or None."""
    if change.is_binary:
        return "a binary patch"
    if change.is_rename or change.is_copy:
        return "a rename or copy"
    if change.is_reversed:
        return "a reversed patch"
    if change.old_mode is not None and change.new_mode != change.old_mode:
        return "a change of mode"
    return None if change.hunks else "a change without a hunk"
