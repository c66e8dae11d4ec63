"""Which threads the checks of a directory run nova on: native ones, or eventlet's green ones.

Run as a program, with the directory's name, it prints what coverage has to follow there, in
coverage's words. It must follow green threads where there are any, and must not where there are
native ones: under Python 3.11 that hangs for good when one of them ends while the main thread
clears up after another. greenlet lets it do so in a pending call, in which a callback of coverage's
begins, and a traced function does not begin before the next pending call is done, nor that before
the first.
"""

import importlib.util
import sys
from pathlib import Path

# Directory of checks to a file of nova and what is in it since nova knows native threads there.
# Without eventlet's patching it runs on them since 2026.1. Its functional fixtures know none before
# 2026.2: their database has a file then.
FOR_THREADS = {
    "lives": ("tests/fixtures/nova.py", b"_bind_database_fixture_to_file_wal_sqlite"),
    "nova": ("utils.py", b"def concurrency_mode_threading"),
}


def is_native(directory):
    """Whether nova knows native threads there; imports nothing of it, nor looks for eventlet.

    Where it runs on native threads nova forbids even to look.
    """
    name, words = FOR_THREADS[directory]
    path = Path(importlib.util.find_spec("nova").origin).parent / name
    return path.is_file() and words in path.read_bytes()


def has_green_threads(directory):
    """Whether the checks run on eventlet's; for a process that does nothing else."""
    if directory not in FOR_THREADS or importlib.util.find_spec("eventlet") is None:
        return False
    return not is_native(directory)


if __name__ == "__main__":
    print("greenlet, thread" if has_green_threads(sys.argv[1]) else "thread")
