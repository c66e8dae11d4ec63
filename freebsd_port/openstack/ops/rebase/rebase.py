"""`rebase`: rebase the series onto another release, and write the result and its conflicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from freebsd_port.engine.core.rebase.conflict import find_breakage, find_marker, read_resolutions
from freebsd_port.engine.core.rebase.outcome import RebasedPatch, RebaseError, WorkFile
from freebsd_port.engine.core.rebase.progress import RebaseState
from freebsd_port.engine.core.text.file import split_lines
from freebsd_port.engine.ops.target.patch_source import load_series
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.openstack.ops.rebase.carry import Carried, carry_series, choose_old_release
from freebsd_port.openstack.ops.rebase.files import plan_files
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.project.rebase_store import RebaseStore, find_begun, held


class UnfinishedError(ProblemsError):
    """Every file of a conflict that is not finished."""

    exit_code = 3


def require_finished(
    store: RebaseStore, work: tuple[WorkFile, ...], files: Mapping[str, bytes]
) -> None:
    """Raise UnfinishedError with every marker that is left and every file that does not parse."""
    hint = "finish the file, then: freebsd-port rebase --continue"
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


def remember(store: RebaseStore, patch: RebasedPatch, files: Mapping[str, bytes]) -> None:
    """Keep what each clash of the patch became, for the next release that has the same one."""
    for file in patch.work:
        for clash, lines in read_resolutions(file, files[file.path]):
            store.resolutions.remember(clash, lines)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a rebase is to go."""

    today: str
    """Date for Last-Update, ISO 8601."""

    is_offline: bool
    progress: Callable[[str], None]
    only: str | None = None
    """Name of the one patch to carry, as the series may be asked for it."""

    is_dry: bool = False


@dataclass(frozen=True, slots=True)
class Rebased:
    """What a rebase came to."""

    carried: Carried
    written: tuple[str, ...] = ()
    """Files of the project, relative to its root, that changed since it was begun, sorted."""

    planned: tuple[str, ...] = ()
    """Those that a dry run would write, sorted."""

    unfinished: tuple[Path, ...] = ()
    """Files with conflict markers that a person has to finish; empty when the rebase is done."""


def start_rebase(
    project: Project,
    new: str,
    old: str | None,
    settings: Settings,
    *,
    is_attended: bool = True,
) -> Rebased:
    """Carry the series; on a conflict keep what is done and stop, or if unattended do nothing.

    `old` None is the nearest release that has the series. One that was killed while it wrote is
    taken up again. Raises RebaseError when another one has stopped at a conflict.
    """
    _require_writable(project, settings)
    project.load_release(new)
    old = project.load_release(old).name if old else choose_old_release(project, new)
    if old == new:
        raise RebaseError(f"{new} cannot be carried to itself", hint="name another with --from")
    series = load_series(project.series)
    only = series.names[series.require_index(settings.only)] if settings.only else None
    with held(project.root):
        killed = _find_killed(project, new, old, only)
        state = killed or RebaseState(old, new, settings.today, only)
        carried = _carry(project, state, settings)
        if settings.is_dry or (carried.conflict and not is_attended):
            planned = plan_files(project, state, carried) if settings.is_dry else {}
            return Rebased(carried, planned=tuple(sorted(planned)))
        return _write(project, state, carried)


def rebase_all(project: Project, settings: Settings) -> tuple[Rebased, ...]:
    """Carry the series outwards from the newest release that has it, each from its neighbour.

    A release with a conflict is reported and left as it is; its neighbour is carried from the
    nearest release that has the series.
    """
    order = project.release_names()
    carried = [name for name in order if project.series_lock(name).exists()]
    start = order.index(carried[-1]) if carried else len(order) - 1
    names = (*reversed(order[:start]), *order[start + 1 :])
    return tuple(start_rebase(project, n, None, settings, is_attended=False) for n in names)


def continue_rebase(project: Project, settings: Settings) -> Rebased:
    """Take the finished files of the patch in conflict, and go on.

    Where a person removed the directory with those files, they are laid out anew.
    Raises UnfinishedError with every marker that is left and every file that does not parse.
    """
    with held(project.root):
        state = _require_begun(project)
        store = RebaseStore(project.root, state.new)
        if state.stopped is not None and not store.work.exists():
            state = replace(state, stopped=None, unfinished=())
            store.save(state)  # first: no half of what is laid out may be taken for finished
        if state.stopped is not None:
            carried = _carry(project, state, settings)
            patch = next((p for p in carried.patches if p.name == state.stopped), None)
            if patch is None or not patch.work:
                raise _changed(state)
            files = store.read_work(patch.work, carried.tree.paths())
            require_finished(store, patch.work, files)
            store.settle(patch.name, files)
            settled = (*state.settled, patch.name)
            state = replace(state, stopped=None, settled=settled, unfinished=())
            store.save(state)
            remember(store, patch, files)  # before, it would be no conflict any more
        return _write(project, state, _carry(project, state, settings))


def skip_patch(project: Project, reason: str | None, settings: Settings) -> Rebased:
    """Leave the patch in conflict out on the new release, which the series then says."""
    with held(project.root):
        state = _require_begun(project)
        if state.stopped is None:
            raise RebaseError("no patch is in conflict", hint="freebsd-port rebase --continue")
        why = reason or f"left out in a rebase from {state.old}"
        skipped = {**state.skipped, state.stopped: why}
        state = replace(state, stopped=None, skipped=skipped, unfinished=())
        return _write(project, state, _carry(project, state, settings))


def abort_rebase(project: Project) -> tuple[str, ...]:
    """Put back every byte of the project that the rebase has written; name the files."""
    with held(project.root):
        state = _require_begun(project)
        store = RebaseStore(project.root, state.new)
        store.restore(state)
        store.clear()
        return tuple(sorted(state.saved))


def read_rebase(project: Project) -> tuple[RebaseState, tuple[Path, ...]] | None:
    """Give the rebase that was begun and the files to finish, or None. Nothing is computed."""
    for begun in find_begun(project.root):
        store = RebaseStore(project.root, begun)
        state = store.find()
        if state is not None:
            files = [store.work / path for path in state.unfinished]
            there = [path for path in files if path.is_file()]
            return state, tuple(p for p in there if find_marker(split_lines(p.read_bytes())))
    return None


def _require_writable(project: Project, settings: Settings) -> None:
    if project.is_packaged and not settings.is_dry:
        raise RebaseError(
            "the series inside an installed package is not to be carried",
            where=str(project.root),
            hint="run the command in a checkout, or with --dry-run",
        )


def _find_killed(project: Project, new: str, old: str, only: str | None) -> RebaseState | None:
    """Give the same rebase when it was cut off; raises RebaseError for any other one begun."""
    found = None
    for begun in find_begun(project.root):
        known = RebaseStore(project.root, begun).find()
        if known is None:
            continue
        if known.stopped or (known.new, known.old, known.only) != (new, old, only):
            raise _begun(project, known)
        found = known
    return found


def _require_begun(project: Project) -> RebaseState:
    found = read_rebase(project)
    if found is None:
        raise RebaseError("no rebase is in progress", hint="freebsd-port rebase --to RELEASE")
    return found[0]


def _begun(project: Project, state: RebaseState) -> RebaseError:
    stopped = f", stopped at {state.stopped}" if state.stopped else ", and cut off"
    return RebaseError(
        f"a rebase from {state.old} to {state.new} was begun{stopped}",
        where=str(RebaseStore(project.root, state.new).place),
        hint="freebsd-port rebase --continue, --skip or --abort",
    )


def _changed(state: RebaseState) -> RebaseError:
    return RebaseError(
        f"{state.stopped} is in conflict no more: the series or its patches were changed",
        hint="freebsd-port rebase --abort, then begin anew",
    )


def _carry(project: Project, state: RebaseState, settings: Settings) -> Carried:
    settings.progress(f"rebasing the series from {state.old} to {state.new}")
    return carry_series(project, state, is_offline=settings.is_offline, progress=settings.progress)


def _write(project: Project, state: RebaseState, carried: Carried) -> Rebased:
    """Write what is clean before the first conflict, and stop there."""
    store = RebaseStore(project.root, state.new)
    conflict = carried.conflict
    files = plan_files(project, state, carried)
    for path in files:
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
    store.save(replace(state, stopped=conflict.name, unfinished=paths))
    return Rebased(carried, written, unfinished=unfinished)
