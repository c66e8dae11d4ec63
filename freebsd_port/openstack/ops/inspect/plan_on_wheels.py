"""The series over a release's pinned wheels, for when there is no environment to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.openstack.core.release.release import Release
from freebsd_port.openstack.ops.series import patched_pins, role_source
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.wheels import WheelTree, require_wheels

Goal = tuple[tuple[SeriesEntry, Patch], ...]
"""The patches that a release takes, in order."""


def plan_sources(
    project: Project,
    release: Release,
    options: frozenset[str],
    *,
    is_offline: bool,
    progress: Callable[[str], None],
) -> Plan:
    """Plan the series over the wheels, without fuzz; what does not fit is in the plan.

    The release may be narrowed to a role; then it is the series of that role. Raises WheelError
    when a wheel is neither in the cache nor to be had.
    """
    tree, texts = read_sources(project, release, options, is_offline=is_offline, progress=progress)
    return plan_series(tree, read_patches(texts))


def read_patches(texts: Iterable[GoalPatch]) -> Goal:
    """Read the texts of the patches."""
    return tuple((one.entry, parse_patch(one.entry.name, one.data)) for one in texts)


def read_sources(
    project: Project,
    release: Release,
    options: frozenset[str],
    *,
    is_offline: bool,
    progress: Callable[[str], None],
) -> tuple[WheelTree, tuple[GoalPatch, ...]]:
    """Give what the pinned wheels hold, and the texts of its series; raises WheelError as well."""
    source = role_source(project, release, options)
    pins = patched_pins(project, release)
    tree = WheelTree(require_wheels(pins, is_offline=is_offline, progress=progress))
    return tree, source.load_patches(source.load_series().entries)
