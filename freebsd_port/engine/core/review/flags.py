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


def describe_placement(
    patch: PatchFacts, release: str, *, shown: str
) -> tuple[PlacementState, str]:
    """Say in a word or two how a patch is placed on a release, by the worst of its hunks.

    Of a patch that is not applied on the release `shown`, the facts have no hunks, so nothing is
    known of the other releases. `LEGEND` explains each answer.
    """
    states = [
        one.state for hunk in patch.hunks for one in hunk.placements if one.release == release
    ]
    if not states:
        is_known_off = patch.is_off and release == shown
        return ("off", WORDS["off"]) if is_known_off else ("unknown", NOTHING)
    misses = states.count("miss")
    if misses:
        return "miss", f"{misses} miss" if misses == 1 else f"{misses} misses"
    if len(set(states)) > 1 and "gone" in states:
        return "gone", PARTLY
    for state in _WORST_FIRST:
        if state in states:
            return state, WORDS[state]
    return "exact", WORDS["exact"]


_WORST_FIRST: tuple[PlacementState, ...] = ("unknown", "rewritten", "off", "gone", "fuzz", "offset")
WORDS: dict[PlacementState, str] = {
    "exact": "exact",
    "offset": "offset",
    "fuzz": "fuzz",
    "rewritten": "variant",
    "gone": "not needed",
    "off": "not applied",
    "miss": "miss",
    "unknown": "?",
}
"""How a placement is called on the page."""

PARTLY = "partly"
NOTHING = "\N{EN DASH}"
LEGEND = {
    WORDS["exact"]: "every hunk at its line",
    WORDS["offset"]: "a hunk at another line",
    WORDS["fuzz"]: "a hunk with less context",
    WORDS["rewritten"]: "the release has its own variant of the patch",
    PARTLY: "its variant goes without some of the hunks",
    WORDS["gone"]: "its variant goes without all of them",
    WORDS["off"]: "the patch is not applied on this release",
    WORDS["miss"]: "the number of hunks that fit nowhere",
    WORDS["unknown"]: "the wheels of the release are missing",
    NOTHING: "no hunk to compare",
}
"""What each word that `describe_placement` gives means, a count of misses left out."""
