"""What is wrong with a release's locks: each file held against the others, and the platforms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.dependencies import Dependency, Difference, compare_platforms
from freebsd_port.core.markers import pythons_of
from freebsd_port.core.release import Release, normalised_name
from freebsd_port.core.requirement import Locked, locked_by_name
from freebsd_port.errors import PortError


class LockError(PortError):
    """A lock that is not there, cannot be written, or contradicts the release."""


@dataclass(frozen=True, slots=True)
class LockFiles:
    """The names of what is asked for, its lock, and what the index says of the lock."""

    source: str
    lock: str
    dependencies: str


PACKAGES = LockFiles("requirements.in", "requirements.txt", "dependencies.toml")
"""Of the target environment."""

TESTS = LockFiles("test-requirements.in", "test-requirements.txt", "test-dependencies.toml")
"""Of what upstream's own tests need beside it."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The content of a LockFiles."""

    files: LockFiles
    wanted: tuple[str, ...]
    locked: tuple[Locked, ...]
    dependencies: tuple[Dependency, ...]


def find_differences(
    release: Release, packages: Lock, tests: Lock | None
) -> tuple[Difference, ...]:
    """Compare the platforms; what the tests need is judged together with the packages."""
    pythons = pythons_of(release)
    own = compare_platforms(packages.wanted, packages.dependencies, pythons)
    if tests is None:
        return own
    both = compare_platforms(
        (*packages.wanted, *tests.wanted),
        (*packages.dependencies, *tests.dependencies),
        pythons,
    )
    known = {(one.kind, one.system, one.distribution) for one in own}
    return (
        *own,
        *(one for one in both if (one.kind, one.system, one.distribution) not in known),
    )


def find_problems(
    release: Release,
    packages: Lock,
    tests: Lock | None,
    differences: tuple[Difference, ...],
    directory: Path,
) -> tuple[PortError, ...]:
    """Give every contradiction between the files of a release, and between them and a platform."""
    problems = [
        *_pin_problems(release, packages, directory),
        *_coverage_problems(packages, directory),
    ]
    if tests is not None:
        problems += _coverage_problems(tests, directory)
        problems += _double_problems(release, packages, tests, directory)
    problems += [_problem(one, directory) for one in differences if one.is_problem]
    return tuple(problems)


def _pin_problems(release: Release, packages: Lock, directory: Path) -> list[PortError]:
    """What release.toml says about a distribution and the other two files do not."""
    problems: list[PortError] = []
    by_name = locked_by_name(packages.locked)
    for pin in release.pins:
        if f"{pin.distribution}=={pin.version}" not in packages.wanted:
            problems.append(
                LockError(
                    f"release.toml pins {pin.distribution} {pin.version}, requirements.in does not",
                    where=str(directory / packages.files.source),
                )
            )
        found = by_name.get(normalised_name(pin.distribution))
        what = None
        if found is None or found.version != pin.version:
            has = f"{found.distribution} {found.version}" if found else f"no {pin.distribution}"
            what = f"the lock has {has}, release.toml pins {pin.version}"
        elif pin.sha256 not in found.sha256:
            what = f"the lock does not have the hash of {pin.wheel}"
        if what is not None:
            problems.append(_stale(what, release, directory / packages.files.lock))
    return problems


def _double_problems(
    release: Release, packages: Lock, tests: Lock, directory: Path
) -> list[PortError]:
    """What both locks have: it would hide the target's own, patches included."""
    in_packages = locked_by_name(packages.locked)
    return [
        _stale(
            f"{one.distribution} is in {packages.files.lock} too",
            release,
            directory / tests.files.lock,
        )
        for one in tests.locked
        if normalised_name(one.distribution) in in_packages
    ]


def _stale(what: str, release: Release, path: Path) -> LockError:
    return LockError(what, where=str(path), hint=f"freebsd-port lock --release {release.name}")


def _coverage_problems(lock: Lock, directory: Path) -> list[PortError]:
    in_lock = {(normalised_name(one.distribution), one.version) for one in lock.locked}
    described = {(normalised_name(one.distribution), one.version) for one in lock.dependencies}
    return [
        LockError(
            f"{name} {version} is in only one of {lock.files.lock} and {lock.files.dependencies}",
            where=str(directory),
            hint="freebsd-port lock makes both",
        )
        for name, version in sorted(in_lock ^ described)
    ]


_TEXT = {
    "not locked": "needs {name}, and the lock does not have it",
    "other version": "needs another version of {name} than the lock has",
    "not installable": "can install {name} neither from a wheel nor from source",
}


def _problem(difference: Difference, directory: Path) -> PortError:
    text = _TEXT[difference.kind].format(name=difference.distribution)
    asked = ", ".join(
        f"{need.requirement} of {need.wanted_by or 'requirements.in'}" for need in difference.needs
    )
    return LockError(
        f"{difference.system} with Python {', '.join(difference.pythons)} {text}: {asked}",
        where=str(directory / PACKAGES.lock),
    )
