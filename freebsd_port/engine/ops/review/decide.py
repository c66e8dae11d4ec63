"""Make a reviewer's decisions on hunks, and write them next to a series that is not a project's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from freebsd_port.engine.core.review.decisions import clean_note, decide, require_name
from freebsd_port.engine.core.review.facts import Decision, HunkFacts, SeriesFacts
from freebsd_port.engine.store.files.decisions import change_decision_file

Choice = Literal["approved", "changes-requested", "reset"]


def choose_facts(facts: SeriesFacts, ids: Collection[str]) -> tuple[HunkFacts, ...]:
    """Give the hunks with these ids."""
    return tuple(hunk for patch in facts.patches for hunk in patch.hunks if hunk.id in ids)


def make_decisions(
    hunks: Sequence[HunkFacts], choice: Choice, *, by: str, note: str, today: str
) -> tuple[Decision, ...]:
    """Give the decisions of a choice, none for `reset`, which does not ask for `by`.

    Raises DecisionError for a name that the file cannot hold.
    """
    if choice == "reset":
        return ()
    name = require_name(by)
    return tuple(
        Decision(
            hunk=hunk.id,
            content=hunk.content,
            patch=hunk.patch,
            path=hunk.path,
            scope=hunk.scope,
            verdict=choice,
            by=name,
            on=today,
            note=clean_note(note),
        )
        for hunk in hunks
    )


def decide_in_file(
    path: Path,
    series: Sequence[str],
    facts: SeriesFacts,
    ids: Collection[str],
    choice: Choice,
    *,
    by: str,
    note: str,
    today: str,
) -> tuple[HunkFacts, ...]:
    """Decide about hunks in a decisions file, and give them as they were; `reset` forgets."""
    hunks = choose_facts(facts, ids)
    made = make_decisions(hunks, choice, by=by, note=note, today=today)
    change_decision_file(path, path.parent, series, lambda before: decide(before, made, hunks))
    return hunks
