"""A CI's fan-out: one row a release, in the form of a GitHub matrix."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click


def matrix_row(
    release: str,
    pythons: Sequence[str],
    *,
    has_series_lock: bool,
    pins: Sequence[str] = (),
    is_new: bool = False,
) -> dict[str, Any]:
    """Give one row; `python` is the oldest of its Pythons, with which locks are made.

    `pins` are the moves that `releases add --pin` is to make, and none here in most rows.
    """
    return {
        "release": release,
        "python": pythons[0] if pythons else "",
        "pythons": list(pythons),
        "carried": has_series_lock,
        "new": is_new,
        "pins": " ".join(pins),
    }


def print_matrix(rows: Sequence[dict[str, Any]]) -> None:
    """Print the rows on one line, as an output of a job must be."""
    click.echo(json.dumps({"include": list(rows)}))
