"""What upstream's tests gave on unpatched packages, kept in the user's cache.

The packages are those of the wheels, so the outcome belongs to what is in the key and not to
the target.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from freebsd_port.core.file import hash_bytes
from freebsd_port.core.outcomes import Ending, Outcomes
from freebsd_port.store.wheels import cache_directory


@dataclass(frozen=True, slots=True)
class Known:
    """The outcomes, and when the tests ran."""

    time: str
    """UTC, ISO 8601, to the second."""

    outcomes: Outcomes


def digest_key(parts: Mapping[str, object]) -> str:
    """Give the name under which outcomes are kept: a hash of all that they may depend on."""
    return hash_bytes(json.dumps(parts, sort_keys=True).encode())


def find_known(key: str) -> Known | None:
    """Give what is kept under a key, or None."""
    try:
        value = json.loads((cache_directory() / "upstream" / f"{key}.json").read_bytes())
        outcomes = {
            name: Ending(outcome, message) for name, (outcome, message) in value["outcomes"].items()
        }
        return Known(value["time"], outcomes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save_known(key: str, known: Known) -> None:
    """Keep it; a cache that cannot be written only costs the next run some time."""
    import contextlib

    from freebsd_port.store.note import replace_note

    directory = cache_directory() / "upstream"
    outcomes = {name: [one.outcome, one.message] for name, one in known.outcomes.items()}
    with contextlib.suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True)
        data = json.dumps({"time": known.time, "outcomes": outcomes})
        replace_note(directory / f"{key}.json", data.encode())
