"""The decisions of a review on disk: one file, changed by one process at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from freebsd_port.engine.core.review.decisions import (
    DecisionError,
    parse_decisions,
    render_decisions,
)
from freebsd_port.engine.core.review.facts import Decision
from freebsd_port.engine.store.files.lock import LOCK_SECONDS, locked
from freebsd_port.engine.store.files.write import describe_refusal, replace_file
from freebsd_port.errors import system_words

Decisions = tuple[Decision, ...]


def load_decision_file(path: Path) -> Decisions:
    """Read it; none where there is no file.

    Raises DecisionError, and what parse_decisions raises.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        what = f"the decisions cannot be read: {system_words(error)}"
        raise DecisionError(what, where=str(path)) from error
    return parse_decisions(data, source=str(path))


def change_decision_file(
    path: Path,
    root: Path,
    series: Sequence[str],
    change: Callable[[Decisions], Decisions],
    *,
    seconds: float = LOCK_SECONDS,
) -> Decisions:
    """Write what `change` makes of them in one step, and give it; nobody else writes meanwhile.

    `root` is the directory that is locked. Nothing is written where nothing changes. Raises
    BusyError after so many seconds, WriteError, and what load_decision_file raises: what cannot
    be read is never written over.
    """
    with locked(root, seconds=seconds):
        before = load_decision_file(path)
        after = change(before)
        if after != before:
            try:
                replace_file(path, render_decisions(after, series))
            except OSError as error:
                raise describe_refusal(error, path) from error
    return after
