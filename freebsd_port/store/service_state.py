"""What runs of a service, told by the files that daemon(8) and the service leave."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_TAIL = 16 * 1024
_FIRST_SECONDS = 3
"""Within which both process IDs of a first start are written; daemon(8) waits five to restart."""


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


@dataclass(frozen=True, slots=True)
class LogEnd:
    """The last lines of a log, or why there are none."""

    lines: tuple[str, ...]
    refusal: str
    """Empty where the log could be read."""


def read_log_end(path: Path, count: int) -> LogEnd:
    """Read the end of a log."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError as error:
        return LogEnd((), (error.strerror or str(error)).lower())
    return LogEnd(tuple(text.splitlines()[-count:]), "")


def find_restart(supervisor_file: Path, process_file: Path) -> int | None:
    """Tell how many seconds ago daemon(8) started its program again; None if it never did.

    It writes its own process ID once, and the program's each time.
    """
    try:
        first, last = supervisor_file.stat().st_mtime, process_file.stat().st_mtime
    except OSError:
        return None
    return max(0, int(time.time() - last)) if last - first > _FIRST_SECONDS else None


def is_enabled(script: Path) -> bool | None:
    """Ask an rc.d script whether rc.conf enables it; None where it cannot say."""
    try:
        done = subprocess.run(
            [str(script), "enabled"], capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.returncode == 0 if done.returncode in (0, 1) else None
