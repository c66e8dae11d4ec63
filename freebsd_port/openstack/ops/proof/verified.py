"""A verification that passed, kept beside the overlay's state so that nothing is proved twice.

`status` reads it, so it is apart from `proof_record`, which has the rest of a proof.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from freebsd_port.engine.core.apply.overlay import OverlayState, render_state
from freebsd_port.engine.core.text.file import STATE_DIRECTORY, hash_bytes
from freebsd_port.engine.store.files.write import describe_refusal, replace_file

_NOTE = f"{STATE_DIRECTORY}/verified.json"


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification that passed."""

    state: str
    """Digest of the overlay's state at the time."""

    checks: str
    """Digest of the checks that ran, and of what emulated the platform for them."""

    time: str
    """UTC, ISO 8601, to the second."""

    passed: int
    platforms: tuple[str, ...]
    hunks: int
    uncovered: int
    """Hunks with a line that no check ran."""

    @property
    def has_every_line(self) -> bool:
        """Tell whether some check ran each added line; not if nothing was measured."""
        return self.hunks > 0 and not self.uncovered


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
    save_note(root / _NOTE, asdict(verified))


def utc_now() -> str:
    """Give the time as notes have it: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def save_note(path: Path, value: dict[str, object]) -> None:
    """Write a note as JSON, in one step; raises WriteError."""
    try:
        replace_file(path, (json.dumps(value, indent=1) + "\n").encode())
    except OSError as error:
        raise describe_refusal(error, path) from error
