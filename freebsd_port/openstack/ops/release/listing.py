"""`releases` and `releases outdated`: pins, what is on this machine, and what the index has."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from freebsd_port.engine.core.progress import counting
from freebsd_port.openstack.core.release.markers import pythons_of
from freebsd_port.openstack.core.release.new_release import fit_pythons
from freebsd_port.openstack.core.release.published import (
    NewRelease,
    Published,
    find_new_releases,
    find_point_release,
)
from freebsd_port.openstack.core.release.release import COMPUTE, Pin, Release
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.environment import (
    find_installed,
    find_mark,
    read_environment,
)
from freebsd_port.openstack.store.python.index import list_published
from freebsd_port.openstack.store.python.installer import has_interpreter
from freebsd_port.openstack.store.python.wheels import Progress

EnvironmentState = Literal["none", "ready", "outdated", "unfinished", "not ours"]
"""Outdated when the lock changed since; not ours when something else is in its place."""


@dataclass(frozen=True, slots=True)
class RoleState:
    """A role of a release and what is here for it."""

    release: Release
    """Narrowed to the role."""

    has_python: bool
    """Whether there seems to be a Python of its range; none was started to see."""

    environment: Path
    """Where its environment is, or would be made."""

    environment_state: EnvironmentState
    is_locked: bool
    """Whether its requirements are locked."""


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """A release and what is here for it."""

    release: Release
    is_default: bool
    roles: tuple[RoleState, ...]
    """Compute first."""

    has_series_lock: bool
    """Whether the series has been carried to it."""


def list_releases(project: Project) -> tuple[ReleaseState, ...]:
    """Describe every release of the project, oldest first.

    Raises what the project raises for a release.toml that cannot be meant.
    """
    default = project.default_release()
    return tuple(
        _describe(project, project.load_release(name), is_default=name == default)
        for name in project.release_names()
    )


def find_held(project: Project, root: Path) -> tuple[str, ...]:
    """Name the releases whose pins an environment holds, all those of its role, oldest first.

    Raises what reading an environment raises.
    """
    packages = read_environment(root.absolute()).packages
    mark = find_mark(root)
    role = COMPUTE if mark is None else mark.role
    held = []
    for name in project.release_names():
        release = project.load_release(name)
        if role not in release.role_names:
            continue
        pins = release.for_role(role).pins
        found = find_installed(packages, [pin.distribution for pin in pins])
        versions = {distribution: one.version for distribution, one in found.items()}
        if versions == {pin.distribution: pin.version for pin in pins}:
            held.append(name)
    return tuple(held)


def _describe(project: Project, release: Release, *, is_default: bool) -> ReleaseState:
    return ReleaseState(
        release,
        is_default,
        tuple(_describe_role(project, release, role) for role in release.role_names),
        project.series_lock(release.name).is_file(),
    )


def _describe_role(project: Project, release: Release, role: str) -> RoleState:
    narrowed = release.for_role(role)
    root = project.environment(release.name, role)
    requirements = project.requirements(release.name, role)
    return RoleState(
        narrowed,
        has_interpreter(narrowed.python),
        root,
        _environment_state(root, narrowed, requirements),
        requirements.is_file(),
    )


def _environment_state(root: Path, release: Release, requirements: Path) -> EnvironmentState:
    if not root.exists():
        return "none"
    mark = find_mark(root)
    if mark is None or (mark.release, mark.role) != (release.name, release.role):
        return "not ours"
    if mark.state != "ready":
        return "unfinished"
    if not requirements.is_file():
        return "outdated"
    current = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return "ready" if mark.requirements == current else "outdated"


@dataclass(frozen=True, slots=True)
class NewerPin:
    """A pin, and the newest point release of its line."""

    pin: Pin
    newest: Published


@dataclass(frozen=True, slots=True)
class ReleaseNews:
    """A release, and the pins of it that are behind; none when it is up to date."""

    release: Release
    pins: tuple[NewerPin, ...]
    has_series_lock: bool
    """Whether the series was carried to it."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """What the index has that the releases here have not."""

    releases: tuple[ReleaseNews, ...]
    """All that were looked at, oldest first."""

    new: tuple[NewRelease, ...]
    """Coordinated releases newer than all here, oldest first."""

    new_pythons: tuple[str, ...]
    """Pythons of the newest release here that the newest of them allows, or else its oldest."""

    @property
    def is_outdated(self) -> bool:
        """Tell whether there is anything newer."""
        return bool(self.new) or any(one.pins for one in self.releases)


def find_outdated(project: Project, names: Sequence[str], progress: Progress) -> Outdated:
    """Ask the index about the pins of these releases, and for releases newer than all here.

    Raises PackageIndexError when the index cannot be asked.
    """
    releases = [project.load_release(name) for name in names]
    last = project.load_release(project.default_release())
    asked = list(dict.fromkeys(p.distribution for one in (last, *releases) for p in one.pins))
    progress(f"asking the index about {', '.join(asked)}")
    with counting(progress, "asking the index"):
        published = list_published(asked)
    news = []
    for release in releases:
        found = [
            (pin, find_point_release(pin, published[pin.distribution])) for pin in release.pins
        ]
        pins = tuple(NewerPin(pin, newest) for pin, newest in found if newest is not None)
        news.append(ReleaseNews(release, pins, project.series_lock(release.name).is_file()))
    new = find_new_releases(last.name, last.require_pin("nova"), published["nova"])
    allowed = new[-1].nova if new else None
    pythons: tuple[str, ...] = ()
    if allowed is not None:
        fitted = fit_pythons(last.python, [allowed.python] if allowed.python else [])
        pythons = pythons_of(replace(last, python=fitted))
    return Outdated(tuple(news), new, pythons)
