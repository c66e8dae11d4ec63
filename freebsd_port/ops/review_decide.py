"""`review --approve`, `--request-changes`, `--reset`: write down what somebody decides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from freebsd_port.core.review.deciding import decide
from freebsd_port.core.review.decisions import clean_note, require_name
from freebsd_port.core.review.facts import Decision, HunkFacts, SeriesFacts
from freebsd_port.ops.series import load_series
from freebsd_port.ops.verification import utc_now
from freebsd_port.store.decisions import change_decisions
from freebsd_port.store.project import Project

Choice = Literal["approved", "changes-requested", "reset"]


def decide_hunks(
    project: Project,
    facts: SeriesFacts,
    ids: Collection[str],
    choice: Choice,
    *,
    by: str,
    note: str = "",
) -> tuple[HunkFacts, ...]:
    """Decide about hunks of the facts, and give them as they were; `reset` forgets.

    `by` is not asked for a reset. What is decided of them already, under an earlier id too, is
    exchanged. Raises DecisionError for a name that the file cannot hold, and what
    change_decisions raises.
    """
    hunks = tuple(hunk for patch in facts.patches for hunk in patch.hunks if hunk.id in ids)
    made = () if choice == "reset" else _decide(hunks, choice, require_name(by), note)
    series = load_series(project.series).names
    change_decisions(project, series, lambda before: decide(before, made, hunks))
    return hunks


def _decide(
    hunks: Sequence[HunkFacts],
    choice: Literal["approved", "changes-requested"],
    by: str,
    note: str,
) -> tuple[Decision, ...]:
    today = utc_now()[:10]
    return tuple(
        Decision(
            hunk=hunk.id,
            content=hunk.content,
            patch=hunk.patch,
            path=hunk.path,
            scope=hunk.scope,
            verdict=choice,
            by=by,
            on=today,
            note=clean_note(note),
        )
        for hunk in hunks
    )
