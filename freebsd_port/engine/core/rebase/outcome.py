"""What a rebase makes of a series: an outcome a hunk, a text a patch. Computing it is `rebaser`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from freebsd_port.engine.core.rebase.merge import Clash
from freebsd_port.engine.core.source.findings import Fault
from freebsd_port.engine.core.source.missing_names import Missing
from freebsd_port.errors import PortError

Outcome = Literal["exact", "offset", "merged", "moved", "upstreamed", "conflict"]

OUTCOMES: tuple[Outcome, ...] = ("exact", "offset", "merged", "moved", "upstreamed", "conflict")
"""From the least to the most that a reviewer has to look at, but for what needs no patch."""

State = Literal["kept", "rewritten", "upstreamed", "conflict", "waiting", "off", "left"]


class RebaseError(PortError):
    """A series that cannot be carried, whatever the other release holds."""


class MisfitError(RebaseError):
    """A patch that does not apply to the version that it was made for."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The four texts of a hunk that was not simply placed: whole lines, newlines kept.

    All four are the same region of the file, and begin and end at lines that the merge left alone
    where there are such.
    """

    base: tuple[bytes, ...]
    """The release that the patch comes from, with the earlier patches on."""

    ours: tuple[bytes, ...]
    """The same with the hunk on."""

    theirs: tuple[bytes, ...]
    """The release that it goes to, with the earlier rebased patches on."""

    result: tuple[bytes, ...] | None
    """What the rebased patch makes of theirs; None while a person has to settle it."""

    base_line: int
    """1-based line at which `base` begins."""

    line: int
    """1-based line at which `theirs` begins."""


@dataclass(frozen=True, slots=True)
class RebasedHunk:
    """What became of one hunk on the other release."""

    path: str
    """The file on the other release."""

    number: int
    """1-based within its file change."""

    total: int
    outcome: Outcome
    reason: str
    """In words, without a full stop."""

    line: int | None
    """1-based line of its old side there, over the earlier patches; None without a place."""

    scope: str | None = None
    """Dotted name of its class or function where it comes from; None if nobody had to look."""

    new_scope: str | None = None
    """The same where it goes to; None is the module, or that nobody had to look."""

    sides: Sides | None = None
    """For a hunk that was merged, moved, upstreamed with other words, settled, or conflicts."""

    @property
    def has_new_scope(self) -> bool:
        """Tell whether it came to lie in another class or function."""
        return self.outcome != "conflict" and self.scope not in (None, self.new_scope)


@dataclass(frozen=True, slots=True)
class Labels:
    """What stands behind the markers."""

    ours: str
    """The patch."""

    base: str
    """The release that it comes from."""

    theirs: str
    """The release that it goes to."""


@dataclass(frozen=True, slots=True)
class WorkFile:
    """A file of the other release, for a person to finish."""

    path: str
    content: bytes
    """Everything merged that could be, and diff3-style markers around the rest."""

    before: bytes | None
    """The file as the earlier patches left it; None when the other release has none."""

    clashes: tuple[Clash, ...]
    """What stands between markers, in order; none when the file is merged."""

    labels: Labels

    choices: frozenset[Clash] = frozenset()
    """Those of the clashes that are between two versions that the patch comes from."""

    choice_labels: Labels | None = None
    """What stands behind their markers."""

    def labels_of(self, clash: Clash) -> Labels:
        """Give what stands behind the markers of a clash."""
        return self.choice_labels if self.choice_labels and clash in self.choices else self.labels


@dataclass(frozen=True, slots=True)
class Difference:
    """A place for which two versions that a patch comes from give different lines."""

    path: str
    line: int
    """1-based line of the new version, over the earlier patches."""

    version: str
    """The one whose patch gives the other lines."""

    taken: tuple[bytes, ...]
    """What the patch from the version that was chosen makes of it."""

    other: tuple[bytes, ...]
    decided: str | None
    """The version whose patch is taken by itself; None if a person has to choose."""

    by_checks: bool = False
    """Whether the checks decided that; else the code that is the same there did."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the checks of a patch came to with the result from one version; nothing was written."""

    version: str
    passed: int = 0
    failed: int = 0
    reason: str | None = None
    """Why they could not be run; None when they were."""

    @property
    def is_good(self) -> bool:
        """Tell whether a check passed and none failed."""
        return self.reason is None and self.passed > 0 and self.failed == 0

    @property
    def is_bad(self) -> bool:
        """Tell whether a check failed or none could be run; that there is none is not bad."""
        return self.reason is not None or self.failed > 0


@dataclass(frozen=True, slots=True)
class RebasedPatch:
    """What became of one patch."""

    name: str
    state: State
    """kept: the text that the release takes now is right; rewritten: it needs `text`; off: the
    series, or a person, leaves it out there; left: nobody asked for it, and it does not fit;
    waiting: it conflicts, but only because patches before it do."""

    hunks: tuple[RebasedHunk, ...]
    text: bytes | None
    """The patch for the other release; None when it is upstreamed or in conflict."""

    work: tuple[WorkFile, ...] = ()
    """Every file of a patch in conflict; empty for another."""

    displaced: str | None = None
    """The release's own text, by its name in patches/, when it fits no more and gives way."""

    missing: tuple[Missing, ...] = ()
    """Names that its lines read and that the release, with the series on, does not have."""

    faults: tuple[Fault, ...] = ()
    """What else is wrong about its lines there, although they merge."""

    causes: tuple[str, ...] = ()
    """The patches in conflict that one that is waiting waits for."""

    source: str | None = None
    """The version that it was rebased from, if there was a choice."""

    differences: tuple[Difference, ...] = ()
    """Where another version that it could be rebased from gives something else."""

    alternative: str | None = None
    """The version from which it is clean too, but different, unless a person chose before."""

    trials: tuple[Trial, ...] = ()
    """What its checks said of the results that it may have; empty if they were not asked."""

    @property
    def is_rebased(self) -> bool:
        """Tell whether nothing is left to be done about it."""
        return self.state not in ("conflict", "waiting", "left")

    @property
    def is_doubtful(self) -> bool:
        """Tell whether what it makes of the release looks wrong."""
        return bool(self.missing or self.faults)

    def counts(self) -> dict[Outcome, int]:
        """Count the hunks by outcome, in the order of OUTCOMES, without zeros."""
        found = [hunk.outcome for hunk in self.hunks]
        return {outcome: found.count(outcome) for outcome in OUTCOMES if outcome in found}
