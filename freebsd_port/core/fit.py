"""Whether a patch fits a version as it is written, and what it does there."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.core.change import find_special
from freebsd_port.core.patch import Patch
from freebsd_port.core.rebase import Outcome, RebasedHunk
from freebsd_port.core.splice import PlacedHunk, Splice, place_hunks
from freebsd_port.core.target import find_target
from freebsd_port.core.version import Version


@dataclass(frozen=True, slots=True)
class Fits:
    """Every hunk has its place."""

    splices: dict[str, list[Splice]]
    """By path, in order."""

    hunks: tuple[RebasedHunk, ...]


def find_fit(version: Version, patch: Patch, strip: int) -> Fits | None:
    """Place every hunk without fuzz; None when one has no place.

    A patch that names a file twice, makes one that is there, or is more than an edit of lines
    does not fit.
    """
    splices: dict[str, list[Splice]] = {}
    hunks: list[RebasedHunk] = []
    for change in patch.changes:
        target = find_target(change, strip, version.exists, version.has_directory)
        if target is None or target.path in splices or find_special(change):
            return None
        lines = version.lines(target.path) or []
        placed = place_hunks(lines, change.hunks)
        if len(placed) < len(change.hunks) or (change.creates == 2 and lines):
            return None
        splices[target.path] = [splice for hunk in placed for splice in hunk.splices]
        hunks += [
            _kept_hunk(target.path, number, len(placed), hunk)
            for number, hunk in enumerate(placed, 1)
        ]
    return Fits(splices, tuple(hunks))


def _kept_hunk(path: str, number: int, total: int, hunk: PlacedHunk) -> RebasedHunk:
    outcome: Outcome = "offset" if hunk.placement.offset else "exact"
    line = hunk.placement.line
    return RebasedHunk(path, number, total, outcome, "the release has a text of its own", line)
