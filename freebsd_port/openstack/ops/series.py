"""The project's series on a release, and the environment that belongs to it as a workspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.engine.ops.target.patch_source import PatchSource
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS
from freebsd_port.openstack.core.upstream.ready import SUFFIX

if TYPE_CHECKING:
    from freebsd_port.engine.core.apply.series_lock import LockedFile
    from freebsd_port.openstack.store.project.project import Project
    from freebsd_port.openstack.store.python.environment import Environment


@dataclass(frozen=True, slots=True)
class EnvironmentWorkspace(Workspace):
    """An environment that holds the pins of a release, and the project's series for it."""

    environment: Environment = field(kw_only=True)


def open_environment(
    project: Project,
    release: str | None,
    venv: Path | None,
    options: frozenset[str] = frozenset(),
) -> EnvironmentWorkspace:
    """Open the environment of a release, ours or the one named; reads only.

    Raises UsageError for an unknown release and what read_environment raises.
    """
    from freebsd_port.openstack.ops.environment import EnvironmentTarget
    from freebsd_port.openstack.store.python.environment import (
        EnvironmentUnusableError,
        read_environment,
    )

    pins = project.load_release(release)
    place = venv or project.environment(pins.name)
    try:
        environment = read_environment(place.absolute())
    except EnvironmentUnusableError as error:
        if venv is None:
            error.hint = f"freebsd-port venv --release {pins.name}"
        raise
    lock = load_lock(project, pins.name)
    expected = None if options else lock
    target = EnvironmentTarget(environment.packages, pins, expected, place)
    source = project_source(project, pins.name, options)
    return EnvironmentWorkspace(target, source, place, lock is not None, environment=environment)


def load_lock(project: Project, release: str) -> tuple[LockedFile, ...] | None:
    """Read a release's series.lock; None where there is none."""
    from freebsd_port.engine.core.apply.series_lock import parse_lock

    path = project.series_lock(release)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    return parse_lock(data, source=str(path))


def project_source(
    project: Project, release: str, options: frozenset[str] = frozenset()
) -> PatchSource:
    """Give the project's own series for a release."""
    return PatchSource(
        project.series,
        project.patches,
        release,
        project.release_names(),
        options,
        PATCHED_DISTRIBUTIONS,
        (SUFFIX,),
    )
