"""Rebase a series to one version from several others: of each patch, the best result is taken.

Each of the others has the series, and a text of each patch that is right there. The versions
between which the new one lies are the candidates.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.rebase.conflict import make_work_files
from freebsd_port.engine.core.rebase.merge import Clash
from freebsd_port.engine.core.rebase.outcome import (
    Difference,
    Labels,
    MisfitError,
    RebasedHunk,
    RebasedPatch,
    State,
)
from freebsd_port.engine.core.rebase.placed import PlacedChange
from freebsd_port.engine.core.rebase.rebaser import (
    Attempt,
    Edits,
    Rebaser,
    find_clashes,
    find_edits,
    find_fit,
    find_placed_edits,
    write_edits,
)
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.source.scope import innermost_scope
from freebsd_port.engine.core.text.align import Chunk, align_lines, chunks
from freebsd_port.engine.core.text.splice import Splice, apply_splices

_NEAR = 3
"""So many lines next to a clash say whether it would be one without the earlier patches."""

_AROUND = 8
"""So many lines before and behind a place are compared where it is in no function."""


@dataclass(frozen=True, slots=True)
class _Region:
    """Lines of the new version of which two candidates make something else."""

    path: str
    start: int
    stop: int
    ours: tuple[bytes, ...]
    theirs: tuple[bytes, ...]

    def holds(self, path: str, splice: Splice) -> bool:
        """Tell whether a splice is in the region."""
        return path == self.path and self.start <= splice.start and splice.stop <= self.stop


_Winners = list[tuple[_Region, int | None]]
"""Who has the right code in each region; None if nobody can tell."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A patch that was rebased, or left out."""

    entry: SeriesEntry
    patches: Sequence[Patch | None]
    done: RebasedPatch
    edits: Edits
    placed: Mapping[int, tuple[PlacedChange, ...]] = field(default_factory=dict)
    """By candidate, as far as known."""


class Candidates:
    """The rebasers from each candidate, in order of preference; all share the new version.

    A later candidate is made, and its patches are put on, when it is first asked.
    """

    def __init__(self, other: Version, makers: Sequence[Callable[[], Rebaser]]) -> None:
        self.other = other
        self._makers = makers
        self._made: dict[int, Rebaser] = {}
        self._steps: list[_Step] = []
        self._reached = [0] * len(makers)
        self._without: dict[int, tuple[Rebaser, int]] = {}

    def rebaser(self, number: int) -> Rebaser:
        """Give the rebaser from a candidate, with all patches on up to the present one."""
        if number not in self._made:
            self._made[number] = self._makers[number]()
        rebaser = self._made[number]
        for step in self._steps[self._reached[number] :]:
            self._reached[number] += 1
            patch, placed = step.patches[number], step.placed.get(number)
            if placed is None:
                placed = () if patch is None else tuple(rebaser.place(step.entry, patch))
            rebaser.accept(placed, step.edits, is_written=True)
        return rebaser

    def rebase(
        self,
        entry: SeriesEntry,
        patches: Sequence[Patch | None],
        current: Patch | None,
        settled: Mapping[str, bytes] | None = None,
        *,
        is_own: bool = True,
        preferred: str | None = None,
    ) -> RebasedPatch:
        """Rebase the next patch; `patches` has each candidate's text, None where it is off.

        At least one candidate has it. `preferred` names the candidate that the checks chose: where
        two are clean and differ, it is taken. All else is as `Rebaser.rebase` has it.
        """
        attempts: dict[int, Attempt] = {}
        is_shared = is_own and current in patches
        for number, patch in enumerate(patches):
            if patch is None or (is_shared and patch != current):
                continue
            if any(
                _is_certain(one) and _is_alike(patch, patches[known])
                for known, one in attempts.items()
            ):
                continue
            attempts[number] = self.rebaser(number).attempt(entry, patch, current, is_own=is_own)
            if _is_own(attempts[number]):
                break
        chosen, done = self._choose(entry, patches, current, attempts, preferred)
        patch = patches[chosen]
        if settled and patch is not None:
            source = done.patch.source
            done = self.rebaser(chosen).attempt(entry, patch, current, settled)
            done = replace(done, patch=replace(done.patch, source=source))
        if done.patch.state == "conflict":
            done = replace(done, patch=self._name_causes(chosen, done))
        placed = {number: attempt.placed for number, attempt in attempts.items()}
        return self._accept(_Step(entry, patches, done.patch, done.edits, placed))

    def leave(self, entry: SeriesEntry, patches: Sequence[Patch | None]) -> RebasedPatch:
        """Leave the next patch out on the new version."""
        done = RebasedPatch(entry.name, "off", (), None)
        return self._accept(_Step(entry, patches, done, {}))

    def keep(
        self, entry: SeriesEntry, patches: Sequence[Patch | None], current: Patch
    ) -> RebasedPatch:
        """Put the next patch on as the new version has it, if it fits; nothing is rebased."""
        fits = find_fit(self.other, current, entry)
        state: State = "kept" if fits else "left"
        done = RebasedPatch(entry.name, state, fits.hunks if fits else (), None)
        return self._accept(_Step(entry, patches, done, fits.edits if fits else {}))

    def adopt(self, entry: SeriesEntry, current: Patch) -> RebasedPatch | None:
        """Put a patch on that no candidate has. None, and nothing is put on, if it does not fit."""
        nowhere = (None,) * len(self._makers)
        fits = find_fit(self.other, current, entry)
        return self.keep(entry, nowhere, current) if fits else None

    def take(self, entry: SeriesEntry, attempt: Attempt) -> RebasedPatch:
        """Put on what came of a patch that no candidate has."""
        nowhere = (None,) * len(self._makers)
        return self._accept(_Step(entry, nowhere, attempt.patch, attempt.edits))

    def _accept(self, step: _Step) -> RebasedPatch:
        write_edits(self.other, step.edits)
        self._steps.append(step)
        return step.done

    def _name_causes(self, number: int, attempt: Attempt) -> RebasedPatch:
        """Say of a patch in conflict if it is so only because earlier ones are in conflict.

        It is, if it changes only lines that they put in, or if the new version has around each
        clash what the old one has without them.
        """
        patch = attempt.patch
        left = [step for step in self._steps if step.done.state in ("conflict", "waiting")]
        clashes = find_clashes(attempt.parts)
        causes = tuple(
            step.entry.name for step in left if any(file.path in clashes for file in step.done.work)
        )
        if not causes or any(file.choices for file in patch.work):
            return patch
        base, without = self.rebaser(number).base, self._leave_out(number)
        for path, found in clashes.items():
            splices = [s for one in attempt.placed if one.path == path for s in one.splices]
            lines = base.lines(path) or [], without.lines(path) or []
            put_in = chunks(align_lines(*lines), len(lines[0]), len(lines[1]))
            for clash in found:
                there = self.other.lines(path) or []
                around = there[max(clash.start - _NEAR, 0) : clash.stop + _NEAR]
                is_as_before = clash.base != clash.theirs and _has_lines(lines[1], around)
                if not is_as_before and not _is_within(clash, splices, put_in):
                    return patch
        reason = f"only because {' and '.join(causes)} {_is_or_are(causes)} not on yet"
        hunks = tuple(
            replace(hunk, reason=reason) if hunk.outcome == "conflict" else hunk
            for hunk in patch.hunks
        )
        return replace(patch, state="waiting", hunks=hunks, causes=causes)

    def _leave_out(self, number: int) -> Version:
        """Give a candidate's version with the patches on that were rebased, and no others."""
        rebaser, reached = self._without.get(number) or (self._makers[number](), 0)
        for step in self._steps[reached:]:
            patch = step.patches[number]
            if patch is None or not step.done.is_rebased:
                continue
            with contextlib.suppress(MisfitError):
                write_edits(rebaser.base, find_placed_edits(rebaser.place(step.entry, patch)))
        self._without[number] = (rebaser, len(self._steps))
        return rebaser.base

    def _choose(
        self,
        entry: SeriesEntry,
        patches: Sequence[Patch | None],
        current: Patch | None,
        attempts: Mapping[int, Attempt],
        preferred: str | None,
    ) -> tuple[int, Attempt]:
        """Choose the candidate, and make a conflict of what only a person can choose."""
        order = sorted(attempts, key=lambda number: (_badness(attempts[number]), number))
        first, *others = order
        for second in others:
            winners = self._find_winners(attempts, first, second)
            is_clean = all(_badness(attempts[number])[0] == 0 for number in (first, second))
            names = [self.rebaser(number).old_release for number in (first, second)]
            is_chosen = is_clean and preferred in names
            is_won = _badness(attempts[second])[0] == 0 and all(w == second for _, w in winners)
            if winners and (names[1] == preferred if is_chosen else is_won):
                first, second = second, first
                winners = [(_turned(region), winner) for region, winner in winners]
            attempt, recalled = self._take(
                entry, attempts[first], first, second, winners, by_checks=is_chosen
            )
            if winners and is_clean and not recalled:
                alternative = self.rebaser(second).old_release
                attempt = replace(attempt, patch=replace(attempt.patch, alternative=alternative))
            patch = patches[first]
            if recalled and patch is not None:
                made = self.rebaser(first).attempt(entry, patch, current, recalled)
                told = attempt.patch
                done = replace(made.patch, source=told.source, differences=told.differences)
                attempt = replace(made, patch=done)
            return first, attempt
        source = self.rebaser(first).old_release if len(self._makers) > 1 else None
        return first, replace(attempts[first], patch=replace(attempts[first].patch, source=source))

    def _compare(self, ours: Attempt, theirs: Attempt) -> list[_Region]:
        """Give what the two make of the new version differently.

        Of one in conflict, only what it puts in where the other one does nothing.
        """
        other = self.other
        mine, its = _splices(ours), _splices(theirs)
        clashing = find_clashes(ours.parts) if ours.patch.state == "conflict" else {}
        is_whole = "conflict" not in (ours.patch.state, theirs.patch.state)
        found: list[_Region] = []
        for path in dict.fromkeys((*mine, *its)):
            before = other.lines(path) or []
            for start, stop in _ranges(mine.get(path, ()), its.get(path, ())):
                here = [s for s in mine.get(path, ()) if start <= s.start and s.stop <= stop]
                there = [s for s in its.get(path, ()) if start <= s.start and s.stop <= stop]
                region = _Region(
                    path,
                    start,
                    stop,
                    tuple(apply_splices(before, here, start, stop)),
                    tuple(apply_splices(before, there, start, stop)),
                )
                if region.ours == region.theirs or (not is_whole and here):
                    continue
                if any(c.start <= stop and start <= c.stop for c in clashing.get(path, ())):
                    continue
                found.append(region)
        return found

    def _find_twin(self, region: _Region, regions: Iterable[_Region]) -> _Region | None:
        """Find where the other one puts the same definitions in, at another place of the file.

        Outside of functions that makes no difference.
        """
        scopes, lines = self.other.scopes(region.path), self.other.lines(region.path) or []
        twins = [
            one
            for one in regions
            if one.path == region.path
            and one.start == one.stop
            and (_text(one.ours), _text(one.theirs)) == (_text(region.theirs), _text(region.ours))
        ]
        if region.start != region.stop or not scopes or len(twins) != 1:
            return None
        places = region.start, twins[0].start
        around = [s for s in scopes if any(s.start < place < s.stop for place in places)]
        return twins[0] if all(_is_class(lines, s.start, s.stop) for s in around) else None

    def _find_winners(self, attempts: Mapping[int, Attempt], first: int, second: int) -> _Winners:
        """Say of each difference who is right; the same definition elsewhere is none."""
        found = self._compare(attempts[first], attempts[second])
        winners = {region: self._find_winner(region, first, second) for region in found}
        twins = {region: self._find_twin(region, found) for region in found}
        return [
            (region, winner)
            for region, winner in winners.items()
            if (twin := twins[region]) is None or (winner is not None and winners[twin] == winner)
        ]

    def _find_winner(self, region: _Region, first: int, second: int) -> int | None:
        """Give the one candidate whose code there is the new version's; None if not just one."""
        other = self.other
        for is_wide in (True, False):
            same = [
                number
                for number in (first, second)
                if _has_same_code(self.rebaser(number).base, other, region, is_wide=is_wide)
            ]
            if same:
                return same[0] if len(same) == 1 else None
        return None

    def _take(
        self,
        entry: SeriesEntry,
        attempt: Attempt,
        first: int,
        second: int,
        winners: Sequence[tuple[_Region, int | None]],
        *,
        by_checks: bool,
    ) -> tuple[Attempt, dict[str, bytes]]:
        """Take one candidate's result; what it does not clearly win is for a person to choose.

        Besides, give the files that it comes to if a person has chosen the same way before.
        """
        ours, theirs = self.rebaser(first), self.rebaser(second)
        names = (ours.old_release, theirs.old_release)
        patch, recalled = attempt.patch, {}
        unsettled: list[_Region] = []
        for region, winner in winners:
            if winner == first or by_checks:
                continue
            lines = ours.recall(_clash(region, self.other)) if patch.state != "conflict" else None
            if lines is None:
                unsettled.append(region)
            else:
                recalled[region] = lines
        differences = tuple(
            Difference(
                region.path,
                region.start + 1,
                names[1],
                region.ours,
                region.theirs,
                None if region in unsettled or region in recalled else names[0],
                by_checks,
            )
            for region, _ in winners
        )
        patch = replace(patch, source=names[0], differences=differences)
        left = {
            path: [one for one in made if not any(r.holds(path, one) for r in unsettled)]
            for path, made in _splices(attempt).items()
        }
        if not unsettled:
            return replace(attempt, patch=patch), self._recall(left, recalled)
        choices: dict[str, list[Clash]] = {}
        for region in unsettled:
            choices.setdefault(region.path, []).append(_clash(region, self.other))
        clashes = find_clashes(attempt.parts) if patch.state == "conflict" else {}
        work = make_work_files(
            ours.other.lines, left, clashes, Labels(entry.name, names[0], ours.new_release),
            choices,
            Labels(f"{entry.name}, from {names[0]}", ours.new_release, f"from {names[1]}"),
        )  # fmt: skip
        hunks = [
            RebasedHunk(
                region.path, number, len(unsettled), "conflict",
                _reason(region, names, ours.other), region.start + 1,
            )
            for number, region in enumerate(unsettled, 1)
        ]  # fmt: skip
        patch = replace(patch, state="conflict", hunks=(*patch.hunks, *hunks), text=None, work=work)
        return Attempt(patch, attempt.placed, {}, attempt.parts), {}

    def _recall(
        self,
        splices: Mapping[str, Sequence[Splice]],
        recalled: Mapping[_Region, tuple[bytes, ...]],
    ) -> dict[str, bytes]:
        """Give every file of a patch with what a person chose before; none if nothing was."""
        files: dict[str, bytes] = {}
        for path in dict.fromkeys((*splices, *(region.path for region in recalled))):
            made = [s for s in splices.get(path, ()) if not any(r.holds(path, s) for r in recalled)]
            made += [
                Splice(region.start, region.stop, lines)
                for region, lines in recalled.items()
                if region.path == path
            ]
            made.sort(key=lambda one: one.start)
            files[path] = b"".join(apply_splices(self.other.lines(path) or [], made))
        return files if recalled else {}


def _reason(region: _Region, names: tuple[str, str], other: Version) -> str:
    before = tuple((other.lines(region.path) or [])[region.start : region.stop])
    if region.ours == before:
        return f"only the patch from {names[1]} changes this"
    if region.theirs == before:
        return f"only the patch from {names[0]} changes this"
    return f"the patches from {names[0]} and {names[1]} differ here"


def _badness(attempt: Attempt) -> tuple[int, int]:
    """Count what a person would have to settle, in hunks; a text that stays is preferred."""
    conflicts = sum(hunk.outcome == "conflict" for hunk in attempt.patch.hunks)
    return conflicts, attempt.patch.state != "kept"


def _is_own(attempt: Attempt) -> bool:
    return attempt.patch.state == "kept" and not attempt.parts


def _is_certain(attempt: Attempt) -> bool:
    """Tell whether every line around the hunks is as it was."""
    return all(hunk.outcome in ("exact", "offset") for hunk in attempt.patch.hunks)


def _is_alike(one: Patch, other: Patch | None) -> bool:
    """Tell whether two texts of a patch differ at most in prose and line numbers."""
    return other is not None and _body(one) == _body(other)


def _body(patch: Patch) -> list[object]:
    return [
        (change.old, change.new, change.new_mode, [(hunk.old, hunk.new) for hunk in change.hunks])
        for change in patch.changes
    ]


def _splices(attempt: Attempt) -> dict[str, tuple[Splice, ...]]:
    """Give what is done to lines of files; of one in conflict, what is clean of it."""
    edits = attempt.edits or find_edits(attempt.parts)
    return {edit.source: edit.splices for edit in edits.values() if edit.kind == "edit"}


def _ranges(ours: Sequence[Splice], theirs: Sequence[Splice]) -> Iterator[tuple[int, int]]:
    """Give the ranges of lines that splices of one side or both change, those that touch joined."""
    start = stop = -1
    for splice in sorted((*ours, *theirs), key=lambda one: (one.start, one.stop)):
        if start >= 0 and splice.start <= stop:
            stop = max(stop, splice.stop)
            continue
        if start >= 0:
            yield start, stop
        start, stop = splice.start, splice.stop
    if start >= 0:
        yield start, stop


def _text(lines: Sequence[bytes]) -> list[bytes]:
    """Give lines without those that are blank."""
    return [line for line in lines if line.strip()]


def _turned(region: _Region) -> _Region:
    return replace(region, ours=region.theirs, theirs=region.ours)


def _clash(region: _Region, other: Version) -> Clash:
    before = tuple((other.lines(region.path) or [])[region.start : region.stop])
    return Clash(region.start, region.stop, before, region.ours, region.theirs, ())


def _has_same_code(base: Version, other: Version, region: _Region, *, is_wide: bool) -> bool:
    """Tell whether a version has the code around a region, before the patch, line for line.

    The code is the function, or if it is in none, or not wide, the lines next to the region.
    """
    lines, before = other.lines(region.path) or [], base.lines(region.path) or []
    if is_wide:
        scope = innermost_scope(other.scopes(region.path), region.start, region.stop)
        if scope is None or _is_class(lines, scope.start, scope.stop):
            return False
        code = lines[scope.start : scope.stop]
        return any(
            before[one.start : one.stop] == code
            for one in base.scopes(region.path)
            if one.name == scope.name
        )
    return _has_lines(before, lines[max(region.start - _AROUND, 0) : region.stop + _AROUND])


def _has_lines(lines: Sequence[bytes], wanted: Sequence[bytes]) -> bool:
    """Tell whether lines stand somewhere, one behind the other."""
    size = len(wanted)
    return bool(wanted) and any(
        line == wanted[0] and lines[at : at + size] == wanted for at, line in enumerate(lines)
    )


def _is_within(clash: Clash, splices: Sequence[Splice], put_in: Sequence[Chunk]) -> bool:
    """Tell whether all that a patch changes in a clash is within lines that were put in."""
    start, stop = clash.base_start, clash.base_start + len(clash.base)
    here = [one for one in splices if start <= one.start and one.stop <= stop]
    return bool(here) and all(any(_lies_in(one, chunk) for chunk in put_in) for one in here)


def _lies_in(splice: Splice, chunk: Chunk) -> bool:
    """Tell whether a splice changes nothing else; what is put in at the edge is next to others."""
    if splice.start == splice.stop:
        return chunk.start < splice.start < chunk.stop
    return chunk.start <= splice.start and splice.stop <= chunk.stop


def _is_or_are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _is_class(lines: Sequence[bytes], start: int, stop: int) -> bool:
    return any(line.lstrip().startswith(b"class ") for line in lines[start : min(stop, start + 3)])
