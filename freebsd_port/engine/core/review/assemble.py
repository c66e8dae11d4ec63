"""Assemble the facts of one patch, with what upstream knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.patch.header import Header, parse_header
from freebsd_port.engine.core.review.across_releases import ReleaseView, compare_patch
from freebsd_port.engine.core.review.decisions import Standing
from freebsd_port.engine.core.review.facts import HunkFacts, HunkOnRelease, PatchFacts, Remark
from freebsd_port.engine.core.review.on_release import WalkedHunk
from freebsd_port.engine.core.review.rules.all import find_findings
from freebsd_port.engine.core.series.series import SeriesEntry

_FORWARDED = {
    "no": "not forwarded",
    "not-needed": "need not be forwarded",
    "yes": "forwarded",
}


def describe_upstream(header: Header, placements: Sequence[Sequence[HunkOnRelease]]) -> str:
    """Say it in one line; `placements` are those of each hunk of the patch, or of the patch itself.

    A release without the patch, and one whose files hold its new side, are where Drop-When may
    hold.
    """
    sent = header.field("Forwarded") or ""
    word, _, more = sent.partition(" ")
    said = f"{_FORWARDED[word]} {more}".strip() if word in _FORWARDED else f"forwarded: {sent}"
    parts = [said if sent else "the header does not say whether it was forwarded"]
    if condition := header.field("Drop-When"):
        parts.append(f"drop when {condition}")
    off = {one.release: one.reason for row in placements for one in row if one.state == "off"}
    parts += [f"{name} goes without it{f' ({why})' if why else ''}" for name, why in off.items()]
    held: dict[str, int] = {}
    for row in placements:
        for one in row:
            if one.state == "miss" and one.is_held:
                held[one.release] = held.get(one.release, 0) + 1
    total = len(placements)
    parts += [f"{name} holds {n} of {total} hunks already" for name, n in held.items()]
    return "; ".join(parts)


Ran = Mapping[tuple[str, str, int], tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]
"""Patch, path and number of a hunk to the checks that ran it, the lines that none did, and for each
check how it ran: `emulated`, `native` or both."""


@dataclass(frozen=True, slots=True)
class ReviewInputs:
    """What is known of the hunks, beside their text."""

    columns: Sequence[ReleaseView]
    """Releases, oldest first; the one that is shown is among them."""

    shown: ReleaseView
    standings: Mapping[str, Standing]
    ran: Ran


def assemble_patch(entry: SeriesEntry, known: ReviewInputs) -> PatchFacts:
    """Give the facts of a patch on the release that is shown; it may be off there."""
    text = known.shown.texts.get(entry.name)
    laid = known.shown.patches.get(entry.name)
    if text is None or laid is None:
        others = [one.texts[entry.name] for one in known.columns if entry.name in one.texts]
        patch = others[-1].patch if others else None
        header = parse_header(patch.changes[0].preamble) if patch and patch.changes else None
        said = f"{known.shown.release} goes without it"
        upstream = f"{said} ({entry.comment})" if entry.comment else said
        empty = Header((), "")
        return PatchFacts(entry.name, entry.name, header or empty, (), (), (), upstream, True)
    grid = [compare_patch(entry, known.shown, column) for column in known.columns]
    rows = [tuple(column[index] for column in grid) for index in range(len(laid.hunks))]
    changes = text.patch.changes
    header = parse_header(changes[0].preamble if changes else text.patch.trailer)
    findings = find_findings(f"patches/{text.file}", text.patch, laid.hunks)
    return PatchFacts(
        name=entry.name,
        file=text.file,
        header=header,
        hunks=tuple(
            _assemble_hunk(entry.name, hunk, row, findings, known)
            for hunk, row in zip(laid.hunks, rows, strict=True)
        ),
        files=laid.files,
        findings=tuple(one for one in findings if one.hunk is None),
        upstream=describe_upstream(header, rows),
        is_off=False,
    )


def _assemble_hunk(
    patch: str,
    laid: WalkedHunk,
    placements: tuple[HunkOnRelease, ...],
    findings: Iterable[Remark],
    known: ReviewInputs,
) -> HunkFacts:
    checks, missed, modes = known.ran.get((patch, laid.path, laid.number), (None, (), ()))
    standing = known.standings.get(laid.id, Standing())
    return HunkFacts(
        id=laid.id,
        content=laid.content,
        patch=patch,
        path=laid.path,
        number=laid.number,
        total=laid.total,
        scope=laid.scope,
        hunk=laid.hunk,
        line=laid.line,
        placements=placements,
        checks=checks,
        missed=missed,
        modes=modes,
        findings=tuple(one for one in findings if one.hunk == laid.id),
        decision=standing.decision,
        outdated=standing.outdated,
    )
