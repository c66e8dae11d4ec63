"""A release that has the series is taken out, and rebased to again from both neighbours.

The judge is the variants that were made for it by hand and passed its checks.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from small_project import CHECKOUT

from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.rebase.progress import RebaseState
from freebsd_port.engine.core.series.variant import pick_file, variant_name
from freebsd_port.openstack.ops.rebase.between_releases import choose_candidates, rebase_series
from freebsd_port.openstack.ops.series import project_source
from freebsd_port.openstack.store.project.project import Project

WRONG = {("2023.1", "nova/refuse-ignored-devices.patch")}
"""From 2024.1 it is clean and reads an attribute that 2023.1's devices do not have; from xena it is
in conflict. Nothing in the lines tells that."""


@dataclass
class Result:
    """What became of the patches, by name."""

    stops: set[str] = field(default_factory=set)
    choices: set[str] = field(default_factory=set)
    """Of the stops those that are clean from both releases, and different."""
    wrong: set[str] = field(default_factory=set)
    right: set[str] = field(default_factory=set)


def remove_release(root: Path, release: str) -> Project:
    """Copy the project without this release's variants and series.lock."""
    for name in ("patches", "releases"):
        shutil.copytree(CHECKOUT / name, root / name)
    shutil.copy(CHECKOUT / "series", root)
    project = Project(root)
    order = project.release_names()
    older = order[order.index(release) - 1]
    source = project_source(project, release)
    for entry in source.load_series().entries:
        own = project.patches / variant_name(entry.name, release)
        if own.exists():
            names = [path.relative_to(project.patches).as_posix() for path in own.parent.iterdir()]
            if pick_file(entry.name, older, order, names) == variant_name(entry.name, release):
                shutil.copy(own, project.patches / variant_name(entry.name, older))
            own.unlink()
    project.series_lock(release).unlink()
    return project


def changed_lines(name: str, data: bytes) -> dict[tuple[str, bytes], int]:
    """Count by file and line how often a patch adds it, less how often it removes it.

    How the diff is drawn plays no part: an unchanged line may stand in it once as removed and
    once as added.
    """
    found: Counter[tuple[str, bytes]] = Counter()
    for change in parse_patch(name, data, is_begun=True).changes:
        for line in (line for hunk in change.hunks for line in hunk.body):
            if line[:1] in b"+-":
                found[str(change.new.name), line[1:]] += 1 if line[:1] == b"+" else -1
    return {key: number for key, number in found.items() if number}


def rebase_again(root: Path, release: str, names: tuple[str, ...] | None = None) -> Result:
    """Rebase to a removed release from these releases, by default the nearest on each side."""
    project = remove_release(root, release)
    old, *beside = names or choose_candidates(project, release)
    state = RebaseState(old, release, "2026-01-01", beside=tuple(beside))
    done = rebase_series(project, state, is_offline=False, progress=lambda message: None)
    truth = project_source(Project(CHECKOUT), release)
    wanted = {
        goal.entry.name: changed_lines(goal.entry.name, goal.data)
        for goal in truth.load_patches(truth.load_series().entries)
    }
    now = project_source(project, release)
    taken = {g.entry.name: g.data for g in now.load_patches(now.load_series().entries)}
    result = Result()
    for patch in done.patches:
        if patch.state in ("conflict", "waiting"):
            result.stops.add(patch.name)
            if patch.alternative is not None:
                result.choices.add(patch.name)
        elif patch.state != "off":
            lines = changed_lines(patch.name, patch.text or taken[patch.name])
            is_right = lines == wanted[patch.name]
            (result.right if is_right else result.wrong).add(patch.name)
    return result


def test_a_removed_release_gets_its_patches_back_from_both_neighbours(tmp_path: Path) -> None:
    both = rebase_again(tmp_path / "both", "2024.1")
    assert both.wrong == set()
    assert len(both.right) >= 10 * len(both.stops)


@pytest.mark.long
@pytest.mark.parametrize("release", ["2023.1", "2024.1", "2025.1", "2026.1"])
def test_of_each_release_between_two_nothing_is_silently_wrong(
    tmp_path: Path, release: str
) -> None:
    both = rebase_again(tmp_path / "both", release)
    assert {(release, name) for name in both.wrong} == {one for one in WRONG if one[0] == release}
    order = Project(CHECKOUT).release_names()
    counted = []
    for other in (order[order.index(release) - 1], order[order.index(release) + 1]):
        one = rebase_again(tmp_path / other, release, (other,))
        conflicts = both.stops - both.choices  # a choice is one only because there are two
        assert len(conflicts) <= len(one.stops)
        assert len(both.wrong) <= len(one.wrong)
        counted.append(len(one.stops | one.wrong) - len(conflicts | both.wrong))
    assert min(counted) >= 0
    assert max(counted) > 0
