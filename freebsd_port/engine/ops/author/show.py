"""What a porter asks about the stack: `diff`, `annotate`, `files`, `top`, `next`, `previous`.

Edits that are not refreshed yet are included.
"""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.engine.core.exchange.file_diff import annotate_lines, render_differences
from freebsd_port.engine.core.patch.change import named_paths
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.patch.render import CONTEXT
from freebsd_port.engine.core.text.file import FileState, split_lines
from freebsd_port.engine.ops.author.stack import (
    Stack,
    StackError,
    find_path,
    read_series,
    read_stack,
)
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import PortError, UsageError


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """How to look at a patch."""

    patch: str | None = None
    """The top one unless named."""

    first: str | None = None
    """The first of several to look at as one; `-` for the first of all."""

    only_edits: bool = False
    """What is not in the patch yet, instead of what the patch does."""

    reverse: bool = False
    context: int = CONTEXT


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The diff of one file."""

    path: str
    text: bytes
    is_shadowed: bool
    """A later patch has the file too, so that its state below that one was taken."""


def diff_patch(
    workspace: Workspace, words: tuple[str, ...], options: DiffOptions
) -> tuple[FileDiff, ...]:
    """Give the diff of each file of a patch, or of those named, as `refresh` would write it.

    Source: quilt 0.66, diff. Raises StackError, SeriesError, PathError for what is not text.
    """
    stack = read_stack(workspace, options.patch)
    last = stack.require_on(options.patch)
    start = last
    if options.first is not None:
        start = 0 if options.first == "-" else stack.require_on(options.first)
        if start > last:
            raise StackError(f"{stack.name(start)} does not come before {stack.name(last)}")
    chosen = {find_path(stack, word) for word in words}
    paths = dict.fromkeys(p for i in range(start, last + 1) for p in stack.files(i))
    changes: list[tuple[str, FileState | None, FileState | None]] = []
    for path in paths:
        if chosen and path not in chosen:
            continue
        first = next(i for i in range(start, last + 1) if path in stack.files(i))
        below = stack.layers[last + 1 if options.only_edits else first]
        old = below.read(path)
        new = stack.after(last, path)
        changes.append((path, new, old) if options.reverse else (path, old, new))
    texts = render_differences(changes, options.context)
    return tuple(
        FileDiff(path, text, stack.find_above(last, path) is not None)
        for (path, _, _), text in zip(changes, texts, strict=True)
        if text
    )


@dataclass(frozen=True, slots=True)
class Annotation:
    """A file, line by line, with the patches that brought each line."""

    path: str
    patches: tuple[str, ...]
    """Those that have the file, in order."""

    lines: tuple[tuple[int, bytes], ...]
    """1-based number of the patch, 0 for a line that was there before all, and the line."""


def annotate_file(workspace: Workspace, word: str, patch: str | None = None) -> Annotation:
    """Tell for each line of a file which patch brought it, up to a patch, the top one unless named.

    Source: quilt 0.66, annotate. Raises StackError for a file that is not there.
    """
    names = read_series(workspace).names
    stack = read_stack(workspace, patch or (names[-1] if names else None))
    last = stack.require_on(patch)
    path = find_path(stack, word)
    touching = [index for index in range(last + 1) if path in stack.files(index)]
    states = [*(stack.before(index, path) for index in touching), stack.after(last, path)]
    if all(state is None for state in states):
        raise StackError(f"{path} is not there", where=str(stack.target.root))
    touched_by = tuple(stack.name(index) for index in touching)
    versions = [split_lines(state.content) if state else [] for state in states]
    origins = annotate_lines(versions)
    return Annotation(path, touched_by, tuple(zip(origins, versions[-1], strict=True)))


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
        is_made, is_gone = change.creates == 2, change.deletes == 2
        for path in named_paths(change, entry.strip):
            was_there = found.get(path, "+" if is_made else " ") != "+"
            found[path] = ("-" if was_there else " ") if is_gone else " " if was_there else "+"
    return [PatchFile(entry.name, path, found[path]) for path in sorted(found)]


def _mark(before: FileState | None, after: FileState | None) -> str:
    """Source: quilt 0.66, files, which calls an empty file none."""
    was, now = bool(before and before.content), bool(after and after.content)
    return " " if was == now else "+" if now else "-"


def find_top(workspace: Workspace) -> str:
    """Name the top patch. Raises UsageError when none is on: quilt too exits with 2."""
    on = _names_on(workspace)
    if not on:
        raise UsageError(
            "no patch is applied", where=str(workspace.place), hint="freebsd-port push"
        )
    return on[-1]


def find_next(workspace: Workspace, patch: str | None = None) -> str:
    """Name the patch that the next push puts on; a named one only if it is not on.

    Raises UsageError when there is none, as quilt exits with 2 for it; SeriesError.
    """
    on, series = _names_on(workspace), read_series(workspace)
    if patch is not None:
        name = series.entries[series.require_index(patch)].name
        if name in on:
            raise UsageError(f"{name} is on", where=str(workspace.place))
        return name
    left = series.names[len(on) :]
    if not left:
        raise UsageError("the whole series is applied", where=str(workspace.place))
    return left[0]


def find_previous(workspace: Workspace, patch: str | None = None) -> str:
    """Name the patch that is on below a patch, the top one unless named.

    Raises UsageError when there is none below it, PortError when none is on at all.
    """
    on, series = _names_on(workspace), read_series(workspace)
    if patch is None and not on:
        raise PortError("no patch is applied", where=str(workspace.place), hint="freebsd-port push")
    name = on[-1] if patch is None else series.entries[series.require_index(patch)].name
    below = on[: on.index(name)] if name in on else on
    if not below:
        raise UsageError(f"no patch is applied below {name}", where=str(workspace.place))
    return below[-1]


def _names_on(workspace: Workspace) -> list[str]:
    return [patch.name for patch in load_state(workspace.target.root).patches]
