"""The real series carried to other releases, beside git rebase of the same patches and trees."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from bench.contestants import GIT, own_command, process_environment
from bench.nova import RELEASE, lay_out
from bench.process import Cost, Costs, run_measured
from freebsd_port.openstack.ops.series import project_source
from freebsd_port.openstack.store.project.project import Project, find_project
from freebsd_port.openstack.store.python.wheels import require_wheels

Progress = Callable[[str], None]

NEXT = "2026.1"
ONE = f"rebase the real series to {NEXT}"
ALL = "rebase the real series to all releases"
GIT_ONE = f"git rebase of it to {NEXT}"


def measure_rebase(rounds: int, root: Path, progress: Progress) -> dict[str, Costs]:
    """Measure in turn, below `root`, with the patches that have no conflict on the next release."""
    progress("preparing a project and a git repository to rebase")
    project = _copy_project(root / "kept", progress)
    own = (*own_command(), "rebase", "--project", str(root / "project"), "--offline", "-q")
    everything = f"{shlex.join((*own, '--all'))} || test $? = 3"  # an older one may conflict
    runs: dict[str, list[Cost]] = {}
    tree = root / "tree"
    if shutil.which("git"):
        _make_repository(project, tree, progress)
    for number in range(1, rounds + 1):
        progress(f"rebase, round {number} of {rounds}")
        for label, command in (
            (ONE, (*own, "--to", NEXT, "--from", RELEASE)),
            (ALL, ("sh", "-c", everything)),
        ):
            shutil.rmtree(root / "project", ignore_errors=True)
            shutil.copytree(root / "kept", root / "project")
            runs.setdefault(label, []).append(run_measured(command))
        if tree.exists():
            _git(tree, "checkout", "-q", "-B", "work", "series")
            command = (*GIT, "rebase", "-q", "-X", "theirs", "--onto", "new", "old", "work")
            cost = run_measured(command, cwd=tree, env=process_environment(root))
            runs.setdefault(GIT_ONE, []).append(cost)
    return {label: Costs(tuple(costs)) for label, costs in runs.items()}


def _copy_project(kept: Path, progress: Progress) -> Project:
    """Copy the project as it was before any rebase, without the patches that conflict."""
    source = find_project()
    for name in ("patches", "releases"):
        shutil.copytree(source.root / name, kept / name)
    for path in kept.glob("patches/*/*@*.patch"):
        path.unlink()
    for path in kept.glob("releases/*/series.lock"):
        if path.parent.name != RELEASE:
            path.unlink()
    entries = project_source(source, RELEASE).load_series().entries
    (kept / "series").write_text("".join(f"{entry.name}\n" for entry in entries))
    require_wheels(source.load_release(NEXT).pins, progress=progress)
    words = ("rebase", "--project", str(kept), "--to", NEXT, "--from", RELEASE, "-n", "--json")
    shown = subprocess.run([*own_command(), *words], capture_output=True).stdout
    (release,) = json.loads(shown)["releases"]
    clean = [one["name"] for one in release["patches"] if one["state"] in ("kept", "rewritten")]
    (kept / "series").write_text("".join(f"{name}\n" for name in clean))
    return Project(kept)


def _make_repository(project: Project, tree: Path, progress: Progress) -> None:
    """Make a repository with both releases and, on a branch, a commit for each patch."""
    tree.mkdir()
    _git(tree, "init", "-q")
    for release, tag in ((NEXT, "new"), (RELEASE, "old")):
        for path in tree.iterdir():
            if path.name != ".git":
                shutil.rmtree(path)
        lay_out(require_wheels(project.load_release(release).pins, progress=progress), tree)
        _git(tree, "add", "-A")
        _git(tree, "commit", "-q", "-m", tag)
        _git(tree, "tag", tag)
    _git(tree, "checkout", "-q", "-b", "series")
    source = project_source(project, RELEASE)
    for entry in source.load_series().entries:
        _git(tree, "apply", "--index", str(source.find_file(entry.name)))
        _git(tree, "commit", "-q", "-m", entry.name)


def _git(tree: Path, *words: str) -> None:
    subprocess.run([*GIT, *words], cwd=tree, check=True, stdout=subprocess.DEVNULL)
