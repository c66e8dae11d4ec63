"""`interdiff` between releases, with `git range-diff` of the same two series as the judge."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.hunk import render_hunk
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.openstack.ops.inspect.interdiff import compare_releases
from freebsd_port.openstack.ops.inspect.plan_on_wheels import Goal, read_patches, read_sources
from freebsd_port.openstack.store.project.project import Project, find_project

WHO = {f"GIT_{one}_{what}": "t" for one in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
ENVIRONMENT = os.environ | WHO | {"GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
ROW = re.compile(r"^ *\d*-?:? *[-\w]* ([=!<>]) *\d*-?:? *[-\w]* (.*)$")


def git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=root, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stdout


def write(root: Path, tree: Tree, paths: set[str]) -> None:
    for path in paths:
        state = tree.read(path)
        if state is not None:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(state.content)


def commit_series(root: Path, branch: str, tree: Tree, goal: Goal) -> str:
    """Make a branch with the touched files and a commit for each patch; GNU patch applies them."""
    git(root, "checkout", "-q", "--orphan", branch)
    git(root, "rm", "-rfq", "--ignore-unmatch", ".")
    write(root, tree, {edit.path for edit in plan_series(tree, goal).edits})
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "as released")
    base = git(root, "rev-parse", "HEAD").strip()
    for entry, patch in goal:
        data = b"".join(change.preamble + b"".join(_hunks(change)) for change in patch.changes)
        subprocess.run(
            ["patch", "-p1", "-s", "--no-backup-if-mismatch"],
            cwd=root,
            input=data,
            check=True,
            capture_output=True,
        )
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", entry.name)
    return base


def _hunks(change: FileChange) -> list[bytes]:
    return [render_hunk(hunk) for hunk in change.hunks]


def changed_by_git(root: Path, old: str, new: str) -> dict[str, str]:
    """Give what range-diff says of each patch: = the same, ! changed, < dropped, > added."""
    told = git(
        root, "range-diff", "--no-color", "--creation-factor=60", "-s",
        f"{old}..old", f"{new}..new",
    )  # fmt: skip
    found = {}
    for line in told.splitlines():
        match = ROW.match(line)
        assert match, line
        found[match[2]] = match[1]
    return found


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("old", ["2025.1", "2026.1"])
def test_whatever_range_diff_finds_between_two_releases_is_found(old: str, tmp_path: Path) -> None:
    project: Project = find_project()
    new = project.default_release()
    sources = {
        name: read_sources(
            project, project.load_release(name), frozenset(), is_offline=False, progress=print
        )
        for name in (old, new)
    }
    git(tmp_path, "init", "-q")
    bases = [
        commit_series(tmp_path, branch, tree, read_patches(texts))
        for branch, (tree, texts) in zip(("old", "new"), sources.values(), strict=True)
    ]
    theirs = changed_by_git(tmp_path, *bases)
    assert len(theirs) > 30
    ours = compare_releases(
        project, old, new, frozenset(), is_offline=False, progress=print
    ).patches
    status = {one.name: one for one in ours}
    for name, mark in theirs.items():
        one = status[name]
        if mark == "!":
            # of one file on both releases, git tells the line above the hunk as well
            assert one.status != "same" or one.files[0] == one.files[1], name
        elif mark in "<>":
            assert one.status in ("added", "dropped", "on", "off", "changed"), name
    assert sum(mark == "!" for mark in theirs.values()) >= 3
