"""Rebase the whole series from one release's wheels to another's in memory; write nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.progress import counted
from freebsd_port.engine.core.rebase.candidates import Candidates
from freebsd_port.engine.core.rebase.outcome import MisfitError, RebasedPatch, RebaseError
from freebsd_port.engine.core.rebase.progress import RebaseState
from freebsd_port.engine.core.rebase.rebaser import Rebaser, tell_findings
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.series.series import Series, SeriesEntry, is_on
from freebsd_port.engine.core.series.variant import variant_name
from freebsd_port.engine.core.text.file import find_path_fault
from freebsd_port.engine.ops.rebase.flow import RebasedSeries
from freebsd_port.engine.ops.target.patch_source import PatchSource, load_series
from freebsd_port.engine.store.files.read import Listing
from freebsd_port.engine.store.rebase.rebase_store import RebaseStore
from freebsd_port.openstack.ops.series import patched_pins, project_source
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.wheels import WheelTree, require_wheels


def rebase_series(
    project: Project,
    state: RebaseState,
    *,
    is_offline: bool,
    progress: Callable[[str], None],
) -> RebasedSeries:
    """Rebase every patch from each candidate, with what a person decided so far.

    The patches under every option are on. A patch in conflict is left out on the new release and
    the rest goes on, so that every conflict is found. Raises RebaseError when the series does not
    apply to the old release.
    """

    store = RebaseStore(project.root, state.new)
    known: dict[bytes, bytes] = {}

    def read(release: str) -> WheelTree:
        pins = patched_pins(project, project.load_release(release))
        return WheelTree(require_wheels(pins, is_offline=is_offline, progress=progress))

    def make_rebaser(release: str) -> Rebaser:
        base = Version(read(release), known)
        return Rebaser(base, other, release, state.new, state.today, store.resolutions.recall)

    tree = read(state.new)
    other = Version(tree, known)
    names = (state.old, *state.beside)
    candidates = Candidates(other, [partial(make_rebaser, name) for name in names])
    entries = load_series(project.series).entries
    settled = store.read_settled(state)
    carrier = _Carrier(project, state, candidates, settled, entries, make_rebaser)
    each = counted(progress, f"rebasing to {state.new}", entries)
    try:
        patches = [done for entry in each if (done := carrier.rebase(entry))]
    except MisfitError as error:
        error.hint = f"freebsd-port check --release {state.old}"
        raise
    is_whole = all(patch.is_rebased for patch in patches)
    return RebasedSeries(
        state.old, state.new, tuple(patches), other.changes(), is_whole, tree, state.beside,
        carrier.tell_findings,
    )  # fmt: skip


class _Carrier:
    """Does with each line of the series what it says and what a person decided."""

    def __init__(
        self,
        project: Project,
        state: RebaseState,
        candidates: Candidates,
        settled: Mapping[str, Mapping[str, bytes]],
        entries: Sequence[SeriesEntry],
        make_rebaser: Callable[[str], Rebaser],
    ) -> None:
        self.project = project
        self.state = state
        self.candidates = candidates
        self.settled = settled
        self.entries = entries
        self.make_rebaser = make_rebaser
        self.order = project.release_names()
        self.sources = {name: project_source(project, name) for name in self.order}
        self.options = Series(tuple(entries)).options
        self._listing = Listing(project.patches)
        self._files: dict[tuple[str, str], Path] = {}
        self._patches: dict[Path, Patch] = {}

    def rebase(self, entry: SeriesEntry) -> RebasedPatch | None:
        """Rebase the next patch; None when it is on neither release."""
        _require_carriable(entry)
        state, candidates, name = self.state, self.candidates, entry.name
        patches = [
            self._text(entry, release) if self._is_on(entry, release) else None
            for release in (state.old, *state.beside)
        ]
        is_old, is_new = any(patches), self._is_on(entry, state.new)
        if not is_old and not is_new:
            return None
        if is_old and (not is_new or name in state.skipped):
            return candidates.leave(entry, patches)
        new = self._text(entry, state.new)
        if not is_old:
            return candidates.adopt(entry, new) or self._rebase_from_elsewhere(entry)
        if state.only not in (None, name):
            return candidates.keep(entry, patches, new)
        is_own = _is_own(self.project, self.sources[state.new], name)
        done = candidates.rebase(
            entry,
            patches,
            new,
            self.settled.get(name),
            is_own=is_own,
            preferred=state.taken.get(name),
        )
        return self._name_displaced(done)

    def tell_findings(self, patches: tuple[RebasedPatch, ...]) -> tuple[RebasedPatch, ...]:
        """Tell each patch of what is missing or wrong about its lines on the new release."""
        entries = {entry.name: entry for entry in self.entries}
        texts = {patch.name: self._there(entries[patch.name], patch) for patch in patches}
        base = self.candidates.rebaser(0).base
        return tuple(tell_findings(self.candidates.other, base, patches, texts))

    def _there(self, entry: SeriesEntry, done: RebasedPatch) -> Patch:
        """Give what a patch is on the new release, or would be if it could be carried."""
        if done.text is not None:
            return parse_patch(entry.name, done.text)
        release = self.state.new
        if done.state in ("conflict", "waiting"):
            release = done.source or self.state.old
        return self._text(entry, release)

    def _name_displaced(self, done: RebasedPatch) -> RebasedPatch:
        own = variant_name(done.name, self.state.new)
        if done.name in self.settled or done.state not in ("rewritten", "conflict", "waiting"):
            return done
        return replace(done, displaced=own if (self.project.patches / own).exists() else None)

    def _rebase_from_elsewhere(self, entry: SeriesEntry) -> RebasedPatch:
        """Rebase a patch that the old release does not have from the nearest one that has it."""
        new = self.state.new
        place = self.order.index(new)
        donors = [
            name
            for name in self.order
            if name != new and self.project.series_lock(name).exists() and self._is_on(entry, name)
        ]
        if not donors:
            raise RebaseError(
                f"the patch is off on {self.state.old} and does not apply to {new}",
                where=entry.name,
                hint="rebase from a release that has it, with --from",
            )
        donor = min(donors, key=lambda name: abs(self.order.index(name) - place))
        rebaser = self.make_rebaser(donor)
        for earlier in self.entries[: self.entries.index(entry)]:
            if self._is_on(earlier, donor):
                rebaser.leave(earlier, self._text(earlier, donor))
        current, settled = self._text(entry, new), self.settled.get(entry.name)
        attempt = rebaser.attempt(entry, self._text(entry, donor), current, settled)
        patch = replace(attempt.patch, source=donor)
        return self.candidates.take(entry, replace(attempt, patch=patch))

    def _is_on(self, entry: SeriesEntry, release: str) -> bool:
        return is_on(entry, release, self.order, self.options)

    def _text(self, entry: SeriesEntry, release: str) -> Patch:
        """Give the text that a release takes, each file read and parsed once."""
        source, key = self.sources[release], (entry.name, release)
        if key not in self._files:
            self._files[key] = source.find_file(entry.name, self._listing)
        path = self._files[key]
        if path not in self._patches:
            (goal,) = source.load_patches((entry,), self._listing)
            name = path.relative_to(source.patches).as_posix()
            self._patches[path] = parse_patch(name, goal.data)
        return self._patches[path]


def _is_own(project: Project, source: PatchSource, name: str) -> bool:
    """Tell whether the text was made for the release, not only what it would take."""
    release = source.release or ""
    variant = source.patches / variant_name(name, release)
    return project.series_lock(release).exists() or source.find_file(name) == variant


def _require_carriable(entry: SeriesEntry) -> None:
    where = f"series:{entry.line}"
    if entry.reverse:
        raise RebaseError("a reversed patch cannot be rebased", where=where)
    fault = find_path_fault(entry.name)
    if fault:
        raise RebaseError(f"the series names {entry.name!r}, and {fault}", where=where)


def choose_candidates(project: Project, new: str) -> tuple[str, ...]:
    """Choose the releases to rebase from: the nearest on each side that has a series.lock.

    The newer one comes first. Raises RebaseError when the series applies to no other release.
    """
    order = project.release_names()
    others = [name for name in order if name != new and project.series_lock(name).exists()]
    place = order.index(new)
    newer = [name for name in others if order.index(name) > place]
    older = [name for name in others if order.index(name) < place]
    if not others:
        raise RebaseError(
            "the series applies to no other release",
            where=str(project.root / "releases"),
            hint="name the release that the patches are for with --from",
        )
    return (*newer[:1], *older[-1:])
