"""The project's series on a release, and the environment that belongs to it as a workspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.engine.core.series.series import SeriesError
from freebsd_port.engine.ops.target.patch_source import (
    PatchSource,
    load_series,
    options_or_all,
)
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import UsageError
from freebsd_port.openstack.core.release.release import COMPUTE, venv_command
from freebsd_port.openstack.core.upstream import SUFFIX

if TYPE_CHECKING:
    from freebsd_port.engine.core.apply.series_lock import LockedFile
    from freebsd_port.openstack.core.release.release import Pin, Release
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
    role: str | None = None,
) -> EnvironmentWorkspace:
    """Open the environment of a release's role, ours or the one named; reads only.

    Without options, those of the patches that are applied are taken; without a role it is the one
    that the environment was made for. Raises UsageError for an unknown release or another role
    than that, ReleaseError for an unknown one, and what read_environment raises.
    """
    from freebsd_port.engine.core.apply.series_lock import pick_locked
    from freebsd_port.openstack.ops.environment import EnvironmentTarget
    from freebsd_port.openstack.store.python.environment import (
        EnvironmentUnusableError,
        read_environment,
    )

    catalogue = project.load_release(release)
    place = find_place(project, catalogue, venv, role)
    try:
        environment = read_environment(place.absolute())
    except EnvironmentUnusableError as error:
        if venv is None:
            error.hint = venv_command(catalogue.name, role)
        raise
    pins = catalogue.for_role(find_role(place, role))
    lock = load_lock(project, pins.name)
    options = options or _applied_options(project, environment.packages)
    expected = None if lock is None else pick_locked(lock, options)
    source = role_source(project, pins, options)
    target = EnvironmentTarget(
        environment.packages, pins, expected, place, lambda: find_passed_over(source)
    )
    return EnvironmentWorkspace(target, source, place, lock is not None, environment=environment)


def find_place(project: Project, release: Release, venv: Path | None, role: str | None) -> Path:
    """Give the environment that was named, or the role's own; raises ReleaseError for no role."""
    chosen = COMPUTE if role is None else release.require_role(role).name
    return venv or project.environment(release.name, chosen)


def find_role(place: Path, role: str | None) -> str:
    """Give the role that an environment was made for; where nothing says it, the one named.

    Raises UsageError when the two contradict each other.
    """
    from freebsd_port.openstack.store.python.environment import find_mark

    mark = find_mark(place)
    if mark is None:
        return role or COMPUTE
    if role not in (None, mark.role):
        raise UsageError(
            f"the environment was made for the role {mark.role}, not {role}",
            where=str(place),
            hint=f"leave --role out, or: {venv_command(mark.release, role)}",
        )
    return mark.role


def find_passed_over(source: PatchSource) -> frozenset[str]:
    """Name the files that those patches touch which do not concern the target."""
    from freebsd_port.engine.core.patch.change import named_paths
    from freebsd_port.engine.core.patch.patch import parse_patch

    return frozenset(
        path
        for one in source.load_patches(source.load_passed_over().entries)
        for change in parse_patch(one.entry.name, one.data).changes
        for path in named_paths(change, one.entry.strip)
    )


def _applied_options(project: Project, root: Path) -> frozenset[str]:
    """Give the options of the patches that are applied; none where the series cannot be read."""
    state = load_state(root)
    if not state.patches:
        return frozenset()
    try:
        series = load_series(project.series)
    except SeriesError:  # whoever needs the series reports it
        return frozenset()
    return series.options_of({patch.name for patch in state.patches})


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
    """Give the project's own series for a release, with the patches of every role."""
    return role_source(project, project.load_release(release), options)


def role_source(
    project: Project, release: Release, options: frozenset[str] = frozenset()
) -> PatchSource:
    """Give what of the project's own series is for the role that a release was narrowed to."""
    from freebsd_port.openstack.core.release.role import choose_for

    return PatchSource(
        project.series,
        project.patches,
        release.name,
        project.release_names(),
        options,
        tuple(pin.distribution for pin in release.pins),
        choose_for(release),
        (SUFFIX,),
    )


def whole_source(
    project: Project, release: str, options: frozenset[str] = frozenset()
) -> PatchSource:
    """Give the project's series for a release with these options, or with all that it has.

    Raises SeriesError, and UsageError for an option that no patch is under.
    """
    chosen = options_or_all(load_series(project.series), options, project.series)
    return project_source(project, release, chosen)


def patched_pins(project: Project, release: Release) -> tuple[Pin, ...]:
    """Give the pins that some patch of the series is for, whether or not it is on."""
    names = load_series(project.series).names
    return release.pins_of({name.partition("/")[0] for name in names})
