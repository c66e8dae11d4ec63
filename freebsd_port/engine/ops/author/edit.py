"""`add`, `remove` and `edit`: which files belong to a patch that is being written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.overlay import AddedFile
from freebsd_port.engine.core.text.file import FileState
from freebsd_port.engine.ops.author.commit import (
    commit_edit,
    make_write,
    require_addable,
    with_text,
)
from freebsd_port.engine.ops.author.refresh import render_text, require_plain_text
from freebsd_port.engine.ops.author.stack import Stack, StackError, find_path, hold_stack
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.editor import edit_copies
from freebsd_port.engine.store.files.texts import save_texts
from freebsd_port.engine.store.overlay.backups import back_up_files
from freebsd_port.errors import PortError, ProblemsError


class AlreadyAddedError(PortError):
    """Every file named belongs to the patch already; quilt exits with 2."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Taken:
    """Files that came to a patch, or left it."""

    patch: str
    paths: tuple[str, ...]
    kept: tuple[Path, ...] = ()
    """Copies of what was edited in files that left it."""


def add_files(workspace: Workspace, words: tuple[str, ...], patch: str | None = None) -> Taken:
    """Let files, there or not, belong to a patch that is on, the top one unless named.

    Raises ProblemsError with all that may not, then nothing is added; AlreadyAddedError when the
    only fault is that they are there already.
    """
    with hold_stack(workspace) as stack:
        stack.require_current()
        index = stack.require_on(patch)
        paths = tuple(find_path(stack, word) for word in words)
        name = stack.name(index)
        already = [p for p in paths if p in stack.files(index)]
        require_unshadowed(stack, index, paths)
        if already:
            raise AlreadyAddedError(f"{', '.join(already)}: in {name} already")
        require_addable(stack, name, paths)
        # A file that shares its bytes with a package cache gets its own, since editors write
        # through a hard link.
        present = {path: stack.tree.read(path) for path in paths}
        writes = tuple(make_write(stack, p, state) for p, state in present.items() if state)
        commit_edit(stack, stack.goal, added=_added(stack, name, paths), writes=writes)
        return Taken(name, paths)


def remove_files(workspace: Workspace, words: tuple[str, ...], patch: str | None = None) -> Taken:
    """Take files out of a patch, and make them what they are below it.

    What was edited in them is kept in a copy. Raises StackError for a file that the patch does
    not have or a later one has too.
    """
    with hold_stack(workspace) as stack:
        stack.require_current()
        index = stack.require_on(patch)
        paths = tuple(find_path(stack, word) for word in words)
        name = stack.name(index)
        problems = [
            StackError(f"{path} is not in {name}", hint=f"freebsd-port files {name}")
            for path in paths
            if path not in stack.files(index)
        ]
        if problems:
            raise ProblemsError(tuple(problems))
        require_unshadowed(stack, index, paths)
        edited = tuple(
            c for c in stack.found.conditions if c.entry.path in paths and c.kind == "edited"
        )
        kept = back_up_files(stack.target.root, edited)
        _take_out(stack, index, paths)
        return Taken(name, paths, kept)


def edit_files(workspace: Workspace, words: tuple[str, ...], tell: Callable[[str], None]) -> Taken:
    """Open copies of files in the user's editor, put them in place and let them belong to the top.

    The tree is free for other commands meanwhile. Raises EditorError when the editor fails, and
    StackError when a file was changed by somebody else or an absent one was not made; then the
    copies stay where `tell` said that they are. A file that comes back the same is left alone.
    """
    with hold_stack(workspace) as stack:
        name, before = _require_editable(stack, words)
    made = edit_copies(before, tell)
    changed = {path: text for path, text in made.files.items() if text != _content(before[path])}
    with hold_stack(workspace) as stack:
        if changed:
            now_name, now = _require_editable(stack, words)
            if (now_name, now) != (name, before):
                raise StackError(
                    "the tree changed while the files were being edited",
                    where=str(made.directory),
                    hint="merge the copies by hand",
                )
            writes = tuple(
                make_write(stack, path, None if text is None else FileState(text))
                for path, text in changed.items()
            )
            new = tuple(path for path in changed if path not in stack.files(stack.require_on()))
            commit_edit(stack, stack.goal, added=_added(stack, name, new), writes=writes)
    made.discard()
    absent = [path for path in before if before[path] is None and path not in changed]
    if absent:
        raise StackError(f"{', '.join(absent)}: not made by the editor, so not added to {name}")
    return Taken(name, tuple(changed))


def require_unshadowed(stack: Stack, index: int, paths: Iterable[str]) -> None:
    """Raise ProblemsError with each file that a later patch has too."""
    above = {path: stack.find_above(index, path) for path in paths}
    problems = tuple(
        StackError(
            f"{path} is changed by {stack.name(later)} too",
            where=str(stack.workspace.place),
            hint=f"freebsd-port pop {stack.name(index)}",
        )
        for path, later in above.items()
        if later is not None
    )
    if problems:
        raise ProblemsError(problems)


def _require_editable(
    stack: Stack, words: tuple[str, ...]
) -> tuple[str, dict[str, FileState | None]]:
    stack.require_current()
    index = stack.require_on()
    paths = tuple(find_path(stack, word) for word in words)
    require_addable(stack, stack.name(index), paths)
    return stack.name(index), {path: stack.tree.read(path) for path in paths}


def _take_out(stack: Stack, index: int, paths: tuple[str, ...]) -> None:
    patch = stack.goal[index]
    goal, text = stack.goal, patch.data
    if set(paths) & set(stack.outcomes[index].paths):
        others = [path for path in stack.outcomes[index].paths if path not in paths]
        above = stack.layers[index + 1]
        text, _ = render_text(stack, index, {path: above.read(path) for path in others})
        goal = (*goal[:index], with_text(patch, text), *goal[index + 1 :])
    place = require_plain_text(stack.workspace, patch.entry.name)
    commit_edit(
        stack,
        goal,
        added=tuple(
            file
            for file in stack.state.added
            if file.patch != patch.entry.name or file.path not in paths
        ),
        writes=tuple(make_write(stack, path, stack.before(index, path)) for path in paths),
        publish=lambda: save_texts({place: text} if text != patch.data else {}),
    )


def _added(stack: Stack, name: str, paths: Iterable[str]) -> tuple[AddedFile, ...]:
    return (*stack.state.added, *(AddedFile(name, path) for path in paths))


def _content(state: FileState | None) -> bytes | None:
    return state.content if state else None
