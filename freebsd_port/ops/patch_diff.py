"""`diff` and `annotate`: what patches make of the files, edits that are not refreshed included."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.core.annotation import annotate_lines
from freebsd_port.core.diff import CONTEXT
from freebsd_port.core.difference import render_differences
from freebsd_port.core.file import FileState, split_lines
from freebsd_port.ops.stack import StackError, find_path, read_stack
from freebsd_port.ops.workspace import Workspace


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
    stack = read_stack(workspace)
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
    stack = read_stack(workspace)
    last = stack.require_on(patch)
    path = find_path(stack, word)
    touching = [index for index in range(last + 1) if path in stack.files(index)]
    states = [*(stack.before(index, path) for index in touching), stack.after(last, path)]
    if all(state is None for state in states):
        raise StackError(f"{path} is not there", where=str(stack.target.root))
    names = tuple(stack.name(index) for index in touching)
    versions = [split_lines(state.content) if state else [] for state in states]
    origins = annotate_lines(versions)
    return Annotation(path, names, tuple(zip(origins, versions[-1], strict=True)))
