"""What coverage has to follow in the checks of a directory, from what lies in the packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "port" / "concurrency.py"
GREEN = "greenlet, thread"
EVENTLET = {"eventlet/__init__.py": ""}
THREADS = {"nova/utils.py": "def concurrency_mode_threading():\n"}
HARNESS = {"nova/tests/fixtures/nova.py": "def _bind_database_fixture_to_file_wal_sqlite():\n"}


@pytest.mark.parametrize(
    ("files", "lives", "nova"),
    [
        ({}, "thread", "thread"),
        (EVENTLET, GREEN, GREEN),
        (EVENTLET | {"nova/utils.py": "import eventlet"}, GREEN, GREEN),
        (EVENTLET | THREADS, GREEN, "thread"),
        (EVENTLET | THREADS | HARNESS, "thread", "thread"),
    ],
)
def test_green_threads_are_followed_where_nova_runs_on_them(
    tmp_path: Path, files: dict[str, str], lives: str, nova: str
) -> None:
    for name, text in {"nova/__init__.py": "raise AssertionError", **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    wanted = {"lives": lives, "nova": nova, "oslo_messaging": "thread"}
    for directory, words in wanted.items():
        done = subprocess.run(
            [sys.executable, str(SCRIPT), directory],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == f"{words}\n"
