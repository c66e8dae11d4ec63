"""Whole commands as a user types them: help, status, nothing to do, and the real series."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.contestants import own_command
from bench.nova import RELEASE, lay_out
from bench.process import Cost, Costs, run_measured
from freebsd_port.openstack.store.project.project import find_project
from freebsd_port.openstack.store.python.wheels import Wheel

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class WholeResult:
    """What the commands cost, by label; and what could not be measured, with the reason."""

    steps: dict[str, Costs]
    not_measured: dict[str, str]


def measure_whole(
    wheels: tuple[Wheel, ...], rounds: int, root: Path, progress: Progress
) -> WholeResult:
    """Measure in turn, below `root`, on a directory of the pinned packages."""
    packages = root / "packages"
    progress("unpacking the pinned packages")
    lay_out(wheels, packages)
    own, where = own_command(), ("--release", RELEASE, "--venv", str(packages))
    commands: dict[str, tuple[str, ...]] = {
        "--help": (*own, "--help"),
        "apply the real series": (*own, "apply", *where),
        "apply with nothing to do": (*own, "apply", *where),
        "status": (*own, "status", *where),
        "pop -a of the real series": (*own, "pop", "-a", *where),
    }
    reason = _why_not_make_patch()
    if reason is None:
        progress("make patch once, not measured: checks that changed are run now")
        run_measured(("make", "patch"), cwd=find_project().root)
        commands["make patch with nothing to do"] = ("make", "patch")
    runs: dict[str, list[Cost]] = {}
    for number in range(1, rounds + 1):
        progress(f"whole commands, round {number} of {rounds}")
        for label, command in commands.items():
            runs.setdefault(label, []).append(run_measured(command, cwd=find_project().root))
    steps = {label: Costs(tuple(costs)) for label, costs in runs.items()}
    return WholeResult(steps, {"make patch with nothing to do": reason} if reason else {})


def _why_not_make_patch() -> str | None:
    """Say why `make patch` cannot be measured; None when it has nothing left to do."""
    if shutil.which("make") is None:
        return "make is absent"
    project = find_project()
    fresh = subprocess.run(["make", "-q", "venv"], cwd=project.root, capture_output=True)
    if fresh.returncode != 0:
        return "no environment here that is up to date: make venv"
    status = [*own_command(), "status", "--json", "--release", RELEASE]
    shown = subprocess.run(status, cwd=project.root, capture_output=True)
    try:
        found = json.loads(shown.stdout)
    except ValueError:
        return "its status cannot be read: freebsd-port status"
    if not found.get("complete"):
        return "the series is not on it as it is here: make patch"
    return None if found.get("verified") else "it is not verified: make patch"
