"""`apply`, `push` and `pop`: bring a target to the whole series, or move along it as quilt does."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.engine.ops.apply.converge import Convergence, Options, converge
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import PortError, ProblemsError, UsageError


class NoSeriesLockError(PortError):
    """The series does not fit a release that it was never rebased to."""


def apply_series(
    workspace: Workspace, *, fuzz: int = 0, force: bool = False, dry_run: bool = False
) -> Convergence:
    """Put the whole series on, also when an older text of it is on; nothing to do is fine.

    Raises what `converge` raises, with the target untouched; where a hunk has no place on a
    release without a series.lock, NoSeriesLockError stands last among the problems.
    """
    goal = workspace.source.load_patches(workspace.entries())
    options = Options(fuzz, force, dry_run, workspace.release, is_whole=True)
    try:
        return converge(workspace.target, goal, options)
    except ProblemsError as error:
        from freebsd_port.engine.core.apply.plan import MissError
        from freebsd_port.engine.core.apply.series_lock import write_lock_command

        if workspace.has_series_lock or not any(isinstance(p, MissError) for p in error.problems):
            raise
        reason = NoSeriesLockError(
            f"the series was not rebased onto release {workspace.release} yet",
            where=f"releases/{workspace.release} has no series.lock",
            hint=f"edit the patches that do not fit, then: "
            f"{write_lock_command(workspace.release or 'NAME')}",
        )
        raise ProblemsError((*error.problems, reason)) from error


@dataclass(frozen=True, slots=True)
class Distance:
    """How far to go: a number of patches, to a named patch, or all the way."""

    count: int | None = None
    name: str | None = None
    is_all: bool = False


def push_patches(
    workspace: Workspace,
    distance: Distance,
    *,
    fuzz: int = 0,
    force: bool = False,
    dry_run: bool = False,
) -> Convergence:
    """Put on the next patches, up to and with a named one.

    Raises UsageError when there is nothing left to push, or the named patch is on already.
    """
    entries = workspace.entries()
    if distance.name is not None:
        workspace.source.load_series().require_index(distance.name)  # before what is on counts
    here = workspace.position(load_state(workspace.target.root))
    if here == len(entries):
        raise UsageError(
            f"nothing to push: the series ends at {entries[-1].name}, which is applied"
        )
    if distance.is_all:
        there = len(entries)
    elif distance.name is not None:
        there = workspace.source.load_series().require_index(distance.name) + 1
        if there <= here:
            raise UsageError(f"{distance.name} is on already", hint="freebsd-port status")
    else:
        there = min(here + (distance.count or 1), len(entries))
    goal = workspace.source.load_patches(entries[:there])
    whole = there == len(entries)
    return converge(
        workspace.target, goal, Options(fuzz, force, dry_run, workspace.release, is_whole=whole)
    )


def pop_patches(
    workspace: Workspace, distance: Distance, *, force: bool = False, dry_run: bool = False
) -> Convergence:
    """Take off patches from the top, down to but without a named one.

    All of them come off without reading the series, so that a damaged one is no obstacle.
    Raises UsageError when no patch is applied.
    """
    state = load_state(workspace.target.root)
    if not state.patches and not state.files:
        raise UsageError("nothing to pop: no patch is applied", hint="freebsd-port push")
    options = Options(state.fuzz, force, dry_run, state.release)
    there = _below(workspace, distance, len(state.patches))
    if there == 0:
        return converge(workspace.target, (), options)
    workspace.position(state)
    goal = workspace.source.load_patches(workspace.entries()[:there])
    return converge(workspace.target, goal, options)


def _below(workspace: Workspace, distance: Distance, here: int) -> int:
    """Tell how many patches stay on."""
    if distance.is_all:
        return 0
    if distance.name is None:
        return max(here - (distance.count or 1), 0)
    there = workspace.source.load_series().require_index(distance.name) + 1
    if there > here:
        raise UsageError(f"{distance.name} is not on", hint="freebsd-port status")
    if there == here:
        raise UsageError(f"{distance.name} is on top already", hint="freebsd-port status")
    return there
