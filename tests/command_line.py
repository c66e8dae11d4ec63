"""What a run of the command line leaves to look at."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from manual.json_keys import load_json_keys

KEYS = load_json_keys()


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        require_declared(value)
        return value


def require_declared(document: dict[str, Any]) -> None:
    """See that docs/json-keys.toml, which the reference is made from, knows each key."""
    verb = document.get("verb", "document")
    unknown = {
        one: KEYS.undeclared(one, document)
        for one in KEYS.tables
        if one == verb or one.startswith(f"{verb} ")
    }
    assert any(not keys for keys in unknown.values()), unknown


Run = Callable[..., Said]
"""Runs a verb with these words on a small project."""
