"""How the hunks of the release under review are placed on another release, variants included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from freebsd_port.engine.core.apply.place import Miss, Placement
from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.review.facts import FourWay, HunkOnRelease, PlacementState
from freebsd_port.engine.core.review.on_release import WalkedHunk, WalkedPatch
from freebsd_port.engine.core.series.series import SeriesEntry


def placed_same(release: str, file: str, shown: WalkedHunk, there: WalkedHunk) -> HunkOnRelease:
    """Give the placement of a hunk on a release that uses the same variant."""
    state, reason = _state(there)
    return _placement(release, state, there, file, shown, reason)


def placed_other(
    release: str, file: str, shown: Sequence[WalkedHunk], there: Sequence[WalkedHunk]
) -> tuple[HunkOnRelease, ...]:
    """Give the placement of each hunk on a release that has its own variant."""
    placements = []
    for hunk, partner in zip(shown, find_counterparts(shown, there), strict=True):
        if partner is None:
            reason = "no hunk of that variant does it"
            placements.append(HunkOnRelease(release, "gone", None, 0, file, None, reason))
            continue
        state, reason = _state(partner.hunk)
        if state != "miss" and partner.is_changed:
            state = "rewritten"
        placements.append(_placement(release, state, partner.hunk, file, hunk, reason))
    return tuple(placements)


def placed_nowhere(release: str, state: PlacementState, reason: str) -> HunkOnRelease:
    """Say why there is nothing to look at on a release: the patch is off, or its wheels lack."""
    return HunkOnRelease(release, state, None, 0, None, None, reason)


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A hunk of another text that stands for one."""

    hunk: WalkedHunk
    """The first of several, where the hunk was cut."""

    is_changed: bool
    """Whether it changes other lines, or changes them otherwise."""


def find_counterparts(
    shown: Sequence[WalkedHunk], there: Sequence[WalkedHunk]
) -> tuple[Counterpart | None, ...]:
    """Give for each hunk what stands for it in the other text.

    The same change in the same function wins; the rest is paired as an interdiff pairs it.
    """
    waiting: dict[tuple[str, str | None, str], list[WalkedHunk]] = {}
    for hunk in there:
        waiting.setdefault((hunk.path, hunk.scope, hunk.content), []).append(hunk)
    found: dict[int, Counterpart] = {}
    for hunk in shown:
        if same := waiting.get((hunk.path, hunk.scope, hunk.content)):
            found[id(hunk.hunk)] = Counterpart(same.pop(0), False)
    free = {id(hunk) for hunks in waiting.values() for hunk in hunks}
    mine = [hunk for hunk in shown if id(hunk.hunk) not in found]
    found |= _pair(mine, [hunk for hunk in there if id(hunk) in free])
    return tuple(found.get(id(hunk.hunk)) for hunk in shown)


def _pair(shown: Sequence[WalkedHunk], there: Sequence[WalkedHunk]) -> dict[int, Counterpart]:
    """Give counterparts by the identity of the hunk that they stand for."""
    if not shown or not there:
        return {}
    from freebsd_port.engine.core.interdiff.hunk_change import (
        marked_lines,  # most patches have one text
    )
    from freebsd_port.engine.core.interdiff.pairing import HunkText, pair_hunks

    texts = [
        [HunkText(h.path, h.number, h.total, h.hunk, marked_lines(h.hunk)) for h in side]
        for side in (shown, there)
    ]
    laid = {id(hunk.hunk): hunk for hunk in there}
    return {
        id(text.hunk): Counterpart(laid[id(pair.new[0].hunk)], pair.state == "changed")
        for pair in pair_hunks(*texts)
        if pair.new
        for text in pair.old
    }


def _state(there: WalkedHunk) -> tuple[PlacementState, str]:
    result = there.result
    if isinstance(result, Placement):
        return ("fuzz" if result.fuzz else "offset" if result.offset else "exact"), ""
    if isinstance(result, Miss):
        if result.is_already_there:
            return "miss", "the file already has the new side"
        return "miss", f"{result.matching} of {result.total} lines agree at line {result.line}"
    return "miss", f"{there.path} is not there"


def _placement(
    release: str,
    state: PlacementState,
    there: WalkedHunk,
    file: str,
    shown: WalkedHunk,
    reason: str,
) -> HunkOnRelease:
    offset = there.result.offset if isinstance(there.result, Placement) else 0
    counterpart = there.id if there.id != shown.id and there.line is not None else None
    is_held = isinstance(there.result, Miss) and there.result.is_already_there
    other = there.hunk if state == "rewritten" else None
    merge = _compare_sides(shown, there, is_rewritten=other is not None)
    return HunkOnRelease(
        release, state, there.line, offset, file, counterpart, reason, is_held, other, merge
    )


def _compare_sides(shown: WalkedHunk, there: WalkedHunk, *, is_rewritten: bool) -> FourWay | None:
    """Put the two sides of a hunk beside those of its counterpart; None if both are the same."""
    here_sides, there_sides = ((tuple(one.hunk.old), tuple(one.hunk.new)) for one in (shown, there))
    where, elsewhere = (
        (one.path, one.scope) if one.line is not None else None for one in (shown, there)
    )
    is_moved = None not in (where, elsewhere) and where != elsewhere
    if here_sides == there_sides and not is_moved:
        return None
    outcome: Literal["merged", "moved", "rewritten"] = "merged"
    reason = "the lines around it differ"
    if is_moved:
        outcome = "moved"
        name = there.scope or "the module"
        reason = f"it is in {name}" if there.path == shown.path else f"it is in {there.path}"
    if is_rewritten:
        also = f", and {reason}" if is_moved else ""
        outcome, reason = "rewritten", f"the variant changes other lines{also}"
    return FourWay(outcome, reason, *here_sides, *there_sides)


@dataclass(frozen=True, slots=True)
class Text:
    """A patch as a release takes it."""

    entry: SeriesEntry
    file: str
    """Name below patches/."""

    digest: str
    """SHA-256 of the file."""

    patch: Patch


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """The series as it is placed on one release."""

    release: str
    texts: Mapping[str, Text]
    """By patch; those that are on."""

    patches: Mapping[str, WalkedPatch]
    problem: str = ""
    """Why nothing is known; then the rest is empty."""


def compare_patch(
    entry: SeriesEntry, here: ReleaseView, column: ReleaseView
) -> tuple[HunkOnRelease, ...]:
    """Give the placement of each hunk of a patch, as the shown release has it, on another one."""
    name, release = entry.name, column.release
    laid = here.patches[name] if name in here.patches else WalkedPatch(name, (), ())
    if column.problem:
        return tuple(placed_nowhere(release, "unknown", column.problem) for _ in laid.hunks)
    there = column.patches.get(name)
    if there is None:
        return tuple(placed_nowhere(release, "off", entry.comment) for _ in laid.hunks)
    file = column.texts[name].file
    if file == here.texts[name].file:
        pairs = zip(laid.hunks, there.hunks, strict=True)
        return tuple(placed_same(release, file, shown, one) for shown, one in pairs)
    return placed_other(release, file, laid.hunks, there.hunks)
