"""The real series carried to other releases, beside git rebase of the same patches and trees."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from bench.contestants import GIT, own_command, process_environment, write_patches
from bench.nova import RELEASE, lay_out, load_wheels, read_targets
from bench.process import Cost, Costs, run_measured
from bench.series import generate_series
from freebsd_port.engine.core.series.variant import variant_name
from freebsd_port.openstack.ops.series import patched_pins, project_source
from freebsd_port.openstack.store.project.project import Project, find_project
from freebsd_port.openstack.store.python.wheels import require_wheels

Progress = Callable[[str], None]

NEXT = "2026.1"
ONE = f"rebase the real series to {NEXT}"
ALL = "rebase the real series to all releases"
SAME = f"rebase of what git takes to {NEXT}"
GIT_SAME = f"git rebase of it to {NEXT}"
ALL_ANEW = "rebase of it to all releases, of which none has it"
LONG = 1000
LONG_ONE = f"rebase {LONG} patches to {NEXT}"


def measure_rebase(rounds: int, root: Path, progress: Progress) -> dict[str, Costs]:
    """Measure in turn, below `root`: the real series from both neighbours, and that of git.

    The real series is rebased without writing, to a release that has lost its variants, and to all
    releases. What git rebases too are the patches without a conflict there.
    """
    progress("preparing projects and a git repository to rebase")
    project = _copy_project(root / "kept", progress)
    between, long = root / "between", root / "long"
    _remove_release(between, NEXT)
    _make_long(long, progress)
    rebase = (*own_command(), "rebase", "--offline", "-q")
    own = (*rebase, "--project", str(root / "project"))
    to_next = ("--to", NEXT, "-n")
    commands = {
        ONE: (*rebase, "--project", str(between), *to_next),
        ALL: (*rebase, "--project", str(find_project().root), "--all", "-n"),
        SAME: (*own, "--to", NEXT, "--from", RELEASE),
        ALL_ANEW: (*own, "--all"),
        LONG_ONE: (*rebase, "--project", str(long), *to_next),
    }
    runs: dict[str, list[Cost]] = {}
    tree = root / "tree"
    if shutil.which("git"):
        _make_repository(project, tree, progress)
    for number in range(1, rounds + 1):
        progress(f"rebase, round {number} of {rounds}")
        for label, words in commands.items():
            shutil.rmtree(root / "project", ignore_errors=True)
            shutil.copytree(root / "kept", root / "project")
            done = run_measured(("sh", "-c", f"{shlex.join(words)} || test $? = 3"))
            runs.setdefault(label, []).append(done)
        if tree.exists():
            _git(tree, "checkout", "-q", "-B", "work", "series")
            command = (*GIT, "rebase", "-q", "-X", "theirs", "--onto", "new", "old", "work")
            cost = run_measured(command, cwd=tree, env=process_environment(root))
            runs.setdefault(GIT_SAME, []).append(cost)
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
    require_wheels(patched_pins(source, source.load_release(NEXT)), progress=progress)
    words = ("rebase", "--project", str(kept), "--to", NEXT, "--from", RELEASE, "-n", "--json")
    shown = subprocess.run([*own_command(), *words], capture_output=True).stdout
    (release,) = json.loads(shown)["releases"]
    clean = [one["name"] for one in release["patches"] if one["state"] in ("kept", "rewritten")]
    (kept / "series").write_text("".join(f"{name}\n" for name in clean))
    return Project(kept)


def _remove_release(root: Path, release: str) -> None:
    """Copy the project without a release's variants and series.lock; the others keep theirs."""
    source = find_project()
    for name in ("patches", "releases"):
        shutil.copytree(source.root / name, root / name)
    shutil.copy(source.series, root)
    project = Project(root)
    order = project.release_names()
    older = order[order.index(release) - 1]
    for entry in project_source(project, release).load_series().entries:
        taken = project_source(project, older).find_file(entry.name)
        own = project.patches / variant_name(entry.name, release)
        if taken == own:
            shutil.copy(own, project.patches / variant_name(entry.name, older))
        own.unlink(missing_ok=True)
    project.series_lock(release).unlink()


def _make_long(root: Path, progress: Progress) -> None:
    """Make a project with a generated series that only the newest release has."""
    source = find_project()
    shutil.copytree(source.root / "releases", root / "releases")
    for path in root.glob("releases/*/series.lock"):
        if path.parent.name != RELEASE:
            path.unlink()
    nova = load_wheels(progress)[0]
    series = generate_series(read_targets(nova), LONG)
    write_patches(root / "patches" / "nova", series)
    (root / "patches/nova/series").unlink()
    (root / "series").write_text("".join(f"nova/{name}\n" for name, _ in series.patches))


def _make_repository(project: Project, tree: Path, progress: Progress) -> None:
    """Make a repository with both releases and, on a branch, a commit for each patch."""
    tree.mkdir()
    _git(tree, "init", "-q")
    for release, tag in ((NEXT, "new"), (RELEASE, "old")):
        for path in tree.iterdir():
            if path.name != ".git":
                shutil.rmtree(path)
        lay_out(
            require_wheels(patched_pins(project, project.load_release(release)), progress=progress),
            tree,
        )
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
