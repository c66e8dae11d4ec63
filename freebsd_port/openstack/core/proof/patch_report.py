"""What is proved of each patch: its checks, its lines, and upstream's suites beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from freebsd_port.openstack.core.proof.coverage import HunkCoverage
from freebsd_port.openstack.core.proof.suites import SUITES

Checks = Mapping[str, Mapping[str, tuple[int, int]]]
"""Platform to patch to the numbers of its checks that passed and that failed there."""


@dataclass(frozen=True, slots=True)
class PatchReport:
    """One patch that is on."""

    patch: str
    checks: Mapping[str, tuple[int, int]]
    """Platform to how many of its checks passed and failed; none where none ran."""

    hunks: tuple[HunkCoverage, ...]
    """Empty when nothing was measured."""

    unchanged: tuple[str, ...]
    """Upstream's suites of its distribution of which no pass was lost on this state."""

    changed: tuple[str, ...]
    """Those of which one was."""

    not_compared: tuple[str, ...]
    """Those that were not run on this state."""

    @property
    def added(self) -> int:
        """Count the added lines that could run, on whatever platform."""
        return sum(hunk.statements for hunk in self.hunks)

    @property
    def executed(self) -> int:
        """Count those that a check ran."""
        return sum(hunk.executed for hunk in self.hunks)

    @property
    def missed(self) -> tuple[tuple[str, int], ...]:
        """Give path and line (1-based) of each that none ran."""
        return tuple((hunk.hunk.path, line) for hunk in self.hunks for line in hunk.missed)

    @property
    def excused(self) -> tuple[tuple[str, int], ...]:
        """Give path and line of each that none ran and only FreeBSD can."""
        return tuple((hunk.hunk.path, line) for hunk in self.hunks for line in hunk.excused)


def report_patches(
    patches: Iterable[str],
    checks: Checks,
    hunks: Iterable[HunkCoverage],
    suites: Mapping[str, bool],
) -> tuple[PatchReport, ...]:
    """Bring together what is known, patch by patch in the order given.

    `suites` tells of those that were compared whether every pass was kept.
    """
    by_patch: dict[str, list[HunkCoverage]] = {}
    for hunk in hunks:
        by_patch.setdefault(hunk.hunk.patch, []).append(hunk)
    found = []
    for patch in patches:
        own = [s.name for s in SUITES if s.distribution == patch.partition("/")[0]]
        found.append(
            PatchReport(
                patch,
                {platform: on[patch] for platform, on in checks.items() if patch in on},
                tuple(by_patch.get(patch, ())),
                tuple(name for name in own if suites.get(name) is True),
                tuple(name for name in own if suites.get(name) is False),
                tuple(name for name in own if name not in suites),
            )
        )
    return tuple(found)
