"""The facts of a review as JSON."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from freebsd_port.core.hunk import render_hunk
from freebsd_port.core.review.flags import count_facts

if TYPE_CHECKING:
    from freebsd_port.core.hunk import Hunk
    from freebsd_port.core.review.facts import HunkFacts, Landing, PatchFacts, SeriesFacts


def facts_json(facts: SeriesFacts) -> dict[str, Any]:
    """Give the facts as `review --json` has them; bytes that are no UTF-8 are escaped."""
    return {
        "ok": True,
        "verb": "review",
        "release": facts.release,
        "releases": list(facts.releases),
        "counts": asdict(count_facts(facts.patches)),
        "patches": [_patch(patch) for patch in facts.patches],
    }


def _patch(patch: PatchFacts) -> dict[str, Any]:
    return {
        "name": patch.name,
        "file": patch.file,
        "off": patch.is_off,
        "fields": [list(field) for field in patch.header.fields],
        "prose": patch.header.prose,
        "upstream": patch.upstream,
        "findings": [asdict(one) for one in patch.findings],
        "hunks": [hunk_json(hunk) for hunk in patch.hunks],
    }


def hunk_json(hunk: HunkFacts) -> dict[str, Any]:
    """Give one hunk."""
    return {
        "id": hunk.id,
        "content": hunk.content,
        "patch": hunk.patch,
        "path": hunk.path,
        "number": hunk.number,
        "total": hunk.total,
        "scope": hunk.scope,
        "line": hunk.line,
        "patch_line": hunk.hunk.line,
        "diff": _diff(hunk.hunk),
        "landings": [_landing_json(one) for one in hunk.landings],
        "checks": None if hunk.checks is None else list(hunk.checks),
        "missed": list(hunk.missed),
        "findings": [asdict(one) for one in hunk.findings],
        "decision": asdict(hunk.decision) if hunk.decision else None,
        "outdated": asdict(hunk.outdated) if hunk.outdated else None,
    }


def _landing_json(landing: Landing) -> dict[str, Any]:
    """Give one landing; `other` is the diff of the hunk that the release takes instead."""
    other = None if landing.other is None else _diff(landing.other)
    return {**asdict(replace(landing, other=None)), "other": other}


def _diff(hunk: Hunk) -> str:
    return render_hunk(hunk).decode("utf-8", "backslashreplace")
