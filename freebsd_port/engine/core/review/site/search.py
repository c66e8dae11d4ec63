"""The index that the pages search: the text of each patch and of each of its hunks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.review.facts import HunkFacts, PatchFacts
from freebsd_port.engine.core.review.lines import read_lines

_LONGEST = 2000
"""Characters of a line that are searched: as many as the page shows."""


def render_search(patches: Sequence[PatchFacts]) -> bytes:
    """Give the index in the order of the series, for the script.

    Of each patch its name, header and prose, then of each hunk its id, its heading and the lines
    that its section shows.
    """
    rows = [[_prose(patch), [_hunk(hunk) for hunk in patch.hunks]] for patch in patches]
    return f"freebsdPort.search({json.dumps(rows, separators=(',', ':'))});\n".encode()


def _prose(patch: PatchFacts) -> str:
    fields = [value for _, value in patch.header.fields]
    remarks = [f"{one.message} {one.rule}" for one in patch.findings]
    return "\n".join((patch.name, *fields, patch.header.prose, patch.upstream, *remarks))


def _hunk(hunk: HunkFacts) -> list[object]:
    lines = dict.fromkeys(_lines(hunk))  # context that a variant has too is needed once
    return [hunk.id, " ".join(filter(None, (hunk.path, hunk.scope, hunk.id))), list(lines)]


def _lines(hunk: HunkFacts) -> Iterator[str]:
    others = (one.other for one in hunk.placements if one.other is not None)
    for one in (hunk.hunk, *others):
        yield from _texts(one)
    for remark in hunk.findings:
        yield f"{remark.message} {remark.rule}"


def _texts(hunk: Hunk) -> Iterator[str]:
    for line in read_lines(hunk, hunk.old_start, hunk.new_start, is_python=False):
        if line.text.strip():
            yield line.text[:_LONGEST]
