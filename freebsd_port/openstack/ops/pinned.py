"""The pinned wheels of a release as something to look at, where nothing is installed yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from freebsd_port.engine.core.apply.record import record_paths
from freebsd_port.engine.core.text.file import FileState
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.openstack.core.release.ownership import Owner
from freebsd_port.openstack.core.release.release import COMPUTE, Pin
from freebsd_port.openstack.ops.environment import EnvironmentTarget
from freebsd_port.openstack.ops.series import find_place, load_lock, patched_pins, role_source
from freebsd_port.openstack.store.python.wheels import Progress, Wheel, WheelTree, require_wheels

if TYPE_CHECKING:
    from freebsd_port.openstack.store.project.project import Project
    from freebsd_port.openstack.store.python.environment import Installed


class PinnedTree:
    """The files of the pinned wheels; a wheel is not fetched before a file is asked for.

    Satisfies core's Tree. Reading raises WheelError when a wheel cannot be had.
    """

    def __init__(self, pins: Sequence[Pin], *, is_offline: bool, progress: Progress) -> None:
        self._pins = pins
        self._is_offline = is_offline
        self._progress = progress

    @cached_property
    def wheels(self) -> tuple[Wheel, ...]:
        """The wheels, in the order of the pins."""
        return require_wheels(self._pins, is_offline=self._is_offline, progress=self._progress)

    @cached_property
    def _tree(self) -> WheelTree:
        return WheelTree(self.wheels)

    def paths(self) -> frozenset[str]:
        """Give every path in the wheels."""
        return self._tree.paths()

    def read(self, path: str) -> FileState | None:
        """Give a file as its wheel has it, or None."""
        return self._tree.read(path)

    def has_directory(self, path: str) -> bool:
        """Tell whether some file is below the path."""
        return self._tree.has_directory(path)


@dataclass(frozen=True)
class PinnedTarget(EnvironmentTarget):
    """An environment that is not there yet: the wheels say which file belongs to whom."""

    tree: PinnedTree = field(kw_only=True)

    @cached_property
    def installed(self) -> dict[str, Installed]:
        """Nothing is."""
        return {}

    @cached_property
    def owners(self) -> tuple[Owner, ...]:
        """What each wheel's RECORD lists."""
        return tuple(
            Owner(wheel.pin.distribution, frozenset(record_paths(wheel.record())))
            for wheel in self.tree.wheels
        )


def open_pinned(
    project: Project,
    release: str | None,
    options: frozenset[str] = frozenset(),
    role: str | None = None,
    *,
    is_offline: bool,
    progress: Progress,
) -> Workspace:
    """Open the wheels that a release's role pins, with its series; only for reading.

    Raises UsageError for an unknown release, ReleaseError for an unknown role.
    """
    catalogue = project.load_release(release)
    place = find_place(project, catalogue, None, role)
    pins = catalogue.for_role(role or COMPUTE)
    tree = PinnedTree(patched_pins(project, pins), is_offline=is_offline, progress=progress)
    target = PinnedTarget(place, pins, None, place, tree=tree)
    has_lock = load_lock(project, pins.name) is not None
    source = role_source(project, pins, options)
    return Workspace(target, source, place, has_lock, pristine=tree)
