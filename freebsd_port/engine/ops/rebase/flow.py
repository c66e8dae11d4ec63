"""The course of a rebase: start, stop at a conflict, go on, skip, abort. Whose series it is, and
what the trees are, its `Rebasing` knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.apply.series_lock import LockedFile
from freebsd_port.engine.core.rebase.conflict import find_breakage, find_marker, read_resolutions
from freebsd_port.engine.core.rebase.outcome import RebasedPatch, RebaseError, WorkFile
from freebsd_port.engine.core.rebase.progress import RebaseState
from freebsd_port.engine.core.rebase.tree_version import ListedTree
from freebsd_port.engine.core.source.findings import Fault
from freebsd_port.engine.core.source.missing_names import Missing
from freebsd_port.engine.core.text.file import split_lines
from freebsd_port.engine.store.rebase.rebase_store import RebaseStore, find_begun, held
from freebsd_port.engine.store.second_process import working_beside
from freebsd_port.errors import PortError, ProblemsError

Tell = Callable[[tuple[RebasedPatch, ...]], tuple[RebasedPatch, ...]]
"""Gives patches with what their lines do not say: missing names, and other faults."""


@dataclass(frozen=True, slots=True)
class RebasedSeries:
    """The series on the new version, as it was computed; nothing is written yet."""

    old: str
    new: str
    """What the user calls the two versions."""

    patches: tuple[RebasedPatch, ...]
    """In the order of the series; those that are on neither version are left out."""

    files: tuple[LockedFile, ...]
    """What the series makes of the new version's files, without the patches in conflict."""

    is_whole: bool
    """Whether nothing is left to be rebased."""

    tree: ListedTree = field(repr=False, compare=False)
    """The new version as it is."""

    beside: tuple[str, ...] = ()
    """Other versions that each patch was tried from."""

    tell: Tell | None = field(default=None, repr=False, compare=False)
    """Tells the patches; None if they are told already."""

    @property
    def origin(self) -> str:
        """Name every version that the patches were tried from."""
        return " and ".join((self.old, *self.beside))

    @property
    def conflict(self) -> RebasedPatch | None:
        """Give the first patch that needs a person, or None."""
        return next((patch for patch in self.patches if patch.state == "conflict"), None)


class Rebasing(Protocol):
    """A series that can be rebased: how it is computed, and which files then change."""

    @property
    def root(self) -> Path:
        """The directory below which every file is that a rebase writes."""

    @property
    def command(self) -> str:
        """What the user types to reach this rebase, such as `freebsd-port rebase`."""

    @property
    def beginning(self) -> str:
        """What the user types to begin one."""

    def store(self, state: RebaseState) -> RebaseStore:
        """Give the place of a rebase on disk."""

    def rebase(self, state: RebaseState) -> RebasedSeries:
        """Rebase every patch in memory, with what a person decided so far."""

    def ask_checks(
        self, state: RebaseState, carried: RebasedSeries
    ) -> tuple[RebaseState, RebasedSeries]:
        """Let checks choose between two clean results of a patch, where they are to be asked.

        Gives the state with what was taken, and the series rebased so. Nothing is written below
        the root.
        """

    def plan_files(self, state: RebaseState, carried: RebasedSeries) -> dict[str, bytes]:
        """Give the files that change up to the first conflict, in an order to write them in.

        Paths are relative to the root. The writing can be cut off anywhere.
        """


@dataclass(frozen=True, slots=True)
class Preview:
    """A rebase that is to write nothing."""

    rebasing: Rebasing
    wanted: RebaseState


class UnfinishedError(ProblemsError):
    """Every file of a conflict that is not finished."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Rebased:
    """What a rebase came to."""

    carried: RebasedSeries
    written: tuple[str, ...] = ()
    """Files that changed since it was begun, relative to the root, sorted."""

    planned: tuple[str, ...] = ()
    """Those that a dry run would write, sorted."""

    unfinished: tuple[Path, ...] = ()
    """Files with conflict markers that a person has to finish; empty when the rebase is done."""


def start_rebase(
    rebasing: Rebasing, wanted: RebaseState, *, is_dry: bool = False, is_attended: bool = True
) -> Rebased:
    """Rebase the series; on a conflict keep what is done and stop, or if unattended do nothing.

    One that was killed while it wrote is taken up again. Raises RebaseError when another one was
    begun, and what the rebasing raises.
    """
    with held(rebasing.root):
        return _start(rebasing, wanted, is_dry=is_dry, is_attended=is_attended)


def preview_rebases(
    root: Path, ours: Sequence[Preview], theirs: Sequence[Preview]
) -> tuple[Rebased, ...]:
    """Say what rebases below one root would come to, one behind the other; nothing is written.

    `theirs` may run in a second process, in which they cannot show how far they are.
    """
    with held(root), working_beside(partial(_preview, theirs)) as rest:
        return (*_preview(ours), *rest())


def _preview(previews: Sequence[Preview]) -> tuple[Rebased, ...]:
    """Run rebases that write nothing; what they come to can be pickled."""
    from freebsd_port.engine.store.files.source_tree import FilesTree

    done = (_start(one.rebasing, one.wanted, is_dry=True) for one in previews)
    return tuple(replace(one, carried=replace(one.carried, tree=FilesTree({}))) for one in done)


def _start(
    rebasing: Rebasing, wanted: RebaseState, *, is_dry: bool, is_attended: bool = True
) -> Rebased:
    killed = _find_killed(rebasing, wanted)
    if killed is None and not is_dry:
        rebasing.store(wanted).clear()  # of one that was killed when it had ended
    state = killed or wanted
    carried = rebasing.rebase(state)
    if not is_dry:
        state, carried = rebasing.ask_checks(state, carried)
    if is_dry or (carried.conflict and not is_attended):
        carried, files = _plan(rebasing, state, carried, is_planned=is_dry)
        return Rebased(carried, planned=tuple(sorted(files)))
    return _write(rebasing, state, carried)


def continue_rebase(rebasing: Rebasing) -> Rebased:
    """Take the finished files of the patch in conflict, and go on.

    If a person removed the directory with those files, they are written again.
    Raises UnfinishedError with every marker that is left and every file that does not parse.
    """
    with held(rebasing.root):
        state = _require_begun(rebasing)
        store = rebasing.store(state)
        if state.stopped is not None and not store.work.exists():
            state = replace(state, stopped=None, unfinished=(), ahead=())
            store.save(state)  # first: no half of what is laid out may be taken for finished
        if state.stopped is not None:
            carried = rebasing.rebase(state)
            patch = next((p for p in carried.patches if p.name == state.stopped), None)
            if patch is None or not patch.work:
                raise RebaseError(
                    f"{state.stopped} is no longer in conflict: the series or its patches changed",
                    hint=f"{rebasing.command} --abort, then start again",
                )
            files = store.read_work(patch.work, carried.tree.paths())
            _require_finished(rebasing, store, patch.work, files)
            store.settle(patch.name, files)
            settled = (*state.settled, patch.name)
            state = replace(state, stopped=None, settled=settled, unfinished=(), ahead=())
            store.save(state)
            _remember(store, patch, files)  # before, it would be no conflict any more
        return _write(rebasing, *rebasing.ask_checks(state, rebasing.rebase(state)))


def skip_patch(rebasing: Rebasing, reason: str | None) -> Rebased:
    """Leave the patch in conflict out on the new version, which the series then says."""
    with held(rebasing.root):
        state = _require_begun(rebasing)
        if state.stopped is None:
            raise RebaseError("no patch is in conflict", hint=f"{rebasing.command} --continue")
        why = reason or f"left out in a rebase from {state.old}"
        skipped = {**state.skipped, state.stopped: why}
        state = replace(state, stopped=None, skipped=skipped, unfinished=(), ahead=())
        return _write(rebasing, *rebasing.ask_checks(state, rebasing.rebase(state)))


def abort_rebase(rebasing: Rebasing) -> tuple[str, ...]:
    """Put back every byte that the rebase has written; name the files."""
    with held(rebasing.root):
        state = _require_begun(rebasing)
        store = rebasing.store(state)
        store.restore(state)
        store.clear()
        return tuple(sorted(state.saved))


def read_rebase(root: Path) -> tuple[RebaseState, tuple[Path, ...]] | None:
    """Give the rebase that was begun and the files to finish, or None. Nothing is computed."""
    for begun in find_begun(root):
        store = RebaseStore(root, begun)
        state = store.find()
        if state is not None:
            files = [store.work / path for path in state.unfinished]
            there = [path for path in files if path.is_file()]
            return state, tuple(p for p in there if find_marker(split_lines(p.read_bytes())))
    return None


def _find_killed(rebasing: Rebasing, wanted: RebaseState) -> RebaseState | None:
    """Give the same rebase when it was cut off; raises RebaseError for any other one begun."""
    found = None
    for begun in find_begun(rebasing.root):
        known = RebaseStore(rebasing.root, begun).find()
        if known is None:
            continue
        if known.stopped or not known.is_of(wanted):
            raise _begun(rebasing, known)
        found = known
    return found


def _require_begun(rebasing: Rebasing) -> RebaseState:
    found = read_rebase(rebasing.root)
    if found is None:
        raise RebaseError("no rebase is in progress", hint=rebasing.beginning)
    return found[0]


def _begun(rebasing: Rebasing, state: RebaseState) -> RebaseError:
    stopped = f", stopped at {state.stopped}" if state.stopped else ", interrupted"
    return RebaseError(
        f"a rebase from {state.origin} to {state.new} is in progress{stopped}",
        where=str(rebasing.store(state).place),
        hint=f"{rebasing.command} --continue, --skip or --abort",
    )


def _require_finished(
    rebasing: Rebasing,
    store: RebaseStore,
    work: tuple[WorkFile, ...],
    files: Mapping[str, bytes],
) -> None:
    """Raise UnfinishedError with every marker that is left and every file that does not parse."""
    hint = f"finish the file, then: {rebasing.command} --continue"
    problems: list[PortError] = []
    for path, content in files.items():
        line = find_marker(split_lines(content))
        if line:
            where = f"{store.work / path}:{line}"
            problems.append(RebaseError("a conflict marker is left", where=where, hint=hint))
    for file in work if not problems else ():
        fault = find_breakage(file, files[file.path])
        if fault:
            where = str(store.work / file.path)
            problems.append(RebaseError(f"it does not parse, {fault}", where=where, hint=hint))
    if problems:
        raise UnfinishedError(tuple(problems))


def _remember(store: RebaseStore, patch: RebasedPatch, files: Mapping[str, bytes]) -> None:
    """Keep what each clash of the patch became, for the next version that has the same one."""
    for file in patch.work:
        for clash, lines in read_resolutions(file, files[file.path]):
            store.resolutions.remember(clash, lines)


def _write(rebasing: Rebasing, state: RebaseState, carried: RebasedSeries) -> Rebased:
    """Write what is clean before the first conflict, and stop there."""
    store = rebasing.store(state)
    conflict = carried.conflict
    carried, files = _plan(rebasing, state, carried)
    for path in files:
        if path not in state.saved:
            state = replace(state, saved={**state.saved, path: store.keep_original(path)})
    if files or conflict:
        store.save(state)
    for path, content in files.items():
        store.write(path, content)
    written = tuple(sorted(state.saved))
    if conflict is None:
        store.clear()
        return Rebased(carried, written)
    unfinished = store.lay_out(conflict.work)
    paths = tuple(file.path for file in conflict.work if file.clashes)
    _, *ahead = (patch.name for patch in carried.patches if patch.state == "conflict")
    store.save(replace(state, stopped=conflict.name, unfinished=paths, ahead=tuple(ahead)))
    return Rebased(carried, written, unfinished=unfinished)


def _plan(
    rebasing: Rebasing, state: RebaseState, carried: RebasedSeries, *, is_planned: bool = True
) -> tuple[RebasedSeries, dict[str, bytes]]:
    """Tell the patches what their lines do not say, and meanwhile plan the files."""
    if carried.tell is None:
        return carried, rebasing.plan_files(state, carried) if is_planned else {}
    with working_beside(partial(_find, carried.tell, carried.patches)) as found:
        files = rebasing.plan_files(state, carried) if is_planned else {}
        told = (
            replace(one, missing=missing, faults=faults) if missing or faults else one
            for one, (missing, faults) in zip(carried.patches, found(), strict=True)
        )
        return replace(carried, patches=tuple(told), tell=None), files


def _find(
    tell: Tell, patches: tuple[RebasedPatch, ...]
) -> tuple[tuple[tuple[Missing, ...], tuple[Fault, ...]], ...]:
    """Give only what is new about each patch: the rest would be copied for nothing."""
    return tuple((one.missing, one.faults) for one in tell(patches))


def require_same(plan: Plan, carried: RebasedSeries) -> None:
    """Raise RebaseError when the series, applied as it would be written, is not what was merged."""
    planned = {
        LockedFile(
            edit.path,
            edit.before.sha256 if edit.before else None,
            edit.after.sha256 if edit.after else None,
        )
        for edit in plan.edits
        if edit.before is None or edit.after is None or edit.before.content != edit.after.content
    }
    differing = sorted({one.path for one in planned ^ set(carried.files)})
    if differing or plan.problems:
        raise RebaseError(
            "the rebased series gives a different result when it is applied; nothing was written",
            where=", ".join(differing) or str(plan.problems[0]),
            hint="rebase its patches one by one with --only, and report the one that fails",
        )
