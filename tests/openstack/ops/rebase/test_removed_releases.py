"""A release that has the series is taken out, and rebased to again from both neighbours.

The judge is the variants that were made for it by hand and passed its checks.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from small_project import CHECKOUT

from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.rebase.progress import RebaseState
from freebsd_port.engine.core.series.variant import pick_file, variant_name
from freebsd_port.openstack.ops.rebase.between_releases import choose_candidates, rebase_series
from freebsd_port.openstack.ops.series import whole_source
from freebsd_port.openstack.store.project.project import Project

TOLD = {("2023.1", "nova/refuse-ignored-devices.patch")}
"""From 2024.1 it is clean and reads an attribute that 2023.1's devices do not have; from xena it is
in conflict. Nothing in the lines tells that, but the attribute is reported as missing."""


@dataclass
class Result:
    """What became of the patches, by name."""

    stops: set[str] = field(default_factory=set)
    """In conflict; what only waits for such a patch is not counted."""

    wrong: set[str] = field(default_factory=set)
    """Not what was made by hand, and nobody is told."""

    told: set[str] = field(default_factory=set)
    """Not what was made by hand either, but something is reported as missing or wrong."""

    right: set[str] = field(default_factory=set)


def remove_release(root: Path, release: str) -> Project:
    """Copy the project without this release's variants and series.lock."""
    for name in ("patches", "releases"):
        shutil.copytree(CHECKOUT / name, root / name)
    shutil.copy(CHECKOUT / "series", root)
    project = Project(root)
    order = project.release_names()
    older = order[order.index(release) - 1]
    source = whole_source(project, release)
    for entry in source.load_series().entries:
        own = project.patches / variant_name(entry.name, release)
        if own.exists():
            names = [path.relative_to(project.patches).as_posix() for path in own.parent.iterdir()]
            if pick_file(entry.name, older, order, names) == variant_name(entry.name, release):
                shutil.copy(own, project.patches / variant_name(entry.name, older))
            own.unlink()
    project.series_lock(release).unlink()
    return project


def changed_lines(name: str, data: bytes) -> list[tuple[str, tuple[bytes, ...]]]:
    """Give what a patch changes, without context, places and blank lines.

    A diff may have a blank line as context, or both removed and added.
    """
    return [
        (
            str(change.new.name),
            tuple(line for line in hunk.body if line[:1] in b"+-" and line[1:].strip()),
        )
        for change in parse_patch(name, data, is_begun=True).changes
        for hunk in change.hunks
    ]


def rebase_again(root: Path, release: str, names: tuple[str, ...] | None = None) -> Result:
    """Rebase to a removed release from these releases, by default the nearest on each side."""
    project = remove_release(root, release)
    old, *beside = names or choose_candidates(project, release)
    state = RebaseState(old, release, "2026-01-01", beside=tuple(beside))
    done = rebase_series(project, state, is_offline=False, progress=lambda message: None)
    truth = whole_source(Project(CHECKOUT), release)
    wanted = {
        goal.entry.name: changed_lines(goal.entry.name, goal.data)
        for goal in truth.load_patches(truth.load_series().entries)
    }
    now = whole_source(project, release)
    taken = {g.entry.name: g.data for g in now.load_patches(now.load_series().entries)}
    result = Result()
    for patch in done.patches:
        if patch.state == "conflict":
            result.stops.add(patch.name)
        elif patch.state not in ("waiting", "off"):
            lines = changed_lines(patch.name, patch.text or taken[patch.name])
            made = "".join(sorted(str(line) for one in lines for line in one[1]))
            want = "".join(sorted(str(line) for one in wanted[patch.name] for line in one[1]))
            differing = result.told if patch.missing or patch.faults else result.wrong
            (result.right if made == want else differing).add(patch.name)
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
    assert both.wrong == set()
    assert {(release, name) for name in both.told} == {one for one in TOLD if one[0] == release}
    order = Project(CHECKOUT).release_names()
    beside = order[order.index(release) - 1], order[order.index(release) + 1]
    single = [rebase_again(tmp_path / other, release, (other,)) for other in beside]
    assert len(both.stops) <= min(len(one.stops | one.told | one.wrong) for one in single)
    assert both.told <= set.union(*(one.told | one.wrong for one in single))
