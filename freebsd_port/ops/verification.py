"""What was proved of an overlay, kept beside its state so that nobody proves it twice."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from freebsd_port.core.file import STATE_DIRECTORY, hash_bytes
from freebsd_port.core.overlay import OverlayState, render_state
from freebsd_port.store.files import describe_refusal
from freebsd_port.store.note import replace_note

_NOTE = f"{STATE_DIRECTORY}/verified.json"


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification that passed."""

    state: str
    """Digest of the overlay's state at the time."""

    checks: str
    """Digest of the checks that ran."""

    time: str
    """UTC, ISO 8601, to the second."""

    passed: int
    platforms: tuple[str, ...]
    hunks: int
    uncovered: int
    """Hunks of which no check ran an added line."""


def digest_state(state: OverlayState) -> str:
    """Give the digest that a verification is bound to."""
    return hash_bytes(render_state(state))


def find_verified(root: Path, state: OverlayState) -> Verified | None:
    """Give what was proved of exactly this state, or None."""
    try:
        value = json.loads((root / _NOTE).read_bytes())
        verified = Verified(**{**value, "platforms": tuple(value["platforms"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return verified if verified.state == digest_state(state) else None


def save_verified(root: Path, verified: Verified) -> None:
    """Keep it; raises WriteError. To be called when the overlay is on."""
    data = (json.dumps(asdict(verified), indent=1) + "\n").encode()
    try:
        replace_note(root / _NOTE, data)
    except OSError as error:
        raise describe_refusal(error, root / _NOTE) from error
