"""`files`: what a patch changes, on or not."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.core.change import named_paths
from freebsd_port.core.file import FileState
from freebsd_port.core.patch import parse_patch
from freebsd_port.ops.stack import Stack, StackError, read_stack
from freebsd_port.ops.workspace import Workspace


@dataclass(frozen=True, slots=True)
class PatchFile:
    """A file of a patch."""

    patch: str
    path: str
    mark: str
    """`+` for a file that the patch makes, `-` for one that it removes, else a blank."""


def list_files(
    workspace: Workspace,
    patch: str | None = None,
    *,
    is_all: bool = False,
    first: str | None = None,
) -> tuple[PatchFile, ...]:
    """Name the files of a patch, the top one unless named, sorted, edits not refreshed included.

    With `is_all` those of every patch up to it, patch by patch, or of those from `first` on.
    Source: quilt 0.66, files. Raises SeriesError, StackError.
    """
    stack = read_stack(workspace)
    last = stack.require_on() if patch is None else stack.series.require_index(patch)
    start = last
    if first is not None:
        start = stack.series.require_index(first)
        if start > last:
            raise StackError(
                f"{stack.series.entries[start].name} does not come before "
                f"{stack.series.entries[last].name}"
            )
    elif is_all:
        start = 0
    return tuple(file for index in range(start, last + 1) for file in _files(stack, index))


def _files(stack: Stack, index: int) -> list[PatchFile]:
    if index >= len(stack.goal):
        return _files_of_text(stack, index)
    name = stack.name(index)
    return [
        PatchFile(name, path, _mark(stack.before(index, path), stack.after(index, path)))
        for path in sorted(stack.files(index))
    ]


def _files_of_text(stack: Stack, index: int) -> list[PatchFile]:
    """Read the names out of a patch that is not on."""
    entry = stack.series.entries[index]
    (goal,) = stack.workspace.source.load_patches((entry,))
    found: dict[str, str] = {}
    for change in parse_patch(entry.name, goal.data, is_begun=True).changes:
        mark = "+" if change.creates == 2 else "-" if change.deletes == 2 else " "
        found |= dict.fromkeys(named_paths(change, entry.strip), mark)
    return [PatchFile(entry.name, path, found[path]) for path in sorted(found)]


def _mark(before: FileState | None, after: FileState | None) -> str:
    """Source: quilt 0.66, files, which calls an empty file none."""
    was, now = bool(before and before.content), bool(after and after.content)
    return " " if was == now else "+" if now else "-"
