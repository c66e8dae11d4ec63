"""The facts of a series, patch by patch and hunk by hunk, as every view of a review shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from freebsd_port.engine.core.patch.header import Header
from freebsd_port.engine.core.patch.hunk import Hunk

PlacementState = Literal["exact", "offset", "fuzz", "rewritten", "gone", "off", "miss", "unknown"]
"""How a hunk lies on a release: at its line; elsewhere; with less context; in a text of that
release's own; no more in that text; the patch is off; nowhere; the wheels are not in the cache."""

Level = Literal["error", "warning", "note"]
"""SARIF's levels."""

Verdict = Literal["approved", "changes-requested"]


@dataclass(frozen=True, slots=True)
class FourWay:
    """What became of a hunk in a release's own variant: four texts, lines with their newlines."""

    outcome: Literal["merged", "moved", "rewritten"]
    """The lines around it differ; it is in another class, function or file; its own lines differ.
    """

    reason: str
    """In words, without a full stop."""

    base: tuple[bytes, ...]
    """What the hunk finds on the release that is shown."""

    ours: tuple[bytes, ...]
    """What it makes of that."""

    theirs: tuple[bytes, ...]
    """What its counterpart finds on the other release."""

    result: tuple[bytes, ...]
    """What the counterpart makes of that."""


@dataclass(frozen=True, slots=True)
class HunkOnRelease:
    """One hunk on one release."""

    release: str
    state: PlacementState
    line: int | None
    """1-based line of its file, with the earlier patches on, where the old side starts."""

    offset: int
    """Lines away from where its header says; 0 unless the state is offset or fuzz."""

    file: str | None
    """Name below patches/ of the text that the release takes; None where the patch is off."""

    counterpart: str | None
    """Id of the hunk of that text which stands for it, where it is another one."""

    reason: str
    """In words, such as `imports are unconditional there`; empty where the state says all."""

    is_held: bool = False
    """Whether the release's own file holds the new side already: upstream did the same."""

    other: Hunk | None = None
    """The hunk of that text, where it changes other lines."""

    merge: FourWay | None = None
    """What became of it, where that text has it otherwise."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a maintainer would remark on."""

    rule: str
    """Name of the rule, kebab-case."""

    level: Level
    message: str
    file: str
    """Path below the project: `patches/nova/x.patch`."""

    line: int
    """1-based line of that file."""

    hunk: str | None
    """Id of the hunk, or None for the patch as a whole."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided of a hunk."""

    hunk: str
    content: str
    """Digest of the hunk's content at the time."""

    patch: str
    path: str
    """The file that the hunk changed."""

    scope: str | None
    verdict: Verdict
    by: str
    on: str
    """ISO 8601 date."""

    note: str


@dataclass(frozen=True, slots=True)
class HunkFacts:
    """All that is known of one hunk of the text for the release that is shown."""

    id: str
    """12 hexadecimal digits, of its removed and added lines and its scope; `-2` and so on behind
    it where an earlier hunk of the series has the same."""

    content: str
    """Digest of its removed and added lines alone, to know a hunk that only moved."""

    patch: str
    path: str
    """The file it changes."""

    number: int
    """1-based within its file change."""

    total: int
    scope: str | None
    """Dotted name of the class or function, None for the module or what is no Python."""

    hunk: Hunk
    line: int | None
    """1-based line of the file, with the earlier patches on, where its old side starts."""

    placements: tuple[HunkOnRelease, ...]
    """Oldest release first."""

    checks: tuple[str, ...] | None
    """The checks that ran it; None where that was not measured."""

    missed: tuple[str, ...]
    """Added lines that no check ran, stripped."""

    findings: tuple[Remark, ...]
    decision: Decision | None
    """The decision that holds; None where it was never reviewed, or its meaning changed since."""

    outdated: Decision | None
    """An earlier decision that holds no more, because the meaning changed."""

    modes: tuple[str, ...] = ()
    """For each check, whether it ran `emulated`, `native` or both."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file that a patch changes, whole; lines are bytes with their newlines."""

    path: str
    before: Sequence[bytes] | None
    """With the earlier patches on; None where the patch makes the file."""

    after: Sequence[bytes] | None
    """With this patch on too; None where it takes the file away."""


@dataclass(frozen=True, slots=True)
class PatchFacts:
    """One patch of the series on the release that is shown."""

    name: str
    """As in the series."""

    file: str
    """The text that the release takes, below patches/."""

    header: Header
    hunks: tuple[HunkFacts, ...]
    files: tuple[FileFacts, ...]
    """In the order of the patch, on the release that is shown."""

    findings: tuple[Remark, ...]
    """Those on the patch as a whole."""

    upstream: str
    """In words: whether it was forwarded, and where its Drop-When holds already."""

    is_off: bool
    """Whether the release goes without it; then there are no hunks here."""


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """The whole series."""

    release: str
    """The one that is shown."""

    releases: tuple[str, ...]
    """Oldest first."""

    patches: tuple[PatchFacts, ...]
    """In the order of the series."""
