"""What runs of a service, told by the files that daemon(8) and the service leave."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_TAIL = 16 * 1024


def find_process(pid_file: Path) -> int | None:
    """Give the process that a file names, if there is one with that ID."""
    try:
        pid = int(pid_file.read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None
    if pid <= 0:
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        return pid  # it is there, and another user's
    return pid


def last_lines(path: Path, count: int) -> list[str]:
    """Give the end of a log; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-count:]


def is_enabled(script: Path) -> bool | None:
    """Ask an rc.d script whether rc.conf enables it; None where it cannot say."""
    try:
        done = subprocess.run(
            [str(script), "enabled"], capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.returncode == 0 if done.returncode in (0, 1) else None
