"""`releases outdated`: the pins held against what the index has by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from freebsd_port.core.markers import pythons_of
from freebsd_port.core.published import (
    NewRelease,
    Published,
    find_new_releases,
    find_point_release,
)
from freebsd_port.core.release import PATCHED_DISTRIBUTIONS, Pin, Release
from freebsd_port.store.index import list_published
from freebsd_port.store.project import Project
from freebsd_port.store.wheels import Progress


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
    is_carried: bool
    """Whether the series was carried to it."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """What the index has that the releases here have not."""

    releases: tuple[ReleaseNews, ...]
    """All that were looked at, oldest first."""

    new: tuple[NewRelease, ...]
    """Coordinated releases newer than all here, oldest first."""

    new_pythons: tuple[str, ...]
    """Pythons of the newest release here that the newest of them allows."""

    @property
    def is_outdated(self) -> bool:
        """Tell whether there is anything newer."""
        return bool(self.new) or any(one.pins for one in self.releases)


def find_outdated(project: Project, names: Sequence[str], progress: Progress) -> Outdated:
    """Ask the index about the pins of these releases, and for releases newer than all here.

    Raises PackageIndexError when the index cannot be asked.
    """
    progress(f"asking the index about {', '.join(PATCHED_DISTRIBUTIONS)}")
    published = list_published(PATCHED_DISTRIBUTIONS)
    news = []
    for name in names:
        release = project.load_release(name)
        found = [
            (pin, find_point_release(pin, published[pin.distribution]))
            for pin in release.pins
            if pin.distribution in published
        ]
        pins = tuple(NewerPin(pin, newest) for pin, newest in found if newest is not None)
        news.append(ReleaseNews(release, pins, project.series_lock(name).is_file()))
    last = project.load_release(project.default_release())
    new = find_new_releases(last.name, last.require_pin("nova"), published["nova"])
    allowed = new[-1].nova if new else None
    pythons = tuple(one for one in pythons_of(last) if allowed and allowed.allows_python(one))
    return Outdated(tuple(news), new, pythons)
