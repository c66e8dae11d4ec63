"""Which threads nova's services have in the lives of guests: native ones, or eventlet's green ones.

Its own functional fixtures know native threads since 2026.2: their database has a file then.
"""

import importlib.util
from pathlib import Path

FOR_THREADS = b"_bind_database_fixture_to_file_wal_sqlite"


def is_native():
    """Whether nova's fixtures know native threads; imports nothing of nova."""
    nova = Path(importlib.util.find_spec("nova").origin).parent
    fixtures = nova / "tests" / "fixtures" / "nova.py"
    return fixtures.is_file() and FOR_THREADS in fixtures.read_bytes()
