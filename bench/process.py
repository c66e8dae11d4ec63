"""What one whole process cost, its children included."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_LAUNCHER = Path(__file__).with_name("launch.py")


class CommandError(Exception):
    """A measured command failed, or did not do what it was run for; nothing can be said of it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One run of one command."""

    wall: float
    """Seconds."""

    cpu: float
    """Seconds of user and system time, of the process and the children it waited for."""

    peak: int
    """Bytes resident at most, of the largest single process."""


def run_measured(
    command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Cost:
    """Run a command to its end; raises CommandError when its status is not 0."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        report = Path(name) / "report"
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(_LAUNCHER), str(report), *command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        code, wall, cpu, peak = report.read_text("ascii").split()
    if code != "0":
        last = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-3:]
        raise CommandError(f"{' '.join(command)}: status {code}: {' / '.join(last)}")
    return Cost(float(wall), float(cpu), int(peak))


@dataclass(frozen=True, slots=True)
class Costs:
    """Several runs of one command."""

    runs: tuple[Cost, ...]

    @property
    def cpu(self) -> float:
        """Give the median, in seconds."""
        return median(run.cpu for run in self.runs)

    @property
    def wall(self) -> float:
        """Give the median, in seconds."""
        return median(run.wall for run in self.runs)

    @property
    def fastest(self) -> float:
        """Give the shortest wall time, in seconds: the one that other work disturbed least."""
        return min(run.wall for run in self.runs)

    @property
    def peak(self) -> int:
        """Give the largest, in bytes."""
        return max(run.peak for run in self.runs)
