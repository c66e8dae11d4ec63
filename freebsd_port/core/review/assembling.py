"""The facts of one patch, put together from what is known of it in every respect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from freebsd_port.core.header import Header, parse_header
from freebsd_port.core.review.column import Column, land_patch
from freebsd_port.core.review.deciding import Standing
from freebsd_port.core.review.facts import Finding, HunkFacts, Landing, PatchFacts
from freebsd_port.core.review.laying import LaidHunk
from freebsd_port.core.review.rules import find_findings
from freebsd_port.core.review.upstream import describe_upstream
from freebsd_port.core.series import SeriesEntry

Ran = Mapping[tuple[str, str, int], tuple[tuple[str, ...], tuple[str, ...]]]
"""Patch, path and number of a hunk to the checks that ran it and the lines that none did."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the hunks, beside their text."""

    columns: Sequence[Column]
    """Releases, oldest first; the one that is shown is among them."""

    shown: Column
    standings: Mapping[str, Standing]
    ran: Ran


def assemble_patch(entry: SeriesEntry, known: Known) -> PatchFacts:
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
    grid = [land_patch(entry, known.shown, column) for column in known.columns]
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
    laid: LaidHunk,
    landings: tuple[Landing, ...],
    findings: Iterable[Finding],
    known: Known,
) -> HunkFacts:
    checks, missed = known.ran.get((patch, laid.path, laid.number), (None, ()))
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
        landings=landings,
        checks=checks,
        missed=missed,
        findings=tuple(one for one in findings if one.hunk == laid.id),
        decision=standing.decision,
        outdated=standing.outdated,
    )
