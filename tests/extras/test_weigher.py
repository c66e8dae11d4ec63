"""The weigher in nova's Python: its cases, and how even it places guests, by nova's own handler."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from proof import require_environment

ROOT = Path(__file__).resolve().parents[2]


def run(script: Path, *words: str) -> str:
    """Run a script with nova's Python, the extras of this checkout in its path."""
    python = require_environment()[2].python
    assert python is not None
    done = subprocess.run(
        [python, "-W", "ignore", script, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "extras")},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_weigher_keeps_its_promises_in_the_scheduler() -> None:
    said = run(ROOT / "tests/extras/in_target/weigher_cases.py")
    assert "Ran 12 tests" in said


@pytest.fixture(scope="module")
def table() -> dict[str, list[float]]:
    words = [word for row in ("nova's default", "share 0.3") for word in ("--row", row)]
    found = json.loads(run(ROOT / "scripts/place_guests.py", "--json", "--seeds", "2", *words))
    return {name: list(row) for name, row in found["rows"].items()}


def test_placing_is_even_whatever_the_schedulers_see(table: dict[str, list[float]]) -> None:
    bounds = (1.2, 1.25, 1.6, 1.25, 1.6)
    assert all(found <= most for found, most in zip(table["share 0.3"], bounds, strict=True)), table


def test_it_beats_novas_weighers_but_on_equal_hosts_seen_fresh(
    table: dict[str, list[float]],
) -> None:
    fresh, *others = zip(table["share 0.3"], table["nova's default"], strict=True)
    assert all(ours < novas for ours, novas in others), table
    assert fresh[0] <= fresh[1] * 1.08, table
