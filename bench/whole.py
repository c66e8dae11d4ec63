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
from bench.process import CommandError, Cost, Costs, run_measured
from freebsd_port.openstack.store.project.project import find_project
from freebsd_port.openstack.store.python.wheels import Wheel

Progress = Callable[[str], None]

NOTHING = "make patch with nothing to do"
FRESH_PATCH = "make patch into a new environment"
TEST = "make test"


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
        commands[NOTHING] = ("make", "patch")
    runs: dict[str, list[Cost]] = {}
    for number in range(1, rounds + 1):
        progress(f"whole commands, round {number} of {rounds}")
        for label, command in commands.items():
            runs.setdefault(label, []).append(run_measured(command, cwd=find_project().root))
    steps = {label: Costs(tuple(costs)) for label, costs in runs.items()}
    return WholeResult(steps, {NOTHING: reason} if reason else {})


def measure_make(root: Path, progress: Progress) -> tuple[dict[str, Costs], dict[str, str]]:
    """Measure once each what takes minutes; gives what could not be measured too, with the reason.

    The new environment is below `root`. A first one, not measured, fills the caches of the
    installer and of the tools that run the checks.
    """
    project = find_project().root
    if shutil.which("make") is None:
        return {}, dict.fromkeys((FRESH_PATCH, TEST), "make is absent")
    progress("making an environment, not measured: it fills the installer's cache")
    first, second = root / "first", root / "second"
    run_measured((*own_command(), "venv", "--release", RELEASE, "--venv", str(first)), cwd=project)
    shutil.rmtree(first)
    steps: dict[str, Costs] = {}
    failed: dict[str, str] = {}
    for label, command in (
        (FRESH_PATCH, ("make", "patch", f"RELEASE={RELEASE}", f"VENV={second}")),
        (TEST, ("make", "test", f"RELEASE={RELEASE}")),
    ):
        progress(f"{label}, once")
        try:
            steps[label] = Costs((run_measured(command, cwd=project),))
        except CommandError as error:
            failed[label] = str(error)
    return steps, failed


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
