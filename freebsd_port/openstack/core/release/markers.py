"""Environment markers evaluated for platforms that this program does not run on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from freebsd_port.openstack.core.release.release import Release, normalised_name

if TYPE_CHECKING:
    from packaging.requirements import Requirement

System = Literal["Linux", "FreeBSD"]

_SYSTEM: dict[System, dict[str, str]] = {
    "Linux": {
        "platform_machine": "x86_64",
        "platform_release": "6.12.0",
        "platform_version": "#1 SMP",
        "sys_platform": "linux",
    },
    "FreeBSD": {
        "platform_machine": "amd64",
        "platform_release": "14.3-RELEASE",
        "platform_version": "FreeBSD 14.3-RELEASE GENERIC",
        "sys_platform": "freebsd14",
    },
}
_NEWEST_MINOR = 30


@dataclass(frozen=True, slots=True)
class MarkerEnvironment:
    """A platform and a Python that a marker can be asked about."""

    system: System

    python: str
    """Two numbers, such as `3.11`."""

    def variables(self) -> dict[str, str]:
        """The variables of every marker, none taken from the machine this runs on.

        Source: PyPA specifications, dependency specifiers (PEP 508), environment markers.
        """
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_python_implementation": "CPython",
            "platform_system": self.system,
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            **_SYSTEM[self.system],
        }


@dataclass(frozen=True, slots=True)
class RequiredPackage:
    """One requirement that holds on a target, and who has it."""

    requirement: str
    wanted_by: str
    """Normalised name, or empty for the project's own requirements."""


def pythons_of(release: Release) -> tuple[str, ...]:
    """The Python versions in a release's range, as two numbers each, oldest first."""
    return tuple(
        f"3.{minor}" for minor in range(_NEWEST_MINOR) if release.allows_python(f"3.{minor}.99")
    )


@cache
def parse_requirement(text: str) -> Requirement:
    """Parse a requirement; the same text, asked for again for another target, costs nothing.

    Raises packaging's InvalidRequirement.
    """
    from packaging.requirements import Requirement

    return Requirement(text)


def find_needs(
    wanted: Iterable[str], requires: Mapping[str, Iterable[str]], target: MarkerEnvironment
) -> dict[str, tuple[RequiredPackage, ...]]:
    """Follow requirements, with their extras, as far as they hold on a target.

    `requires` has each known distribution's requirements by normalised name; a name that is
    needed and not known is a key of the result all the same, followed no further. The needs of
    a name are sorted.
    """
    own = [parse_requirement(text) for text in wanted]
    parsed = {name: [parse_requirement(one) for one in texts] for name, texts in requires.items()}
    found: dict[str, set[RequiredPackage]] = {}
    extras: dict[str, set[str]] = {}
    waiting = [(one, "") for one in own if _holds(one, target, {""})]
    while waiting:
        requirement, wanted_by = waiting.pop()
        name = normalised_name(requirement.name)
        need = RequiredPackage(str(requirement), wanted_by)
        asked = {"", *(normalised_name(extra) for extra in requirement.extras)}
        is_new = not asked <= extras.get(name, set())
        found.setdefault(name, set()).add(need)
        extras.setdefault(name, set()).update(asked)
        if is_new:
            waiting += [
                (one, name) for one in parsed.get(name, ()) if _holds(one, target, extras[name])
            ]
    return {
        name: tuple(sorted(needs, key=lambda one: (one.wanted_by, one.requirement)))
        for name, needs in sorted(found.items())
    }


def _holds(requirement: Requirement, target: MarkerEnvironment, extras: set[str]) -> bool:
    marker = requirement.marker
    if marker is None:
        return True
    return any(marker.evaluate({**target.variables(), "extra": extra}) for extra in extras)
