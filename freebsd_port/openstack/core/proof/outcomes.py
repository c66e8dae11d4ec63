"""What came of upstream's tests: read from a runner's notes, and compared before and after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "skipped", "failed", "died"]
"""Died: its process ended, or was ended, while the test ran."""

_WORST: tuple[Outcome, ...] = ("passed", "skipped", "failed", "died")


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of one test."""

    outcome: Outcome
    message: str = ""


Outcomes = Mapping[str, Ending]
"""By the test's full name, scenario included."""


@dataclass(frozen=True, slots=True)
class RunNotes:
    """What one runner wrote down."""

    outcomes: Outcomes
    found: int | None
    """How many tests it was to run; None when it did not come that far."""

    is_ended: bool
    running: str | None = None
    """The test that had begun when the notes broke off."""


def read_notes(text: str) -> RunNotes:
    """Read a runner's notes, which may break off anywhere.

    A test that is noted more than once has the worst of its outcomes.
    """
    outcomes: dict[str, Ending] = {}
    found = running = None
    is_ended = False
    for line in text.splitlines():
        try:
            kind, *rest = json.loads(line)
        except ValueError:
            continue  # the last line of a runner that was killed
        if kind == "found":
            found = int(rest[0])
        elif kind == "start":
            running = str(rest[0])
        elif kind == "end":
            is_ended, running = True, None
        elif kind in _WORST:
            name, message = rest
            known = outcomes.get(name)
            if known is None or _WORST.index(known.outcome) < _WORST.index(kind):
                outcomes[name] = Ending(kind, message)
            if running == name:
                running = None
    return RunNotes(outcomes, found, is_ended, running)


def merge_outcomes(parts: Iterable[Outcomes]) -> dict[str, Ending]:
    """Join what several runners noted; of one test the worst outcome counts."""
    merged: dict[str, Ending] = {}
    for part in parts:
        for name, one in part.items():
            known = merged.get(name)
            if known is None or _WORST.index(known.outcome) < _WORST.index(one.outcome):
                merged[name] = one
    return merged


def module_of(test: str, modules: Iterable[str]) -> str | None:
    """Give the module that a test is in: the longest that its name begins with, or None.

    A module that cannot be imported is a test by itself, `unittest.loader._FailedTest.MODULE`.
    """
    plain = test.removeprefix("unittest.loader._FailedTest.")
    fits = [name for name in modules if plain == name or plain.startswith(f"{name}.")]
    return max(fits, key=len, default=None)


@dataclass(frozen=True, slots=True)
class Change:
    """A test that passed on one side only."""

    test: str
    before: Ending | None
    """Unpatched; None when there was no such test."""

    after: Ending | None
    alone: tuple[Ending | None, Ending | None] | None = None
    """Unpatched and patched, each in a process of its own; None when it was not run again."""

    @property
    def is_lost(self) -> bool:
        """Tell whether the pass is gone: the test passed before and does not, even alone, now."""
        if not is_pass(self.before) or is_pass(self.after):
            return False
        return self.alone is None or not is_pass(self.alone[1])


@dataclass(frozen=True, slots=True)
class Comparison:
    """The tests of one suite, unpatched and patched."""

    suite: str
    before: Mapping[Outcome, int]
    after: Mapping[Outcome, int]
    changes: tuple[Change, ...]
    """Every test that passed on one side only, sorted by name."""

    @property
    def lost(self) -> tuple[Change, ...]:
        """Give the passes that are gone."""
        return tuple(change for change in self.changes if change.is_lost)

    @property
    def unsteady(self) -> tuple[Change, ...]:
        """Give what passed before, not after, and then alone."""
        return tuple(c for c in self.changes if is_pass(c.before) and not c.is_lost)

    @property
    def gained(self) -> tuple[Change, ...]:
        """Give what passes on the patched side only."""
        return tuple(change for change in self.changes if is_pass(change.after))

    @property
    def is_good(self) -> bool:
        """Tell whether something passed before, and no pass is lost."""
        return bool(self.before.get("passed")) and not self.lost


def compare(suite: str, before: Outcomes, after: Outcomes) -> Comparison:
    """Hold the outcomes of one suite's tests against each other."""
    changes = tuple(
        Change(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if is_pass(before.get(name)) != is_pass(after.get(name))
    )
    return Comparison(suite, count_outcomes(before), count_outcomes(after), changes)


def count_outcomes(outcomes: Outcomes) -> dict[Outcome, int]:
    """Count the tests of each outcome; an outcome that none has is left out."""
    counted: dict[Outcome, int] = {}
    for one in outcomes.values():
        counted[one.outcome] = counted.get(one.outcome, 0) + 1
    return {outcome: counted[outcome] for outcome in _WORST if outcome in counted}


def is_pass(outcome: Ending | None) -> bool:
    """Tell whether a test is there and passed; one that was skipped did not."""
    return outcome is not None and outcome.outcome == "passed"
