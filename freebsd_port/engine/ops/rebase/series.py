"""`rebase` of any quilt series: the patches are made for one tree, and rewritten for another."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.place import QUILT_FUZZ
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.rebase.candidates import Candidates
from freebsd_port.engine.core.rebase.outcome import MisfitError, RebasedPatch, RebaseError
from freebsd_port.engine.core.rebase.progress import RebaseState
from freebsd_port.engine.core.rebase.rebaser import Rebaser, tell_findings
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.series.series import (
    Series,
    SeriesEntry,
    SeriesError,
    comment_out,
    parse_series,
)
from freebsd_port.engine.core.text.file import find_path_fault
from freebsd_port.engine.ops.rebase import flow
from freebsd_port.engine.ops.rebase.flow import Rebased, RebasedSeries, require_same
from freebsd_port.engine.ops.target.patch_source import (
    compress_patch,
    decompress_patch,
    load_series,
)
from freebsd_port.engine.ops.target.workspace import find_source
from freebsd_port.engine.store.files.source_tree import open_source, resolve_source
from freebsd_port.engine.store.rebase.rebase_store import RebaseStore
from freebsd_port.errors import ProblemsError, UsageError, system_words

_KEY = "series"


@dataclass(frozen=True, slots=True)
class SeriesPlace:
    """Where a series is, in absolute paths."""

    series: Path
    patches: Path

    @property
    def root(self) -> Path:
        """Give the directory below which all of it is."""
        return Path(os.path.commonpath([self.series.parent, self.patches]))


def find_place(series: Path | None, patches: Path | None) -> SeriesPlace:
    """Find a series by either of its parts; raises UsageError when none is named."""
    source = find_source(series, patches)
    return SeriesPlace(source.series_file.absolute(), source.patches.absolute())


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """What is to be rebased, from where to where."""

    place: SeriesPlace
    old: str
    """A directory, an archive, or a revision as `open_source` takes it."""

    new: str
    only: str | None = None
    """The one patch to rebase, as the series may be asked for it."""

    max_fuzz: int = QUILT_FUZZ
    is_dry: bool = False


def start_series(rebasing: SeriesRebasing, request: SeriesRequest) -> Rebased:
    """Rebase a series; raises UsageError for a tree that is not there, and what the flow raises."""
    place, only = request.place, request.only
    places = {
        "from": resolve_source(request.old),
        "to": resolve_source(request.new),
        "series": str(place.series),
        "patches": str(place.patches),
        "fuzz": str(request.max_fuzz),
    }
    series = load_series(place.series, hint="name it with --series FILE")
    if only is not None:
        only = series.names[series.require_index(only)]
    if rebasing.is_apart:
        _make_output(rebasing.root)
    wanted = RebaseState(_short(request.old), _short(request.new), "", only, places=places)
    return flow.start_rebase(rebasing, wanted, is_dry=request.is_dry)


def _short(word: str) -> str:
    return word if word.startswith("git:") else Path(word).absolute().name


def _make_output(output: Path) -> None:
    """Make the output directory; raises UsageError for one with something else in it."""
    if output.exists() and any(output.iterdir()) and not (output / ".rebase").exists():
        raise UsageError(
            "the output directory is not empty", where=str(output), hint="name another directory"
        )
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RebaseError(
            f"the output directory cannot be made: {system_words(error)}", where=str(output)
        ) from error


@dataclass(frozen=True, slots=True)
class SeriesRebasing:
    """A series on any tree. Satisfies the flow's Rebasing.

    No patch is written before the whole series is rebased, so that the old one stays usable.
    """

    root: Path
    """The directory below which everything is written."""

    is_apart: bool
    """Whether that is a directory for the rebased series only; else the old one is replaced."""

    command: str
    progress: Callable[[str], None]

    @property
    def beginning(self) -> str:
        """Give the command that begins a rebase."""
        return "freebsd-port rebase --patches DIR --from-tree OLD --to-tree NEW"

    def store(self, state: RebaseState) -> RebaseStore:
        """Give the place of the rebase; a series has one at a time."""
        return RebaseStore(self.root, _KEY, keeps_resolutions=False)

    def rebase(self, state: RebaseState) -> RebasedSeries:
        """Rebase every patch in memory, with what a person decided so far.

        Raises RebaseError when the series does not apply to the tree it is made for.
        """
        old, new = open_source(state.places["from"]), open_source(state.places["to"])
        store = self.store(state)
        self.progress(f"rebasing the series from {old.label} to {new.label}")
        known: dict[bytes, bytes] = {}
        other = Version(new.tree, known)

        def make_rebaser() -> Rebaser:
            return Rebaser(
                Version(old.tree, known), other, old.label, new.label, None,
                store.resolutions.recall, is_wary=False, max_fuzz=int(state.places["fuzz"]),
            )  # fmt: skip

        candidates = Candidates(other, [make_rebaser])
        series, patches = self._read(state)
        settled = store.read_settled(state)
        try:
            done = [
                _rebase_one(candidates, state, entry, patches[entry.name], settled.get(entry.name))
                for entry in series.entries
            ]
        except MisfitError as error:
            error.hint = f"freebsd-port check --tree DIR --series {state.places['series']}"
            raise

        def tell(told: tuple[RebasedPatch, ...]) -> tuple[RebasedPatch, ...]:
            texts = {
                one.name: patches[one.name] if one.text is None else parse_patch(one.name, one.text)
                for one in told
            }
            return tuple(tell_findings(other, candidates.rebaser(0).base, told, texts))

        is_whole = all(patch.is_rebased for patch in done)
        files = other.changes()
        return RebasedSeries(
            old.label, new.label, tuple(done), files, is_whole, new.tree, tell=tell
        )

    def ask_checks(
        self, state: RebaseState, carried: RebasedSeries
    ) -> tuple[RebaseState, RebasedSeries]:
        """Leave all as it is: such a series has no checks, and one tree to come from."""
        return state, carried

    def plan_files(self, state: RebaseState, carried: RebasedSeries) -> dict[str, bytes]:
        """Give the patches that differ, then the series; nothing while there is a conflict."""
        if carried.conflict is not None:
            return {}
        place = _place(state)
        old, patches = self._read(state)
        before = series = self._bytes(state, place.series)
        for patch in carried.patches:
            if patch.state == "upstreamed" and patches[patch.name].changes:
                series = comment_out(series, patch.name, f"{carried.new} has it")
            elif patch.name in state.skipped:
                series = comment_out(series, patch.name, state.skipped[patch.name])
        texts = {patch.name: patch.text for patch in carried.patches if patch.text is not None}
        left = {entry.name for entry in parse_series(series).entries}
        if carried.is_whole:
            goal = [
                (entry, parse_patch(entry.name, texts[entry.name]))
                if entry.name in texts
                else (entry, patches[entry.name])
                for entry in old.entries
                if entry.name in left
            ]
            require_same(plan_series(carried.tree, goal), carried)
        files = {name: compress_patch(Path(name), text) for name, text in texts.items()}
        if self.is_apart:
            for name in sorted(left - files.keys()):
                files[name] = self._bytes(state, place.patches / name)
            return {**files, "series": series}
        files = {self._inside(place.patches / name): data for name, data in files.items()}
        if series != before:
            files[self._inside(place.series)] = series
        return files

    def _inside(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _bytes(self, state: RebaseState, path: Path) -> bytes:
        """Give a file of the series as it was when the rebase was begun."""
        if self.is_apart:
            return path.read_bytes()
        return self.store(state).read_original(state, self._inside(path))

    def _read(self, state: RebaseState) -> tuple[Series, dict[str, Patch]]:
        """Read the series and its patches; raises ProblemsError naming every one that is bad."""
        place = _place(state)
        series = parse_series(self._bytes(state, place.series), source=str(place.series))
        if not series.entries:
            raise SeriesError("the series is empty: no patches found", where=str(place.series))
        problems: list[SeriesError] = []
        patches: dict[str, Patch] = {}
        for entry in series.entries:
            path, where = place.patches / entry.name, f"{place.series}:{entry.line}"
            fault = find_path_fault(entry.name)
            if fault:
                what = f"the series names {entry.name!r}, and {fault}"
                problems.append(SeriesError(what, where=where))
                continue
            try:
                data = decompress_patch(path, self._bytes(state, path))
            except OSError as error:
                what = f"{entry.name} cannot be read: {system_words(error)}"
                problems.append(SeriesError(what, where=where))
                continue
            patches[entry.name] = parse_patch(entry.name, data, is_begun=True)
        if problems:
            raise ProblemsError(tuple(problems))
        return series, patches


def _place(state: RebaseState) -> SeriesPlace:
    return SeriesPlace(Path(state.places["series"]), Path(state.places["patches"]))


def _rebase_one(
    candidates: Candidates,
    state: RebaseState,
    entry: SeriesEntry,
    patch: Patch,
    settled: Mapping[str, bytes] | None,
) -> RebasedPatch:
    """Rebase the next patch, or do with it what was asked for."""
    if entry.name in state.skipped:
        return candidates.leave(entry, [patch])
    if state.only not in (None, entry.name):
        return candidates.keep(entry, [patch], patch)
    return candidates.rebase(entry, [patch], patch, settled)
