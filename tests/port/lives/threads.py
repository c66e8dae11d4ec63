"""Which threads the lives run nova on: native ones, or eventlet's green ones."""

import importlib.util
from pathlib import Path


def are_native():
    """Whether nova's functional fixtures know native threads, as they do since 2026.2.

    Their database has a file then. Imports nothing of nova, nor looks for eventlet: where nova runs
    on native threads it forbids even to look.
    """
    nova = Path(importlib.util.find_spec("nova").origin).parent
    path = nova / "tests/fixtures/nova.py"
    return path.is_file() and b"_bind_database_fixture_to_file_wal_sqlite" in path.read_bytes()
