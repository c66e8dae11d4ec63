"""Bring a tree to exactly a chosen run of patches, whatever prefix or older text is on it.

Every verb that changes a tree (apply, push, pop) is this with another goal.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.engine.core.apply.overlay import (
    AppliedPatch,
    OverlayState,
    changed_files,
    render_state,
)
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.ops.target.target import OverlayCheck, Target, find_overlay
from freebsd_port.engine.store.files.lock import locked
from freebsd_port.engine.store.overlay.state import BaseTree, Condition, has_state, is_pending
from freebsd_port.errors import PortError, ProblemsError

if TYPE_CHECKING:
    from freebsd_port.engine.core.apply.plan import PatchOutcome, Plan
    from freebsd_port.engine.core.patch.patch import Patch
    from freebsd_port.engine.core.series.series import SeriesEntry
    from freebsd_port.engine.ops.apply.change_set import ChangeSet


@dataclass(frozen=True, slots=True)
class Convergence:
    """What was done, or with a dry run would be."""

    root: Path
    before: tuple[AppliedPatch, ...]
    after: tuple[AppliedPatch, ...]
    outcomes: tuple[PatchOutcome, ...] = ()
    """What became of each patch; empty when there was nothing to do, as no patch is read then."""

    written: tuple[str, ...] = ()
    """Paths whose bytes, mode or presence changed, RECORD included, sorted."""

    kept: tuple[Path, ...] = ()
    """Copies of files edited by hand, made before they were written over."""

    forgotten: tuple[str, ...] = ()
    """Distributions replaced or uninstalled under the overlay; what is there was left alone."""

    reinstalled: tuple[str, ...] = ()
    """Distributions at the same version whose originals somebody put back."""

    is_recovered: bool = False
    """Whether a change that had been cut off was finished or undone first."""

    is_dry_run: bool = False

    @property
    def is_noop(self) -> bool:
        """Tell whether there was nothing to do."""
        return not self.written and self.before == self.after


@dataclass(frozen=True, slots=True)
class Options:
    """How to converge."""

    fuzz: int = 0
    force: bool = False
    dry_run: bool = False
    release: str | None = None
    is_whole: bool = False
    """The goal is the whole series, so series.lock must agree with the result."""


def converge(target: Target, goal: tuple[GoalPatch, ...], options: Options) -> Convergence:
    """Make the tree hold exactly these patches over its originals.

    Raises ProblemsError with every failing hunk of every patch, or every file edited by hand,
    before anything is written; what the journal raises when the system refuses.
    """
    with locked(target.root):
        recovered = _recover(target.root, is_dry_run=options.dry_run)
        target = target.reread()
        found = find_overlay(target, force=options.force)
        wanted = tuple(patch.applied for patch in goal)
        if found.is_trusted and _is_there(found.state, found.conditions, wanted, options):
            base = BaseTree(target.root, found.state)
            target.check(changed_files(found.state), base, is_whole=options.is_whole)
            return Convergence(target.root, wanted, wanted, is_recovered=recovered)
        from freebsd_port.engine.ops.apply.change_set import plan_changes

        plan = plan_goal(target, found.state, goal, options.fuzz, found.state.patches)
        aim = replace(found.state, release=options.release, fuzz=options.fuzz, patches=wanted)
        work = plan_changes(target, found, plan, aim)
        base = BaseTree(target.root, found.state)
        target.check(changed_files(work.state), base, is_whole=options.is_whole)
        kept = () if options.dry_run else _write(target.root, found, work)
        return Convergence(
            target.root,
            found.state.patches,
            wanted,
            plan.patches,
            tuple(sorted(write.path for write in work.writes)),
            kept,
            found.forgotten,
            found.reinstalled,
            recovered,
            options.dry_run,
        )


def _recover(root: Path, *, is_dry_run: bool) -> bool:
    """Finish or undo what an interrupted command left; tell whether there was anything.

    Where no state is, a command that was killed as it began may have left an empty directory.
    """
    if not is_pending(root) and (is_dry_run or has_state(root)):
        return False
    from freebsd_port.engine.store.overlay.journal import recover

    return recover(root)


def _write(root: Path, found: OverlayCheck, work: ChangeSet) -> tuple[Path, ...]:
    from freebsd_port.engine.store.overlay.backups import back_up_files
    from freebsd_port.engine.store.overlay.journal import commit
    from freebsd_port.engine.store.overlay.originals import prune_pristine

    kept = back_up_files(root, found.edited)
    commit(root, tuple(work.writes), _render(work.state), work.originals)
    prune_pristine(root, work.state)
    return kept


def _is_there(
    state: OverlayState,
    conditions: tuple[Condition, ...],
    wanted: tuple[AppliedPatch, ...],
    options: Options,
) -> bool:
    """Tell whether the tree is where it should be; then no patch is read."""
    if not (wanted or state.patches or state.files):
        return True
    return (
        state.patches == wanted
        and (state.release, state.fuzz) == (options.release, options.fuzz)
        and all(condition.kind == "patched" for condition in conditions)
    )


def _render(state: OverlayState) -> bytes | None:
    return render_state(state) if state.patches or state.files else None


def plan_goal(
    target: Target,
    state: OverlayState,
    goal: tuple[GoalPatch, ...],
    fuzz: int,
    begun: Collection[AppliedPatch],
) -> Plan:
    """Place every hunk over the originals; `begun` may be headers alone.

    A patch that cannot be read ends the plan. Raises ProblemsError with all that stands in the way.
    """
    from freebsd_port.engine.core.apply.planner import plan_series
    from freebsd_port.engine.core.patch.patch import parse_patch, require_complete

    unreadable: list[PortError] = []
    patches: list[tuple[SeriesEntry, Patch]] = []
    for each in goal:
        try:
            is_begun = target.is_strict or each.applied in begun
            patch = parse_patch(each.entry.name, each.data, is_begun=is_begun)
            if target.is_strict:
                require_complete(patch)
        except PortError as error:
            unreadable.append(error)
            continue
        if not unreadable:
            patches.append((each.entry, patch))
    plan = plan_series(BaseTree(target.root, state), patches, max_fuzz=fuzz)
    problems = (*target.refusals(plan.patches), *plan.problems, *unreadable)
    if problems:
        raise ProblemsError(problems)
    return plan
