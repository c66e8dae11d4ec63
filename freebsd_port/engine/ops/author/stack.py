"""A stack: the patches applied to a target, and every file below and above each of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from freebsd_port.engine.core.apply.layers import Layer, stack_layers
from freebsd_port.engine.core.apply.overlay import OverlayState
from freebsd_port.engine.core.apply.plan import PatchOutcome
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.series.series import Series
from freebsd_port.engine.core.text.file import FileState, Tree
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.ops.target.target import OverlayCheck, Target, find_overlay
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.lock import locked
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.engine.store.overlay.journal import recover
from freebsd_port.engine.store.overlay.state import BaseTree
from freebsd_port.errors import PortError, ProblemsError


class StackError(PortError):
    """Something that the patches which are on do not allow."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What authoring looks at."""

    workspace: Workspace
    target: Target
    """Held against no series.lock: a patch that is being written makes it out of date."""

    series: Series
    """All of it that counts here, on or not."""

    found: OverlayCheck
    goal: tuple[GoalPatch, ...]
    """The patches that are on, as their files hold them now."""

    layers: tuple[Layer, ...]
    """One below each patch, and one above the top."""

    outcomes: tuple[PatchOutcome, ...]
    tree: Tree
    """The files as they are now."""

    @property
    def state(self) -> OverlayState:
        """Give what the overlay remembers."""
        return self.found.state

    def require_on(self, name: str | None = None) -> int:
        """Find a patch that is on by its name, the top one unless given.

        Raises StackError when it is not on, SeriesError when there is none of that name.
        """
        if not self.goal:
            is_planned = self.workspace.pristine is not None
            hint = "name a patch of the series" if is_planned else "freebsd-port push"
            raise StackError("no patch is applied", hint=hint)
        if name is None:
            return len(self.goal) - 1
        index = self.series.require_index(name)
        if index >= len(self.goal):
            raise StackError(
                f"{self.series.entries[index].name} is not on",
                where=str(self.workspace.place),
                hint=f"freebsd-port push {self.series.entries[index].name}",
            )
        return index

    def name(self, index: int) -> str:
        """Give the name of a patch."""
        return self.goal[index].entry.name

    def files(self, index: int) -> tuple[str, ...]:
        """Name the files of a patch: those of its text in order, then those added, sorted.

        Source: quilt 0.66, files_in_patch_ordered of scripts/patchfns.
        """
        added = sorted(f.path for f in self.state.added if f.patch == self.name(index))
        return tuple(dict.fromkeys((*self.outcomes[index].paths, *added)))

    def find_above(self, index: int, path: str) -> int | None:
        """Find the next patch above that has the file too."""
        above = range(index + 1, len(self.goal))
        return next((one for one in above if path in self.files(one)), None)

    def before(self, index: int, path: str) -> FileState | None:
        """Give a file as it is below a patch."""
        return self.layers[index].read(path)

    def after(self, index: int, path: str) -> FileState | None:
        """Give a file as a patch is to leave it: as it is in the tree, unless one above has it."""
        above = self.find_above(index, path)
        return self.tree.read(path) if above is None else self.layers[above].read(path)

    def find_stale(self) -> str | None:
        """Name a patch whose text now makes other files than those that are applied, or None."""
        known = {e.path: e.after for e in self.state.files if not e.path.endswith("/RECORD")}
        paths = set(known) | set(self.layers[-1].files)
        for path in sorted(paths):
            made = self.layers[-1].read(path)
            if (made.sha256 if made else None) != known.get(path):
                texts = zip(self.goal, self.state.patches, strict=True)
                changed = [goal.entry.name for goal, on in texts if goal.applied != on]
                return changed[0] if changed else path
        return None

    def require_current(self) -> None:
        """Raise StackError unless the texts of the patches are those that are on."""
        stale = self.find_stale()
        if stale is not None:
            raise StackError(
                f"{stale} changed since it was applied",
                where=str(self.workspace.place),
                hint="freebsd-port refresh, or freebsd-port apply",
            )


@contextlib.contextmanager
def hold_stack(workspace: Workspace) -> Iterator[Stack]:
    """Give the stack of a target with target and series held against other processes."""
    root = workspace.target.root
    if workspace.pristine is not None:
        with hold_series(workspace):
            yield read_stack(workspace)
        return
    with locked(root), hold_series(workspace):
        recover(root)
        yield read_stack(workspace)


@contextlib.contextmanager
def hold_series(workspace: Workspace) -> Iterator[None]:
    """Lock the series against other processes; a tree that contains it is locked already."""
    root, series = workspace.target.root, workspace.source.series_file.parent
    with contextlib.ExitStack() as stack:
        if series.is_dir() and not (root.is_dir() and series.samefile(root)):
            stack.enter_context(locked(series))
        yield


def read_stack(workspace: Workspace, planned: str | None = None) -> Stack:
    """Look at the stack of a target; nothing is written.

    Where there is no target yet, no patch is applied, or those up to `planned` are, in memory.
    Raises ProblemsError when a patch that is on does not fit any more, SeriesError when they are
    not the first of the series, EditedError when a distribution was installed anew.
    """
    series = read_series(workspace)
    base: Tree
    if workspace.pristine is not None:
        target, base = workspace.target, workspace.pristine
        found = OverlayCheck(OverlayState(), (), (), (), ())
        here = 0 if planned is None else series.require_index(planned) + 1
    else:
        target = workspace.target.without_lock()
        found = find_overlay(target, force=False, keeps_edits=True)
        here = workspace.position(found.state) if found.state.patches else 0
        base = BaseTree(target.root, found.state)
    goal = workspace.source.load_patches(series.entries[:here])
    patches = tuple(
        (one.entry, parse_patch(one.entry.name, one.data, is_begun=True)) for one in goal
    )
    layers, outcomes = stack_layers(base, patches, found.state.fuzz)
    problems = tuple(problem for outcome in outcomes for problem in outcome.problems)
    if problems:
        raise ProblemsError(problems)
    tree = DirectoryTree(target.root) if workspace.pristine is None else layers[-1]
    return Stack(workspace, target, series, found, goal, layers, outcomes, tree)


def read_series(workspace: Workspace) -> Series:
    """Read the series that counts here; one that is not there yet is empty."""
    if not workspace.source.series_file.exists():
        return Series(())
    return workspace.source.load_series()


def find_path(stack: Stack, word: str) -> str:
    """Give the path in the tree that a word of the command line means.

    It is relative to the tree, or names a file there as the shell sees it, if there is a tree.
    Raises StackError for a file elsewhere.
    """
    if stack.workspace.pristine is not None:
        return PurePosixPath(word).as_posix()
    root = Path(os.path.realpath(stack.target.root))
    here = Path(os.path.realpath(Path.cwd()))
    is_inside = here.is_relative_to(root)
    seen_from_here = is_inside or (
        os.path.lexists(here / word) and not os.path.lexists(root / word)
    )
    place = (here if seen_from_here else root) / word
    place = Path(os.path.realpath(place.parent)) / place.name
    if not place.is_relative_to(root) or place == root:
        raise StackError(f"{word} is not inside the tree", where=str(root))
    return place.relative_to(root).as_posix()
