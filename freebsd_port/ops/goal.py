"""A goal: the patches that are to be on, read from disk and not yet parsed."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.core.overlay import AppliedPatch
from freebsd_port.core.series import SeriesEntry


@dataclass(frozen=True, slots=True)
class GoalPatch:
    """One patch to have on, as its file holds it."""

    entry: SeriesEntry
    data: bytes
    applied: AppliedPatch
    """What the overlay will remember of it."""
