"""`releases`: what each release pins, and what of it is on this machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from freebsd_port.core.release import Release
from freebsd_port.store.environment import find_mark, read_environment
from freebsd_port.store.installed import find_installed
from freebsd_port.store.interpreter import has_interpreter
from freebsd_port.store.project import Project

EnvironmentState = Literal["none", "ready", "outdated", "unfinished", "not ours"]
"""Outdated when the lock changed since; not ours when something else is in its place."""


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """A release and what is here for it."""

    release: Release
    is_default: bool
    has_python: bool
    """Whether there seems to be a Python of its range; none was started to see."""

    environment: Path
    """Where its environment is, or would be made."""

    environment_state: EnvironmentState
    is_locked: bool
    """Whether its requirements are locked."""

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
    """Name the releases whose pins an environment holds, all four of them, oldest first.

    Raises what reading an environment raises.
    """
    packages = read_environment(root.absolute()).packages
    held = []
    for name in project.release_names():
        pins = project.load_release(name).pins
        found = find_installed(packages, [pin.distribution for pin in pins])
        versions = {distribution: one.version for distribution, one in found.items()}
        if versions == {pin.distribution: pin.version for pin in pins}:
            held.append(name)
    return tuple(held)


def _describe(project: Project, release: Release, *, is_default: bool) -> ReleaseState:
    root = project.environment(release.name)
    requirements = project.requirements(release.name)
    return ReleaseState(
        release,
        is_default,
        has_interpreter(release.python),
        root,
        _environment_state(root, release, requirements),
        requirements.is_file(),
        project.series_lock(release.name).is_file(),
    )


def _environment_state(root: Path, release: Release, requirements: Path) -> EnvironmentState:
    if not root.exists():
        return "none"
    mark = find_mark(root)
    if mark is None or mark.release != release.name:
        return "not ours"
    if mark.state != "ready":
        return "unfinished"
    if not requirements.is_file():
        return "outdated"
    current = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return "ready" if mark.requirements == current else "outdated"
