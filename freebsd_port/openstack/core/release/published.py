"""What a package index has beside the pins: newer point releases, and newer releases.

Not what is pinned: that is `release`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from freebsd_port.openstack.core.release.release import Pin, normalised_name

if TYPE_CHECKING:
    from packaging.version import Version

_DATED = re.compile(r"(\d{4})\.([12])")
_ONE_A_RELEASE = {"nova"}
"""Services: each coordinated release has a major version of its own."""


@dataclass(frozen=True, slots=True)
class Published:
    """One wheel on the index."""

    version: str
    wheel: str
    """File name."""

    sha256: str | None
    """None when the index does not tell."""

    python: str | None
    """The Pythons that its metadata allows, such as `>=3.11`; None for any."""

    is_yanked: bool

    def allows_python(self, version: str) -> bool:
        """Whether its metadata allows a Python (`3.11`)."""
        from packaging.specifiers import SpecifierSet

        return self.python is None or SpecifierSet(self.python).contains(f"{version}.99")


@dataclass(frozen=True, slots=True)
class NewRelease:
    """A coordinated release that is newer than all releases here."""

    name: str | None
    """None when the releases here do not follow the calendar, so that none can be told."""

    nova: Published


def release_line(distribution: str, version: str) -> tuple[int, ...]:
    """Give what all point releases of one coordinated release have in common.

    The major version of a service. Major and minor version of a library, because a library's
    main branch raises the minor version when a stable branch is cut.
    Source: OpenStack project team guide, release management.
    """
    parts = _parse(version).release
    return parts[:1] if normalised_name(distribution) in _ONE_A_RELEASE else (*parts, 0)[:2]


def find_point_release(pin: Pin, published: Iterable[Published]) -> Published | None:
    """Return the newest wheel of the pin's line, or None when that is the pinned one."""
    line = release_line(pin.distribution, pin.version)
    newest = _newest(
        one for one in published if release_line(pin.distribution, one.version) == line
    )
    if newest is None or _parse(newest.version) <= _parse(pin.version):
        return None
    return newest


def find_new_releases(
    newest: str, nova: Pin, published: Iterable[Published]
) -> tuple[NewRelease, ...]:
    """Give the coordinated releases that came after the newest one here, oldest first.

    `nova` is what the newest one pins; each later major version is one release, two a year.
    """
    pinned = _parse(nova.version).major
    by_major: dict[int, list[Published]] = {}
    for one in published:
        by_major.setdefault(_parse(one.version).major, []).append(one)
    found = []
    for major in sorted(major for major in by_major if major > pinned):
        best = _newest(by_major[major])
        if best is not None:
            found.append(NewRelease(_later_name(newest, major - pinned), best))
    return tuple(found)


def find_wheel_of(version: str, published: Iterable[Published]) -> Published | None:
    """Return the pure wheel of a version, however it is spelt; yanked ones and all."""
    wanted = _parse(version)
    fitting = [one for one in published if _parse(one.version) == wanted]
    return (
        min(fitting, key=lambda one: (not one.wheel.endswith("-none-any.whl"), one.wheel))
        if fitting
        else None
    )


def _newest(published: Iterable[Published]) -> Published | None:
    """Return the newest one, previews and yanked ones left out."""
    usable = [
        one for one in published if not one.is_yanked and not _parse(one.version).is_prerelease
    ]
    return max(usable, key=lambda one: _parse(one.version), default=None)


def _later_name(name: str, steps: int) -> str | None:
    dated = _DATED.fullmatch(name)
    if dated is None:
        return None
    halves = int(dated[1]) * 2 + int(dated[2]) - 1 + steps
    return f"{halves // 2}.{halves % 2 + 1}"


def _parse(version: str) -> Version:
    from packaging.version import Version

    return Version(version)
