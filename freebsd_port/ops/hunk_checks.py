"""Which checks ran each hunk of an overlay, kept beside its state as `verify` found it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.core.file import STATE_DIRECTORY, split_lines
from freebsd_port.core.overlay import OverlayState
from freebsd_port.ops.verification import digest_state
from freebsd_port.store.files import describe_refusal, remove_file
from freebsd_port.store.note import replace_note

if TYPE_CHECKING:
    from freebsd_port.core.coverage import HunkCoverage

_NOTE = f"{STATE_DIRECTORY}/hunks.json"
HunkKey = tuple[str, str, int]
"""Patch, path, and number within the file change, 1-based."""


@dataclass(frozen=True, slots=True)
class HunkChecks:
    """What ran of one hunk."""

    checks: tuple[str, ...]
    """Sorted; `import` stands for running at import."""

    missed: tuple[str, ...]
    """Added lines that no check ran, stripped."""


def save_hunk_checks(root: Path, state: OverlayState, hunks: Iterable[HunkCoverage]) -> None:
    """Keep what was measured of this state, which is on; raises WriteError."""
    hunks = tuple(hunks)
    try:
        lines = {
            path: split_lines((root / path).read_bytes())
            for path in {one.hunk.path for one in hunks if one.missed}
        }
        rows = [
            {
                "patch": one.hunk.patch,
                "path": one.hunk.path,
                "number": one.hunk.number,
                "checks": list(one.checks),
                "missed": [_text(lines[one.hunk.path][line - 1]) for line in one.missed],
            }
            for one in hunks
        ]
        value = {"state": digest_state(state), "hunks": rows}
        replace_note(root / _NOTE, (json.dumps(value, indent=1) + "\n").encode())
    except OSError as error:
        raise describe_refusal(error, root / _NOTE) from error


def find_hunk_checks(root: Path, state: OverlayState) -> Mapping[HunkKey, HunkChecks]:
    """Give what was measured of exactly this state; empty when nothing was."""
    try:
        value = json.loads((root / _NOTE).read_bytes())
        if value["state"] != digest_state(state):
            return {}
        return {
            (row["patch"], row["path"], row["number"]): HunkChecks(
                tuple(row["checks"]), tuple(row["missed"])
            )
            for row in value["hunks"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def drop_hunk_checks(root: Path) -> None:
    """Forget what was measured of an earlier state; raises WriteError."""
    try:
        remove_file(root / _NOTE)
    except OSError as error:
        raise describe_refusal(error, root / _NOTE) from error


def _text(line: bytes) -> str:
    return line.strip().decode("utf-8", "replace")
