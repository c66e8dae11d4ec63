"""`rename` and `delete`: a patch gets another name, or leaves the series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from freebsd_port.engine.core.series.series import Series, remove_patch, rename_patch
from freebsd_port.engine.core.series.variant import variant_name
from freebsd_port.engine.ops.apply.converge import Options, converge
from freebsd_port.engine.ops.author.commit import commit_edit, with_text
from freebsd_port.engine.ops.author.new import (
    PatchNameError,
    load_whole_series,
    read_series_bytes,
    require_free_name,
)
from freebsd_port.engine.ops.author.stack import (
    Stack,
    StackError,
    hold_series,
    hold_stack,
    read_series,
)
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.lock import locked
from freebsd_port.engine.store.files.texts import find_texts, move_text, remove_empty, save_texts
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import PortError


@dataclass(frozen=True, slots=True)
class Renamed:
    """A patch under its new name, and the files that hold its texts."""

    old: str
    new: str
    texts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Deleted:
    """A patch that is out of the series."""

    name: str
    was_on: bool
    removed: tuple[Path, ...]
    """Files removed, or with a backup renamed."""


def rename_patch_to(workspace: Workspace, word: str, patch: str | None = None) -> Renamed:
    """Give a patch, the top one unless named, another name: series, texts and overlay.

    Raises PatchNameError when the name is taken or may not have these files, SeriesError.
    """
    with hold_stack(workspace) as stack:
        stack.require_current()
        old = _find_name(stack, patch)
        new = require_free_name(workspace, word)
        texts = _texts(workspace, old, new)
        moved = _directories(workspace, old, new)
        taken = [place for place in (*texts.values(), *moved.values()) if place.exists()]
        if taken:
            raise PatchNameError(f"{new} already exists", where=str(taken[0]))
        for directory, place in moved.items():
            texts |= {one: place / one.relative_to(directory) for one in find_texts(directory)}
        series = rename_patch(read_series_bytes(workspace), old, new)
        goal = tuple(
            with_text(one, one.data, replace(one.entry, name=new)) if one.entry.name == old else one
            for one in stack.goal
        )

        def publish() -> None:
            # The new files are there before the series names them, the old ones go last.
            save_texts({place: path.read_bytes() for path, place in texts.items()})
            save_texts({workspace.source.series_file: series})

        added = tuple(
            replace(file, patch=new) if file.patch == old else file for file in stack.state.added
        )
        commit_edit(stack, goal, added=added, publish=publish)
        save_texts(dict.fromkeys(texts))
        for directory in moved:
            remove_empty(directory)
        return Renamed(old, new, tuple(texts.values()))


def delete_patch(
    workspace: Workspace,
    patch: str | None = None,
    *,
    is_next: bool = False,
    removes: bool = False,
    backup: bool = False,
) -> Deleted:
    """Take a patch out of the series, the top one unless named, and off if it is on top.

    Its texts stay unless `removes`; with `backup` they are renamed to `NAME~`. Raises StackError
    for a patch that others are on top of, ProblemsError for one with edits not yet refreshed.
    """
    name = _find_deletable(workspace, patch, is_next=is_next)
    state = load_state(workspace.target.root)
    is_on = name in [one.name for one in state.patches]
    if is_on:
        goal = workspace.source.load_patches(read_series(workspace).entries[: len(state.patches)])
        converge(
            workspace.target.without_lock(),
            goal[:-1],
            Options(fuzz=state.fuzz, release=state.release),
        )
    with locked(workspace.target.root), hold_series(workspace):
        series = remove_patch(read_series_bytes(workspace), name)
        save_texts({workspace.source.series_file: series})
        texts = tuple(_texts(workspace, name, name)) if removes else ()
        directories = tuple(_directories(workspace, name, name)) if removes else ()
        removed = _remove(texts, directories, backup=backup)
    return Deleted(name, is_on, removed)


def _remove(
    texts: tuple[Path, ...], directories: tuple[Path, ...], *, backup: bool
) -> tuple[Path, ...]:
    """Remove files, and directories with all in them, or rename each to `NAME~`; give the files."""
    below = tuple(path for directory in directories for path in find_texts(directory))
    if backup:
        for directory in directories:
            earlier = directory.with_name(f"{directory.name}~")
            save_texts(dict.fromkeys(find_texts(earlier)))
            remove_empty(earlier)
        for path in (*directories, *texts):
            move_text(path, path.with_name(f"{path.name}~"))
    else:
        save_texts(dict.fromkeys((*below, *texts)))
        for directory in directories:
            remove_empty(directory)
    return (*texts, *below)


def _find_deletable(workspace: Workspace, patch: str | None, *, is_next: bool) -> str:
    series = load_whole_series(workspace)
    on = [one.name for one in load_state(workspace.target.root).patches]
    if is_next:
        following = read_series(workspace).names[len(on) :]
        if not following:
            raise StackError("no patch comes next", hint="freebsd-port series")
        return following[0]
    if patch is None and not on:
        raise StackError("no patch is applied", hint="name the one to delete")
    name = on[-1] if patch is None else series.entries[series.require_index(patch)].name
    if name in on[:-1]:
        raise StackError(
            f"{name} is on, below {on[-1]}",
            where=str(workspace.place),
            hint=f"freebsd-port pop {name}",
        )
    _require_listed(series, name)
    return name


def _require_listed(series: Series, name: str) -> None:
    if name not in series.names:
        raise PortError(f"{name} is applied, but not in the series", hint="freebsd-port apply")


def _find_name(stack: Stack, patch: str | None) -> str:
    if patch is None:
        return stack.name(stack.require_on())
    return stack.series.entries[stack.series.require_index(patch)].name


def _texts(workspace: Workspace, old: str, new: str) -> dict[Path, Path]:
    """Give each file that holds the patch for some release, and what it is called under `new`."""
    source = workspace.source
    pairs = [(old, new)]
    if "." in old.rpartition("/")[2] and "." in new.rpartition("/")[2]:
        pairs += [(variant_name(old, one), variant_name(new, one)) for one in source.order]
    return {
        source.patches / before: source.patches / after
        for before, after in pairs
        if (source.patches / before).exists()
    }


def _directories(workspace: Workspace, old: str, new: str) -> dict[Path, Path]:
    """Give each directory that belongs to the patch, and what it is called under `new`."""
    source = workspace.source
    pairs = zip(source.directories_of(old), source.directories_of(new), strict=True)
    return {before: after for before, after in pairs if before.is_dir()}
