"""The clashes of one Python file that a merge of its statements settles.

A clash is merged with the whole function around it, or with the two functions that it lies
between: what belongs to the end of one, and what to the beginning of the next, is then seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from freebsd_port.engine.core.rebase.merge import Clash, MergeResult
from freebsd_port.engine.core.rebase.structure import Merged, merge_structure
from freebsd_port.engine.core.source.scope import Scope, find_functions
from freebsd_port.engine.core.text.align import Chunk
from freebsd_port.engine.core.text.splice import Splice, apply_splices, find_splices

_LONGEST = 3000
"""So many lines are merged at once, and no more: reading them takes a second."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A clash that is none when the statements are looked at."""

    splices: tuple[Splice, ...]
    """What is to be done to the other version for all clashes that were merged with it."""

    reason: str
    is_present: bool
    """Whether the other version has all of it, in other words."""

    start: int
    """0-based line of the other version."""


@dataclass(frozen=True, slots=True)
class Side:
    """One version of a Python file."""

    lines: Sequence[bytes]
    scopes: Sequence[Scope]

    def functions(self) -> dict[str, Scope]:
        """Give the functions that are in no other, by name; none of a name that is there twice."""
        found: dict[str, Scope] = {}
        twice: set[str] = set()
        for scope in find_functions(self.lines, self.scopes):
            if scope.name in found:
                twice.add(scope.name)
            found[scope.name] = scope
        return {name: scope for name, scope in found.items() if name not in twice}


@dataclass(slots=True)
class _Window:
    """The region of both versions that is merged at once."""

    region: Chunk
    clashes: list[Clash]


def settle_clashes(
    base: Side, other: Side, splices: Sequence[Splice], results: Sequence[MergeResult]
) -> Mapping[Clash, Settled]:
    """Merge what clashes by statements; `results` is merge_splices() of the splices."""
    clashes = list(dict.fromkeys(one for one in results if isinstance(one, Clash)))
    mine, theirs = base.functions(), other.functions()
    windows: list[_Window] = []
    for clash in clashes:
        own = [splices[number] for number in clash.splices]
        region = find_window(base, other, mine, theirs, own[0].start, own[-1].stop)
        if region is None:
            continue
        window = _Window(region, [clash])
        for known in [w for w in windows if _touch(w.region, region)]:
            windows.remove(known)
            window = _Window(_join(window.region, known.region), [*known.clashes, *window.clashes])
        windows.append(window)
    settled: dict[Clash, Settled] = {}
    for window in windows:
        settled |= _merge_window(window, base, other, splices, results)
    return settled


def _touch(one: Chunk, other: Chunk) -> bool:
    return one.start < other.stop and other.start < one.stop


def _join(one: Chunk, other: Chunk) -> Chunk:
    return Chunk(
        min(one.start, other.start),
        max(one.stop, other.stop),
        min(one.other_start, other.other_start),
        max(one.other_stop, other.other_stop),
    )


def find_window(
    base: Side,
    other: Side,
    mine: Mapping[str, Scope],
    theirs: Mapping[str, Scope],
    start: int,
    stop: int,
) -> Chunk | None:
    """Give the lines of the function around base lines [start, stop), or of those next to them."""
    is_put_in = start == stop
    around = [s for s in mine.values() if s.start < start + (not is_put_in)]
    first = max(around, key=lambda scope: scope.start, default=None)
    last = None
    if first is not None and (stop < first.stop or (stop == first.stop and not is_put_in)):
        if first.name not in theirs:
            return None
        last = first
    else:
        known = [s for s in around if s.name in theirs]
        first = max(known, key=lambda scope: scope.start, default=None)
        behind = [s for s in mine.values() if s.stop > stop and s.name in theirs]
        last = min(behind, key=lambda scope: scope.start, default=None)
    begin, end = (theirs[one.name] if one else None for one in (first, last))
    region = Chunk(
        first.start if first else 0,
        last.stop if last else len(base.lines),
        begin.start if begin else 0,
        end.stop if end else len(other.lines),
    )
    lengths = region.stop - region.start, region.other_stop - region.other_start
    return region if min(lengths) > 0 and max(lengths) <= _LONGEST else None


def _merge_window(
    window: _Window,
    base: Side,
    other: Side,
    splices: Sequence[Splice],
    results: Sequence[MergeResult],
) -> dict[Clash, Settled]:
    """Merge the clashes of a window together with what merges by its lines there.

    That has to come out the same. Where it does not, it is done before.
    """
    region = window.region
    inside = [n for n, splice in enumerate(splices) if is_inside(splice, region, base.lines)]
    clean = [n for n in inside if not isinstance(results[n], Clash)]
    wanted = {number for clash in window.clashes for number in clash.splices}
    if {n for n in inside if n not in clean} != wanted:
        return {}
    for number, splice in enumerate(splices):
        if number not in inside and splice.start < region.stop and splice.stop > region.start:
            return {}
    made = [result for n in clean if isinstance(result := results[n], Splice)]
    if any(one.start < region.other_start or one.stop > region.other_stop for one in made):
        return {}
    found = None
    for done in ([], clean) if clean else ([],):
        before = apply_splices(base.lines, [splices[n] for n in done], region.start, region.stop)
        ours = apply_splices(base.lines, [splices[n] for n in inside], region.start, region.stop)
        made_before = made if done else []
        theirs = apply_splices(other.lines, made_before, region.other_start, region.other_stop)
        merged = merge_structure(before, ours, theirs)
        if merged is not None:
            found = _take_out(merged, theirs, made_before, region.other_start)
        if found is not None and not done and not set(made) <= set(found):
            found = None  # it has to be what the lines make of it, where they can
        if merged is not None and found is not None:
            break
    if merged is None or found is None:
        return {}
    return {
        clash: Settled(found, merged.reason, merged.is_present, _nearest(found, clash))
        for clash in window.clashes
    }


def _nearest(found: Sequence[Splice], clash: Clash) -> int:
    """Give the line at which the result of a clash starts."""
    starts = [splice.start for splice in found]
    return min(starts, key=lambda start: abs(start - clash.start), default=clash.start)


def is_inside(splice: Splice, region: Chunk, lines: Sequence[bytes]) -> bool:
    """Tell whether a splice lies in a region; one that puts in lines at its edge does not."""
    if splice.start < splice.stop:
        return region.start <= splice.start and splice.stop <= region.stop
    is_behind = region.start < splice.start or not region.start
    return is_behind and (splice.start < region.stop or region.stop == len(lines))


def _take_out(
    merged: Merged, theirs: Sequence[bytes], made: Sequence[Splice], first: int
) -> tuple[Splice, ...] | None:
    """Give what the merge does besides the splices made before; None where it touches them.

    The result is in lines of the other version; `theirs` has the splices on, and starts at `first`.
    """
    found = []
    for splice in find_splices(theirs, merged.lines):
        grown = 0
        for one in made:
            start = one.start - first + grown
            stop = start + len(one.lines)
            if splice.start <= stop and splice.stop >= start:
                return None
            if stop > splice.start:
                break
            grown += len(one.lines) - (one.stop - one.start)
        shift = first - grown
        found.append(replace(splice, start=splice.start + shift, stop=splice.stop + shift))
    return tuple(found)
