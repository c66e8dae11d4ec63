"""The merge of one file change into another version: the place of each hunk, and the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from freebsd_port.engine.core.rebase.merge import Clash, MergeResult, find_region, merge_splices
from freebsd_port.engine.core.rebase.moved_code import (
    Move,
    find_likely_files,
    find_move,
    is_wrapper,
)
from freebsd_port.engine.core.rebase.new_blocks import doubt_new_blocks, find_exposed
from freebsd_port.engine.core.rebase.outcome import Outcome, RebasedHunk, Sides
from freebsd_port.engine.core.rebase.placed import Kind, PlacedHunk
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.source.scope import (
    Scope,
    heads_around,
    innermost_scope,
    owner_of,
    parses_with,
)
from freebsd_port.engine.core.text.align import Block, Chunk, chunks
from freebsd_port.engine.core.text.git_diff import LineIndex, align_as_git
from freebsd_port.engine.core.text.splice import Splice, apply_splices, find_splices

if TYPE_CHECKING:
    from freebsd_port.engine.core.rebase.clashes import Settled


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What a patch does to one file of a version."""

    path: str
    """The file as the patch leaves it."""

    kind: Kind
    source: str
    """The file that it reads; another one for a rename only."""

    splices: tuple[Splice, ...]
    """In lines of the source; a file that goes away loses them all."""

    mode: int | None = None
    """Permission bits that it sets; None leaves them."""


@dataclass(slots=True)
class FileMerge:
    """The hunks of one file change, carried as far as they could be."""

    path: str
    """The file on the other release."""

    source: str
    """What the change reads there; another file for a rename only."""

    kind: Kind = "edit"
    mode: int | None = None
    is_done: bool = False
    """Whether the other release has all of it, so that there is nothing to do."""

    hunks: list[RebasedHunk] = field(default_factory=list)
    splices: dict[str, list[Splice]] = field(default_factory=dict)
    """What is to be done, by path of the other release; moved code may be in another file."""

    clashes: dict[str, list[Clash]] = field(default_factory=dict)
    """What needs a person, by path as well."""

    def edits(self) -> Iterator[FileEdit]:
        """Give all that is to be done to files of the other release."""
        own = tuple(self.splices.get(self.path, ()))
        if not self.is_done and (own or self.kind != "edit" or self.mode is not None):
            yield FileEdit(self.path, self.kind, self.source, own, self.mode)
        for path, splices in self.splices.items():
            if path != self.path and splices:
                yield FileEdit(path, "edit", path, tuple(splices))


Recall = Callable[[Clash], tuple[bytes, ...] | None]
"""Gives the lines with which a person settled the same clash before, or None."""

SETTLED_BEFORE = "resolved as before"
"""Reason for what a remembered resolution settled."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What became of one hunk's splices."""

    outcome: Outcome
    reason: str
    line: int | None
    scope: str | None = None
    new_scope: str | None = None
    path: str | None = None
    """Another file that it went to."""

    region: Chunk | None = None
    """What a person has to look at; None when that is where the lines align."""


@dataclass(slots=True)
class FileMerger:
    """Merges one file change; base and other are the two versions, as earlier patches left them."""

    base: Version
    other: Version
    path: str
    other_path: str
    release: str
    """The other release, for the reasons."""

    recall: Recall
    may_move: bool = True
    """Whether to look for code that moved where there is a clash."""

    is_wary: bool = True
    """Whether a merge that is clean by its lines alone, but looks wrong, is a conflict."""

    def merge(self, placed: Sequence[PlacedHunk], blocks: Sequence[Block]) -> FileMerge:
        """Merge the hunks; `blocks` aligns the two versions of the file as git does."""
        base, other = self._lines()
        done = FileMerge(self.other_path, self.other_path)
        after = apply_splices(base, [splice for hunk in placed for splice in hunk.splices])
        splices = find_splices_as_git(base, after, self.base.index(self.path))
        results = merge_splices(base, other, blocks, splices)
        doubted = self._doubt(blocks, splices, results)
        told = {
            number: one.doubt
            for number, one in enumerate(doubted)
            if isinstance(one, Clash) and one.doubt and not self.is_wary
        }
        results = results if told else doubted
        shares, alike = _share(placed, splices), _find_alike(splices, results)
        regions: list[tuple[str, Chunk] | None] = []
        settled = self._settle_by_structure(splices, results)
        for number, (hunk, owned) in enumerate(zip(placed, shares, strict=True), 1):
            as_git = replace(hunk, splices=tuple(splices[one] for one in owned))
            found = self._settle(hunk, as_git, [results[one] for one in owned], done, settled)
            if doubts := [told[one] for one in owned if one in told]:
                found = replace(found, outcome="merged", reason=f"{doubts[0]}: read it")
            done.hunks.append(
                RebasedHunk(
                    self.other_path,
                    number,
                    len(placed),
                    found.outcome,
                    found.reason,
                    found.line,
                    found.scope,
                    found.new_scope,
                )
            )
            region = found.region
            is_shown = found.outcome in ("merged", "moved", "conflict") or any(
                isinstance(results[one], Clash) for one in owned
            )
            if region is None and owned and is_shown:
                start = min(_base_start(splices[one], results[one]) for one in owned)
                stop = max(_base_stop(splices[one], results[one]) for one in owned)
                region = find_region(blocks, len(base), len(other), start, stop)
            regions.append((found.path or self.other_path, region) if region else None)
        self._leave_out(done, [alike.issuperset(owned) for owned in shares])
        if self._find_breakage(done) is not None:
            if not self.is_wary and any(hunk.outcome == "moved" for hunk in done.hunks):
                return replace(self, may_move=False).merge(placed, blocks)
            self._tell_breakage(done)
        self._show_sides(done, placed, regions)
        return done

    def _show_sides(
        self,
        done: FileMerge,
        placed: Sequence[PlacedHunk],
        regions: Sequence[tuple[str, Chunk] | None],
    ) -> None:
        """Give each hunk that is not where it was the four texts around it."""
        base = self._lines()[0]
        for number, (hunk, place) in enumerate(zip(done.hunks, regions, strict=True)):
            if place is None:
                continue
            path, at = place
            there = self.other.lines(path) or []
            ours = [s for s in placed[number].splices if at.start <= s.start and s.stop <= at.stop]
            made = [
                s
                for s in done.splices.get(path, ())
                if at.other_start <= s.start and s.stop <= at.other_stop
            ]
            result = None
            if hunk.outcome != "conflict":
                result = tuple(apply_splices(there, made, at.other_start, at.other_stop))
            sides = Sides(
                tuple(base[at.start : at.stop]),
                tuple(apply_splices(base, ours, at.start, at.stop)),
                tuple(there[at.other_start : at.other_stop]),
                result,
                at.start + 1,
                at.other_start + 1,
            )
            done.hunks[number] = replace(hunk, sides=sides)

    def _leave_out(self, done: FileMerge, is_alike: Sequence[bool]) -> None:
        """Take hunks that both sides have out of a conflict that other hunks are in."""
        clashing = [hunk.outcome == "conflict" for hunk in done.hunks]
        if not any(one and not alike for one, alike in zip(clashing, is_alike, strict=True)):
            return
        reason = f"{self.release} has it; lines around it are in conflict"
        for number, alike in enumerate(is_alike):
            if alike and clashing[number]:
                hunk = done.hunks[number]
                done.hunks[number] = replace(hunk, outcome="upstreamed", reason=reason)

    def _lines(self) -> tuple[list[bytes], list[bytes]]:
        return self.base.lines(self.path) or [], self.other.lines(self.other_path) or []

    def _settle(
        self,
        hunk: PlacedHunk,
        as_git: PlacedHunk,
        results: list[MergeResult],
        done: FileMerge,
        settled: Mapping[Clash, Settled],
    ) -> _Found:
        """Say what became of one hunk, and take what is to be done into the file merge.

        `as_git` has the same changes at the lines at which git sees them.
        """
        if not results:
            return _Found("exact", "it changes nothing", None)
        if any(isinstance(result, Clash) for result in results):
            return self._settle_clash(hunk, results, done, settled)
        made = [result for result in results if isinstance(result, Splice)]
        names = self._find_names(as_git, made) if made else None
        is_doubtful = names is not None and self._is_doubtful(*names)
        if names is not None and self._still_stands(*names):
            is_doubtful = True
            found = self._merge_into(names[0], hunk, done) if self.is_wary else None
            if found is not None:
                return found
        if is_doubtful and self.is_wary:
            other = self._lines()[1]
            doubts: list[MergeResult] = [_doubt(other, splice) for splice in made]
            return self._settle_clash(hunk, doubts, done, {})
        _take(done, self.other_path, made)
        if not made:
            return _Found("upstreamed", f"{self.release} has it", results[0].start + 1)
        line = self._first_line(as_git, results)
        if names is not None and is_doubtful:
            place = names[1] or "the module itself"
            reason = f"its lines end up in {place}, not in {names[0]}: read it"
            return _Found("merged", reason, line, *names)
        if len(made) < len(results):
            return _Found("merged", f"{self.release} has part of it", line)
        if names is not None:
            return _Found("moved", f"{names[0]} is {names[1]} there", line, *names)
        return self._compare_context(hunk, line)

    def _compare_context(self, hunk: PlacedHunk, line: int) -> _Found:
        """Say how the lines around a hunk are there, where its old side would start."""
        old, other = hunk.hunk.old, self._lines()[1]
        if line < 1 or tuple(other[line - 1 : line - 1 + len(old)]) != old:
            return _Found("merged", "the lines around it changed", line)
        distance = line - 1 - hunk.start
        if not distance:
            return _Found("exact", "the same lines at the same place", line)
        way = "down" if distance > 0 else "up"
        return _Found("offset", f"the same lines, {abs(distance)} further {way}", line)

    @staticmethod
    def _first_line(hunk: PlacedHunk, results: Sequence[MergeResult]) -> int:
        """Give the 1-based line at which the old side would start there."""
        return max(results[0].start - (hunk.splices[0].start - hunk.start) + 1, 1)

    def _find_names(
        self, hunk: PlacedHunk, made: Sequence[Splice]
    ) -> tuple[str, str | None] | None:
        """Give old and new name of the scope when they differ; new None is the module itself."""
        base, other = self._lines()
        if not self.path.endswith(".py"):
            return None
        before = heads_around(base, hunk.splices[0].start, self.base.tops(self.path))
        after = heads_around(other, made[0].start, self.other.tops(self.other_path))
        if before == after:
            return None
        old, scopes = self._scope(hunk), self.other.scopes(self.other_path)
        new = _owner(other, scopes, made)
        if old is None or not scopes or (new is not None and old.name == new.name):
            return None
        return old.name, new.name if new else None

    def _is_doubtful(self, old: str, new: str | None) -> bool:
        """Tell whether the lines came to lie in code that the base has beside the scope."""
        return new is None or self._is_old(self.other_path, new, old)

    def _is_old(self, path: str, name: str, moved: str) -> bool:
        """Tell whether the base has this scope already, and it is not the one that moved."""
        here = path == self.other_path
        if here and name == moved:
            return False
        return any(s.name == name for s in self.base.scopes(self.path if here else path))

    def _still_stands(self, old: str, new: str | None) -> bool:
        """Tell whether the scope still has its name there, and what has its body is a copy.

        A function that kept its name to call the one with its body is not where the body is.
        """
        here = next((s for s in self.base.scopes(self.path) if s.name == old), None)
        there = next((s for s in self.other.scopes(self.other_path) if s.name == old), None)
        if here is None or there is None or new is None:
            return False
        base, other = self._lines()
        return old != new and not is_wrapper(base, here, other, there, new)

    def _merge_into(self, name: str, hunk: PlacedHunk, done: FileMerge) -> _Found | None:
        """Merge a hunk into the function of its name, which the release changed; None if unsure."""
        from freebsd_port.engine.core.rebase.clashes import Side
        from freebsd_port.engine.core.rebase.structure import merge_structure

        base, other = self._lines()
        here, there = Side(base, self.base.scopes(self.path)), self.other.scopes(self.other_path)
        mine, theirs = here.functions(), Side(other, there).functions()
        if name not in mine or name not in theirs:
            return None
        old, new = mine[name], theirs[name]
        ours = apply_splices(base, hunk.splices, old.start, old.stop)
        text = other[new.start : new.stop]
        merged = merge_structure(base[old.start : old.stop], ours, text)
        if merged is None:
            return None
        made = find_splices(text, merged.lines, new.start)
        _take(done, self.other_path, made)
        region = Chunk(old.start, old.stop, new.start, new.stop)
        if not made:
            reason = f"{self.release} has it, worded differently"
            return _Found("upstreamed", reason, new.start + 1, name, name, None, region)
        reason = f"{name} changed, and its old text is under another name; {merged.reason}"
        return _Found("merged", reason, made[0].start + 1, name, name, None, region)

    def _doubt(
        self, blocks: Sequence[Block], splices: Sequence[Splice], results: Sequence[MergeResult]
    ) -> tuple[MergeResult, ...]:
        """Make clashes of what merges by its lines, in a Python file, but not for certain."""
        base, other = self._lines()
        exposed: list[int] = []
        if self.path.endswith(".py") and other:
            exposed = find_exposed(base, blocks, splices, results)
        if not exposed:
            return tuple(results)
        from freebsd_port.engine.core.rebase.clashes import Side

        mine = Side(base, self.base.scopes(self.path))
        theirs = Side(other, self.other.scopes(self.other_path))
        return doubt_new_blocks(mine, theirs, splices, results, exposed)

    def _settle_by_structure(
        self, splices: Sequence[Splice], results: Sequence[MergeResult]
    ) -> Mapping[Clash, Settled]:
        """Merge what clashes by statements, in a Python file that parses on both releases."""
        if not any(isinstance(result, Clash) for result in results):
            return {}
        if not self.path.endswith(".py") or not self.other.exists(self.other_path):
            return {}
        from freebsd_port.engine.core.rebase.clashes import Side, settle_clashes

        base, other = self._lines()
        return settle_clashes(
            Side(base, self.base.scopes(self.path)),
            Side(other, self.other.scopes(self.other_path)),
            splices,
            results,
        )

    def _scope(self, hunk: PlacedHunk) -> Scope | None:
        return _owner(self._lines()[0], self.base.scopes(self.path), hunk.splices)

    def _settle_clash(
        self,
        hunk: PlacedHunk,
        results: list[MergeResult],
        done: FileMerge,
        settled: Mapping[Clash, Settled],
    ) -> _Found:
        scope = self._scope(hunk)
        name = scope.name if scope else None
        clashes = list(dict.fromkeys(r for r in results if isinstance(r, Clash)))
        recalled = {clash: lines for clash in clashes if (lines := self.recall(clash)) is not None}
        is_settled = all(clash in settled or clash in recalled for clash in clashes)
        may_move = self.may_move and not is_settled and not any(clash.doubt for clash in clashes)
        move = self._find_move(hunk, scope) if scope and may_move else None
        if move is not None:
            return self._take_move(move, scope.name if scope else "", results, done)
        made = [result for result in results if isinstance(result, Splice)]
        unsettled = done.clashes.setdefault(self.other_path, [])
        for clash in clashes:
            if clash in recalled and clash not in unsettled:
                made += find_splices(clash.theirs, recalled[clash], clash.start)
            elif clash in settled:
                made += settled[clash].splices
            elif clash not in unsettled:
                unsettled.append(clash)
        _take(done, self.other_path, made)
        line = results[0].start + 1
        if not is_settled:
            doubts = [c.doubt for c in clashes if c.doubt and c not in settled]
            reason = doubts[0] if len(doubts) == len(clashes) else self._conflict_reason(scope)
            return _Found("conflict", reason, line, name, name)
        by_structure = [settled[clash] for clash in clashes if clash not in recalled]
        if not by_structure:
            return _Found("merged", SETTLED_BEFORE, line, name, name)
        if not made:
            reason = f"{self.release} has it, worded differently"
            return _Found("upstreamed", reason, by_structure[0].start + 1, name, name)
        reason = ", ".join(dict.fromkeys(one.reason for one in by_structure))
        return _Found("merged", reason, by_structure[0].start + 1, name, name)

    def _conflict_reason(self, scope: Scope | None) -> str:
        if not self.other.exists(self.other_path):
            return f"{self.release} has no {self.other_path}"
        if scope and not any(s.name == scope.name for s in self.other.scopes(self.other_path)):
            return f"{self.release} has no {scope.name}, nor anything similar"
        return f"{self.release} changed the same lines"

    def _find_move(self, hunk: PlacedHunk, scope: Scope) -> Move | None:
        base, other = self._lines()
        here = [(self.other_path, other)]

        def is_old(path: str, name: str) -> bool:
            return self._is_old(path, name, scope.name)

        move = find_move(base, scope, hunk.splices, here, self.other.scopes, is_old)
        if move and self._still_stands(scope.name, move.scope):
            return None
        if move or any(s.name == scope.name for s in self.other.scopes(self.other_path)):
            return move
        text = base[scope.start : scope.stop]
        likely = find_likely_files(self.other, self.path, text)
        elsewhere = (file for file in likely if file[0] != self.other_path)
        return find_move(base, scope, hunk.splices, elsewhere, self.other.scopes, is_old)

    def _take_move(
        self, move: Move, name: str, results: Sequence[MergeResult], done: FileMerge
    ) -> _Found:
        made = [result for result in move.results if isinstance(result, Splice)]
        _take(done, move.path, made)
        line = move.results[0].start + 1
        place = "" if move.path == self.other_path else f" in {move.path}"
        found = _Found("moved", "", line, name, move.scope, move.path, move.region)
        if not made:
            reason = f"{self.release} has it in {move.scope}{place}"
            return replace(found, outcome="upstreamed", reason=reason)
        new_name = f"is {move.scope}{place} there"
        if move.scope == name:
            new_name = f"moved to {move.path}" if place else "is elsewhere there"
            clashes = [result for result in results if isinstance(result, Clash)]
            if not place and any(c.start <= m.start <= c.stop for c in clashes for m in made):
                reason = f"the lines around it changed; {name} was found by its text"
                return replace(found, outcome="merged", reason=reason)
        how = f"; {move.reason}" if move.reason else ""
        return replace(found, reason=f"{name} {new_name}{how}")

    def _find_breakage(self, done: FileMerge) -> str | None:
        """Name a file that would not parse any more; where lines are as they were, nobody asks."""
        is_doubtful = any(hunk.outcome in ("merged", "moved") for hunk in done.hunks)
        if any(done.clashes.values()) or not is_doubtful:
            return None
        for path, splices in done.splices.items():
            before = self.other.lines(path) or []
            scopes = self.other.scopes(path)  # none where it does not parse as it is
            if scopes and not parses_with(before, scopes, splices):
                return path
        return None

    def _tell_breakage(self, done: FileMerge) -> None:
        """Turn what would not parse into a conflict, or only say so."""
        while path := self._find_breakage(done):
            for number, hunk in enumerate(done.hunks):
                if hunk.outcome in ("merged", "moved"):
                    outcome: Outcome = "conflict" if self.is_wary else "merged"
                    reason = f"with it {path} would not parse"
                    if not self.is_wary:
                        reason = f"with it {path} does not parse: read it"
                    done.hunks[number] = replace(hunk, outcome=outcome, reason=reason)
            if not self.is_wary:
                return
            before, splices = self.other.lines(path) or [], done.splices[path]
            done.clashes[path] = [_doubt(before, splice) for splice in splices]
            splices.clear()


def _take(done: FileMerge, path: str, made: Iterable[Splice]) -> None:
    """Add splices to what is to be done, each once."""
    there = done.splices.setdefault(path, [])
    there += [splice for splice in dict.fromkeys(made) if splice not in there]
    there.sort(key=lambda splice: splice.start)


def find_splices_as_git(
    before: Sequence[bytes], after: Sequence[bytes], index: LineIndex
) -> tuple[Splice, ...]:
    """Give what makes one of the other, at the lines at which git's merge sees it.

    `index` is of the lines before.
    """
    blocks = align_as_git(before, after, index)
    return tuple(
        Splice(c.start, c.stop, tuple(after[c.other_start : c.other_stop]))
        for c in chunks(blocks, len(before), len(after))
    )


def _find_alike(splices: Sequence[Splice], results: Sequence[MergeResult]) -> frozenset[int]:
    """Give the numbers of splices in a clash of which both sides have made the same.

    git leaves such lines out of a conflict. At least one splice of each clash is not among them.
    """
    found: set[int] = set()
    for clash in dict.fromkeys(one for one in results if isinstance(one, Clash)):
        blocks = align_as_git(clash.theirs, clash.ours)
        differing = chunks(blocks, len(clash.theirs), len(clash.ours))
        shift = -clash.base_start
        alike: set[int] = set()
        for number in clash.splices:
            splice = splices[number]
            start = splice.start + shift
            stop = start + len(splice.lines)
            shift += len(splice.lines) - (splice.stop - splice.start)
            if start < stop and all(
                chunk.other_stop <= start or chunk.other_start >= stop for chunk in differing
            ):
                alike.add(number)
        if len(alike) < len(clash.splices):
            found |= alike
    return frozenset(found)


def _share(hunks: Sequence[PlacedHunk], splices: Sequence[Splice]) -> list[list[int]]:
    """Give for each hunk the numbers of the splices that are its own, or that it has a part in."""
    if tuple(splice for hunk in hunks for splice in hunk.splices) == tuple(splices):
        numbers = iter(range(len(splices)))
        return [[next(numbers) for _ in hunk.splices] for hunk in hunks]
    shared: list[list[int]] = [[] for _ in hunks]
    ranges = [
        (hunk.splices[0].start, hunk.splices[-1].stop) if hunk.splices else None for hunk in hunks
    ]
    for number, splice in enumerate(splices):
        distances = {
            index: max(start - splice.stop, splice.start - stop, 0)
            for index, (start, stop) in ((i, r) for i, r in enumerate(ranges) if r)
        }
        nearest = min(distances.values())
        for index, distance in distances.items():
            if distance == nearest:
                shared[index].append(number)
    return shared


def _base_start(splice: Splice, result: MergeResult) -> int:
    return min(splice.start, result.base_start) if isinstance(result, Clash) else splice.start


def _base_stop(splice: Splice, result: MergeResult) -> int:
    if not isinstance(result, Clash):
        return splice.stop
    return max(splice.stop, result.base_start + len(result.base))


def _owner(
    lines: Sequence[bytes], scopes: Sequence[Scope], splices: Sequence[Splice]
) -> Scope | None:
    """Give the smallest scope that these splices lie in, None for the module itself."""
    if len(splices) == 1:
        return owner_of(lines, scopes, splices[0])
    return innermost_scope(scopes, splices[0].start, splices[-1].stop)


def _doubt(before: Sequence[bytes], splice: Splice) -> Clash:
    """Give a splice to a person instead of making it."""
    old = tuple(before[splice.start : splice.stop])
    return Clash(splice.start, splice.stop, old, splice.lines, old, ())


def merge_whole(
    path: str,
    kind: Kind,
    base: list[bytes] | None,
    after: list[bytes] | None,
    there: list[bytes] | None,
    release: str,
) -> FileMerge:
    """Merge a file that is added or removed into the release that has `there`; None is no file."""
    merge = FileMerge(path, path, kind)
    outcome: Outcome = "exact"
    reason = "a new file" if kind == "create" else "the same file is removed"
    if there == after:
        outcome, reason = "upstreamed", f"{release} has it"
        merge.is_done = True
    elif there == base or (kind == "create" and there is None):
        merge.splices[path] = [Splice(0, len(there or ()), tuple(after or ()))]
    else:
        outcome, reason = "conflict", f"{release} has another {path}"
        clash = Clash(
            0, len(there or ()), tuple(base or ()), tuple(after or ()), tuple(there or ()), (0,)
        )
        merge.clashes[path] = [clash]
    merge.hunks.append(RebasedHunk(path, 1, 1, outcome, reason, 1))
    return merge
