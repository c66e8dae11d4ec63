"""What a hunk or a patch is filtered by, and how much of each there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from freebsd_port.engine.core.review.facts import HunkFacts, PatchFacts, PlacementState

UNREVIEWED, REQUESTED, FINDINGS, UNCOVERED, MISFIT = (
    "unreviewed",
    "requested",
    "findings",
    "uncovered",
    "misfit",
)
FLAGS = {
    UNREVIEWED: "Unreviewed",
    REQUESTED: "To change",
    FINDINGS: "Findings",
    UNCOVERED: "Uncovered",
    MISFIT: "Conflicts",
}
"""Flag and its name on the page."""

_OTHER_TEXT: frozenset[PlacementState] = frozenset(("rewritten", "gone", "off", "miss"))


def changed_since(release: str) -> str:
    """Give the flag of what is not the same on that release."""
    return f"since-{release}"


def hunk_flags(hunk: HunkFacts) -> frozenset[str]:
    """Give the flags of one hunk."""
    flags = {changed_since(one.release) for one in hunk.placements if one.state in _OTHER_TEXT}
    if hunk.decision is None:
        flags.add(UNREVIEWED)
    elif hunk.decision.verdict == "changes-requested":
        flags.add(REQUESTED)
    if hunk.findings:
        flags.add(FINDINGS)
    if is_uncovered(hunk):
        flags.add(UNCOVERED)
    if any(one.state == "miss" for one in hunk.placements):
        flags.add(MISFIT)
    return frozenset(flags)


def is_uncovered(hunk: HunkFacts) -> bool:
    """Tell whether it was measured, and no check ran one of its lines.

    A hunk with nothing to run, such as a comment, is covered, as in `verify`.
    """
    return hunk.checks is not None and bool(hunk.missed)


def patch_flags(patch: PatchFacts) -> frozenset[str]:
    """Give the flags of all its hunks, and of its own findings."""
    own = {FINDINGS} if patch.findings else set()
    return frozenset(own).union(*(hunk_flags(hunk) for hunk in patch.hunks))


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of what a reviewer looks for."""

    patches: int
    hunks: int
    unreviewed: int
    requested: int
    uncovered: int
    unmeasured: int
    """Hunks of which nobody knows whether a check ran them."""

    findings: int


def count_facts(patches: Iterable[PatchFacts]) -> Counts:
    """Count over some patches."""
    chosen = list(patches)
    hunks = [hunk for patch in chosen for hunk in patch.hunks]
    flags = [flag for hunk in hunks for flag in hunk_flags(hunk)]
    return Counts(
        len(chosen),
        len(hunks),
        flags.count(UNREVIEWED),
        flags.count(REQUESTED),
        flags.count(UNCOVERED),
        len([hunk for hunk in hunks if hunk.checks is None]),
        sum(len(patch.findings) for patch in chosen) + sum(len(hunk.findings) for hunk in hunks),
    )


def describe_placement(patch: PatchFacts, release: str) -> tuple[PlacementState, str]:
    """Say in a word or two how a patch lies on a release, by the worst of its hunks."""
    states = [
        one.state for hunk in patch.hunks for one in hunk.placements if one.release == release
    ]
    if not states:
        return ("off", "off") if patch.is_off else ("unknown", "\N{EN DASH}")
    misses = states.count("miss")
    if misses:
        return "miss", f"{misses} miss" if misses == 1 else f"{misses} misses"
    if len(set(states)) > 1 and "gone" in states:
        return "gone", "partly"
    for state in _WORST_FIRST:
        if state in states:
            return state, WORDS[state]
    return "exact", WORDS["exact"]


_WORST_FIRST: tuple[PlacementState, ...] = ("unknown", "rewritten", "off", "gone", "fuzz", "offset")
WORDS: dict[PlacementState, str] = {
    "exact": "exact",
    "offset": "offset",
    "fuzz": "fuzz",
    "rewritten": "own text",
    "gone": "not needed",
    "off": "off",
    "miss": "miss",
    "unknown": "?",
}
"""How a placement is called on the page."""
