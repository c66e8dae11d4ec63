"""Bring a tree to exactly a chosen run of patches, whatever prefix or older text is on it.

Every verb that changes a tree (apply, push, pop) is this with another goal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from freebsd_port.core.file import FileState
from freebsd_port.core.overlay import AppliedPatch, OverlayFile, OverlayState, render_state
from freebsd_port.core.patch import parse_patch
from freebsd_port.core.plan import Edit, Plan, plan_series
from freebsd_port.core.series import SeriesEntry
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.ops.target import Target
from freebsd_port.store.journal import Write, commit, is_pending, locked, recover
from freebsd_port.store.keep import keep_copies
from freebsd_port.store.overlay import (
    BaseTree,
    Condition,
    inspect_files,
    load_state,
    prune_pristine,
    save_pristine,
)
from freebsd_port.store.tree import DirectoryTree


class EditedError(PortError):
    """A file of the overlay holds something that freebsd-port did not write."""


@dataclass(frozen=True, slots=True)
class GoalPatch:
    """One patch to have on, as its file holds it."""

    entry: SeriesEntry
    data: bytes
    applied: AppliedPatch
    """What the overlay will remember of it."""


@dataclass(frozen=True, slots=True)
class Convergence:
    """What was done, or with a dry run would be."""

    root: Path
    before: tuple[AppliedPatch, ...]
    after: tuple[AppliedPatch, ...]
    plan: Plan
    written: tuple[str, ...]
    """Paths whose bytes, mode or presence changed, RECORD included, sorted."""

    kept: tuple[Path, ...] = ()
    """Copies of files edited by hand, made before they were written over."""

    forgotten: tuple[str, ...] = ()
    """Distributions replaced under the overlay, whose files were left alone."""

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


@dataclass(slots=True)
class _Goal:
    state: OverlayState
    writes: list[Write] = field(default_factory=list)
    originals: dict[str, bytes] = field(default_factory=dict)


def converge(target: Target, goal: tuple[GoalPatch, ...], options: Options) -> Convergence:
    """Make the tree hold exactly these patches over its originals.

    Raises ProblemsError with every failing hunk of every patch, or every file edited by hand,
    before anything is written; what the journal raises when the system refuses.
    """
    with locked(target.root):
        recovered = recover(target.root) if is_pending(target.root) else False
        state = load_state(target.root)
        conditions = inspect_files(DirectoryTree(target.root), state)
        state, conditions, forgotten = _forget_replaced(target, state, conditions, options)
        edited = _refuse_edited(target.root, conditions, options)
        wanted = tuple(patch.applied for patch in goal)
        if _is_there(state, conditions, wanted, options) and not forgotten:
            base = BaseTree(target.root, state)
            target.check((), state.files, base, is_whole=options.is_whole)
            return Convergence(
                target.root, wanted, wanted, Plan((), ()), (), is_recovered=recovered
            )
        plan = _plan(target, state, goal, options)
        work = _goal(target, state, conditions, plan, goal, options)
        base = BaseTree(target.root, state)
        target.check(plan.patches, work.state.files, base, is_whole=options.is_whole)
        kept: tuple[Path, ...] = ()
        if not options.dry_run:
            kept = keep_copies(target.root, edited)
            if work.originals:
                save_pristine(target.root, work.originals)
            commit(target.root, tuple(work.writes), _render(work.state))
            prune_pristine(target.root, work.state)
        return Convergence(
            target.root,
            state.patches,
            wanted,
            plan,
            tuple(sorted(write.path for write in work.writes)),
            kept,
            forgotten,
            recovered,
            options.dry_run,
        )


def _is_there(
    state: OverlayState,
    conditions: tuple[Condition, ...],
    wanted: tuple[AppliedPatch, ...],
    options: Options,
) -> bool:
    """Tell whether the tree is where it should be; then no patch is read."""
    return (
        state.patches == wanted
        and (state.release, state.fuzz) == (options.release, options.fuzz)
        and all(condition.kind == "patched" for condition in conditions)
    )


def _render(state: OverlayState) -> bytes | None:
    return render_state(state) if state.patches or state.files else None


def _forget_replaced(
    target: Target, state: OverlayState, conditions: tuple[Condition, ...], options: Options
) -> tuple[OverlayState, tuple[Condition, ...], tuple[str, ...]]:
    """Take out of the state the distributions that hold another version now.

    Their files are the new version's; the originals kept here are not theirs any more.
    """
    replaced = target.replaced(state)
    if not replaced:
        return state, conditions, ()
    if not options.force:
        raise ProblemsError(
            tuple(
                EditedError(
                    f"{name} was replaced under the overlay: {old} was patched, "
                    f"{new or 'nothing'} is there now",
                    where=str(target.root),
                    hint="leave its files as they are and forget the patches on them: "
                    "freebsd-port pop -a --force",
                )
                for name, old, new in replaced
            )
        )
    names = {name for name, _, _ in replaced}
    kept = tuple(c for c in conditions if c.entry.distribution not in names)
    versions = {name: v for name, v in state.versions.items() if name not in names}
    files = tuple(c.entry for c in kept)
    smaller = OverlayState(state.release, state.fuzz, state.patches, files, versions)
    return smaller, kept, tuple(sorted(names))


def _refuse_edited(
    root: Path, conditions: tuple[Condition, ...], options: Options
) -> tuple[Condition, ...]:
    edited = tuple(c for c in conditions if c.kind in ("edited", "gone"))
    if edited and not options.force:
        raise ProblemsError(
            tuple(
                EditedError(
                    f"{condition.entry.path} was "
                    + ("edited by hand" if condition.kind == "edited" else "removed"),
                    where=str(root),
                    hint="move the change into a patch, or write over it and keep a copy with: "
                    "--force",
                )
                for condition in edited
            )
        )
    return tuple(c for c in edited if c.found is not None)


def _plan(
    target: Target, state: OverlayState, goal: tuple[GoalPatch, ...], options: Options
) -> Plan:
    patches = ((each.entry, parse_patch(each.entry.name, each.data)) for each in goal)
    plan = plan_series(BaseTree(target.root, state), patches, max_fuzz=options.fuzz)
    if plan.problems:
        raise ProblemsError(plan.problems)
    return plan


def _goal(
    target: Target,
    state: OverlayState,
    conditions: tuple[Condition, ...],
    plan: Plan,
    goal: tuple[GoalPatch, ...],
    options: Options,
) -> _Goal:
    """Work out the new state, the originals to keep and the files to write."""
    base = BaseTree(target.root, state)
    found = {condition.entry.path: condition.found for condition in conditions}
    edits = {edit.path: edit for edit in target.with_records(plan.edits, base)}
    files: list[OverlayFile] = []
    work = _Goal(OverlayState())
    for path in sorted(set(edits) | set(found)):
        edit = edits.get(path)
        if edit is None:
            original = base.read(path)
            edit = Edit(path, original, original)
        else:
            files.append(_entry(edit, target.owner(path)))
            if edit.before is not None:
                work.originals[edit.before.sha256] = edit.before.content
        now = found.get(path, edit.before)
        if _differs(now, edit.after):
            work.writes.append(Write(path, now.sha256 if now else None, edit.after))
    work.state = OverlayState(
        options.release,
        options.fuzz,
        tuple(patch.applied for patch in goal),
        tuple(files),
        target.versions() if files else {},
    )
    return work


def _entry(edit: Edit, distribution: str | None) -> OverlayFile:
    before, after = edit.before, edit.after
    return OverlayFile(
        edit.path,
        before.sha256 if before else None,
        after.sha256 if after else None,
        before.mode if before else None,
        after.mode if after else None,
        distribution,
    )


def _differs(now: FileState | None, wanted: FileState | None) -> bool:
    if now is None or wanted is None:
        return now is not wanted
    return now.content != wanted.content or (wanted.mode is not None and now.mode != wanted.mode)
