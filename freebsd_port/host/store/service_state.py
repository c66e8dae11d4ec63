"""What runs of a service, told by the files that daemon(8) and the service leave."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.errors import system_words

_TAIL = 16 * 1024
_FIRST_SECONDS = 3
"""By which a program of a first start may be younger; daemon(8) waits five to restart."""


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


def find_orphan(pid_file: Path, *words: str) -> int | None:
    """Give the process that a file names if its command contains one of these words.

    Its supervisor was killed. Without the words it could be another process, with the same number.
    """
    process = find_process(pid_file)
    if process is None:
        return None
    asked = ["ps", "-ww", "-o", "command=", "-p", str(process)]
    try:
        done = subprocess.run(asked, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    command = done.stdout.decode("utf-8", "replace")
    return process if any(word in command for word in words) else None


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
        return LogEnd((), system_words(error))
    return LogEnd(tuple(text.splitlines()[-count:]), "")


def find_restart(supervisor: int, process: int) -> int | None:
    """Tell how many seconds ago daemon(8) started its program again; None if it never did.

    The program of a first start is as old as its supervisor. The files that name them tell no
    time: both stay open, and a file system may date what is written to them later.
    """
    ages = _find_ages(supervisor, process)
    if supervisor not in ages or process not in ages:
        return None
    return ages[process] if ages[supervisor] - ages[process] > _FIRST_SECONDS else None


def _find_ages(*processes: int) -> dict[int, int]:
    """Give the age of each process that is there, in whole seconds."""
    words = ["ps", "-o", "pid=", "-o", "etimes=", "-p", ",".join(map(str, processes))]
    try:
        done = subprocess.run(words, capture_output=True, timeout=30, check=False)
        rows = [line.split() for line in done.stdout.splitlines()]
        return {int(pid): int(age) for pid, age in rows}
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}


def is_enabled(script: Path) -> bool | None:
    """Ask an rc.d script whether rc.conf enables it; None where it cannot say."""
    try:
        done = subprocess.run(
            [str(script), "enabled"], capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.returncode == 0 if done.returncode in (0, 1) else None
