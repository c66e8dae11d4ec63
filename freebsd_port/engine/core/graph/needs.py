"""Which patch needs which, found from the lineage of every line that the series touches.

A patch needs an earlier one when the two cannot change places: the later one would not apply
first, the earlier one would not apply after it, or the files would end up different. Both are
placed without fuzz. Whole files count too: creation, removal, names and modes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from freebsd_port.engine.core.apply.draft import Draft
from freebsd_port.engine.core.apply.place import Placement
from freebsd_port.engine.core.apply.plan import HunkOutcome, PatchOutcome
from freebsd_port.engine.core.apply.planner import apply_patch
from freebsd_port.engine.core.graph.lineage import Lineage
from freebsd_port.engine.core.patch.change import FileChange, named_paths
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import Patch, reverse_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.errors import PortError, ProblemsError

Kind = Literal["needs", "context", "name"]
"""Needs: the changed lines touch. Context: only lines around them overlap, so that with less
context, or after a merge, the two could change places. Name: no lines meet, and the two would
change places, but one seems to use what the other defines."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where two patches meet."""

    path: str
    number: int
    """Hunk of the later patch, 1-based within its file change; 0 for the file as a whole."""

    on_number: int
    """Hunk of the earlier one; 0 for the file as a whole."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Need:
    """A patch that cannot go before another one."""

    patch: str
    on: str
    """The earlier patch."""

    kind: Kind
    """Context only when no contact is more than that, name only without a contact."""

    contacts: tuple[Contact, ...]
    names: tuple[str, ...] = ()
    """What a need by name is about, sorted."""


@dataclass(frozen=True, slots=True)
class PatchGraph:
    """A series and its needs."""

    patches: tuple[str, ...]
    """In the order of the series."""

    needs: tuple[Need, ...]
    """In the order of the series, by the later patch, then by the earlier one."""

    def among(self, names: Iterable[str]) -> PatchGraph:
        """Keep these patches and the needs between them."""
        kept = set(names)
        return PatchGraph(
            tuple(name for name in self.patches if name in kept),
            tuple(need for need in self.needs if need.patch in kept and need.on in kept),
        )


def reduce_needs(graph: PatchGraph) -> tuple[Need, ...]:
    """Leave out each need that follows from others: what is left is enough to draw.

    From needs by name, which are guesses, only such needs follow.
    """
    index = {name: number for number, name in enumerate(graph.patches)}
    reached = [0] * len(graph.patches)
    """A bit for each patch that one needs, directly or not."""
    firmly = [0] * len(graph.patches)
    """The same without needs by name."""
    kept: list[Need] = []
    for name, needs in _by_patch(graph).items():
        at, found = index[name], []
        for need in sorted(needs, key=lambda need: index[need.on], reverse=True):
            on = index[need.on]
            follows = (reached if need.kind == "name" else firmly)[at] >> on & 1
            if not follows:
                found.append(need)
            reached[at] |= 1 << on | reached[on]
            if need.kind != "name":
                firmly[at] |= 1 << on | firmly[on]
        kept += reversed(found)
    return tuple(kept)


def find_related(graph: PatchGraph, names: Iterable[str], *, reverse: bool = False) -> set[str]:
    """Give these patches and all that they need, directly or not; reverse: all that need them."""
    found = set(names)
    for need in graph.needs if reverse else reversed(graph.needs):
        near, far = (need.on, need.patch) if reverse else (need.patch, need.on)
        if near in found:
            found.add(far)
    return found


def _by_patch(graph: PatchGraph) -> Mapping[str, Sequence[Need]]:
    grouped: dict[str, list[Need]] = {name: [] for name in graph.patches}
    for need in graph.needs:
        grouped[need.patch].append(need)
    return grouped


@dataclass(slots=True)
class _File:
    """What has happened to one file so far; patches and hunks are numbers of actors."""

    lineage: Lineage | None
    """None while the file is not there."""

    seen: set[int] = field(default_factory=set)
    """All that changed it."""

    sweeping: set[int] = field(default_factory=set)
    """Those that made it, took it away or read it as a whole: all that follows needs them."""

    unanchored: set[int] = field(default_factory=set)
    """Hunks without a line to be found by: their place is a number, which all else moves."""

    modes: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Actor:
    """A hunk; number 0 is the patch's change of the file as a whole."""

    patch: int
    number: int


def find_needs(tree: Tree, patches: Iterable[tuple[SeriesEntry, Patch]]) -> PatchGraph:
    """Apply the patches in memory and say which needs which.

    Raises ProblemsError with every hunk that does not fit.
    """
    finder = _Finder(tree)
    names = [finder.take(entry, patch) for entry, patch in patches]
    if finder.problems:
        raise ProblemsError(tuple(finder.problems))
    needs = []
    for (patch, on), contacts in sorted(finder.contacts.items()):
        kind: Kind = "needs" if any(one.kind == "needs" for one in contacts) else "context"
        needs.append(Need(names[patch], names[on], kind, tuple(contacts)))
    return PatchGraph(tuple(names), tuple(needs))


class _Finder:
    """Takes patch after patch, and keeps what each met."""

    def __init__(self, tree: Tree) -> None:
        self.contacts: dict[tuple[int, int], list[Contact]] = {}
        """By the numbers of the later and the earlier patch."""

        self.problems: list[PortError] = []
        self._draft = Draft(tree)
        self._files: dict[str, _File] = {}
        self._actors: list[_Actor] = []
        self._patch = -1

    def take(self, entry: SeriesEntry, patch: Patch) -> str:
        """Put the next patch on; give its name."""
        self._patch += 1
        outcome = apply_patch(self._draft, entry, patch, 0)
        self.problems += outcome.problems
        if self.problems:
            return entry.name  # places mean nothing any more, but every miss is told
        changes = reverse_patch(patch).changes if entry.reverse else patch.changes
        whole = self._find_whole(entry, changes, outcome)
        hunks = [hunk for change in changes for hunk in change.hunks]
        for hunk, landed in zip(hunks, outcome.hunks, strict=True):
            if landed.path not in whole and isinstance(landed.result, Placement):
                self._take_hunk(landed, landed.result, hunk, is_reverse=entry.reverse)
        for change in changes:
            if change.new_mode is not None and change.new_mode != change.old_mode:
                for path in {*named_paths(change, entry.strip)} & {*outcome.paths} - whole:
                    file = self._file(path)
                    self._meet(path, self._add_actor(file.modes, 0), file.modes | file.sweeping)
        for path in sorted(whole):
            self._take_whole(path)
        return entry.name

    def _find_whole(
        self, entry: SeriesEntry, changes: Iterable[FileChange], outcome: PatchOutcome
    ) -> set[str]:
        """Name the files that come, go, or are read as a whole."""
        found = {
            path
            for path in outcome.paths
            if self._draft.lines(path) is None or self._file(path).lineage is None
        }
        for change in changes:
            if change.is_rename or change.is_copy:
                found.update(named_paths(change, entry.strip))
        return found

    def _file(self, path: str) -> _File:
        """Give the file as the patches before this one leave it."""
        if path not in self._files:
            lines = self._draft.original(path)
            self._files[path] = _File(None if lines is None else Lineage(len(lines)))
        return self._files[path]

    def _take_hunk(
        self, landed: HunkOutcome, place: Placement, hunk: Hunk, *, is_reverse: bool
    ) -> None:
        file = self._file(landed.path)
        if file.lineage is None:
            return  # it comes with this patch, and is taken as a whole
        before, sweeping = set(file.seen), file.sweeping
        blocking = set(file.unanchored)
        actor = self._add_actor(file.seen, landed.number)
        if not hunk.old:
            blocking |= before
            file.unanchored.add(actor)
        met = file.lineage.carry_out(actor, hunk, place.line - 1, is_reverse=is_reverse)
        blocking |= met.blocking
        self._meet(
            landed.path, actor, (blocking & met.touching) | sweeping, blocking - met.touching
        )

    def _take_whole(self, path: str) -> None:
        file, lines = self._file(path), self._draft.lines(path)
        before = file.seen | file.sweeping | file.modes
        actor = self._add_actor(file.sweeping, 0)
        file.lineage = None if lines is None else Lineage(len(lines), actor)
        self._meet(path, actor, before)

    def _add_actor(self, place: set[int], number: int) -> int:
        self._actors.append(_Actor(self._patch, number))
        place.add(len(self._actors) - 1)
        return len(self._actors) - 1

    def _meet(
        self, path: str, actor: int, needed: Iterable[int], around: Iterable[int] = ()
    ) -> None:
        """Note what an actor met, the patch itself left out."""
        number = self._actors[actor].number
        met: list[tuple[int, Kind]] = [(other, "needs") for other in needed]
        met += [(other, "context") for other in around]
        for other, kind in sorted(met):
            on = self._actors[other]
            if on.patch != self._patch:
                found = self.contacts.setdefault((self._patch, on.patch), [])
                found.append(Contact(path, number, on.number, kind))
