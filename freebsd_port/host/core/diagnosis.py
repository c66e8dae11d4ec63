"""A diagnosis: one thing that a host needs, how it is, and the command that cures it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "lacks", "wrong", "doubtful", "unknown"]
"""As it should be; missing, and needed; there, but not as it should be; better otherwise; not to be
told from here."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at."""

    area: str
    what: str
    """Completes a row: `kernel module vmm`."""

    state: State
    detail: str = ""
    """What was found, or what it is for."""

    cure: str = ""
    """A command, or what to put where; empty where nothing is to be done."""


def good(area: str, what: str, detail: str = "") -> Diagnosis:
    """Say that it is as it should be."""
    return Diagnosis(area, what, "good", detail)


def lacks(area: str, what: str, detail: str, cure: str) -> Diagnosis:
    """Say that it is missing, and needed."""
    return Diagnosis(area, what, "lacks", detail, cure)


def wrong(area: str, what: str, detail: str, cure: str) -> Diagnosis:
    """Say that it is there, or should be, and is not as it should be."""
    return Diagnosis(area, what, "wrong", detail, cure)


def doubtful(area: str, what: str, detail: str, cure: str) -> Diagnosis:
    """Say that it works without, or on some hosts only."""
    return Diagnosis(area, what, "doubtful", detail, cure)


def unknown(area: str, what: str, detail: str, cure: str) -> Diagnosis:
    """Say that this user, or this machine, cannot tell; `cure` is how to know."""
    return Diagnosis(area, what, "unknown", detail, cure)
