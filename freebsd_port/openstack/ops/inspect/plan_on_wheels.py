"""The series over a release's pinned wheels, for when there is no environment to look at."""

from __future__ import annotations

from collections.abc import Callable

from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.openstack.ops.series import project_source
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.wheels import WheelTree, require_wheels

Goal = tuple[tuple[SeriesEntry, Patch], ...]
"""The patches that a release takes, in order."""


def plan_sources(
    project: Project, release: str, *, is_offline: bool, progress: Callable[[str], None]
) -> Plan:
    """Plan the whole series over the wheels, without fuzz; what does not fit is in the plan.

    Raises WheelError when a wheel is neither in the cache nor to be had.
    """
    return plan_series(*read_sources(project, release, is_offline=is_offline, progress=progress))


def read_sources(
    project: Project, release: str, *, is_offline: bool, progress: Callable[[str], None]
) -> tuple[WheelTree, Goal]:
    """Give what the pinned wheels hold, and the series for it; raises WheelError as well."""
    source = project_source(project, release)
    pins = project.load_release(release).pins
    tree = WheelTree(require_wheels(pins, is_offline=is_offline, progress=progress))
    goal = source.load_patches(source.load_series().entries)
    return tree, tuple((g.entry, parse_patch(g.entry.name, g.data)) for g in goal)
