"""requirements.in, requirements.txt, dependencies.toml: what a release asks for and locks.

dependencies.toml holds what `lock` learned from the index, so that a lock can be judged without
one. Files with test- in front of these names have the same formats.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.markers import (
    MarkerEnvironment,
    RequiredPackage,
    System,
    find_needs,
    parse_requirement,
)
from freebsd_port.openstack.core.release.release import COMPUTE, normalised_name

Form = Literal["pure", "source", "platform"]
"""A wheel for every platform, a source archive, or wheels for some platforms only."""

Kind = Literal["only there", "not locked", "other version", "not installable", "from source"]

_PROBLEMS: frozenset[Kind] = frozenset({"not locked", "other version", "not installable"})


class DependenciesError(PortError):
    """A dependencies.toml that cannot be read."""


@dataclass(frozen=True, slots=True)
class LockFiles:
    """The names of what is asked for, its lock, and what the index says of the lock."""

    source: str
    lock: str
    dependencies: str


TESTS = LockFiles("test-requirements.in", "test-requirements.txt", "test-dependencies.toml")
"""Of what upstream's own tests need in addition to the packages of the role compute."""


def packages_of(role: str) -> LockFiles:
    """Give the names of the files for an environment of this role."""
    tail = "" if role == COMPUTE else f"-{role}"
    return LockFiles(
        f"requirements{tail}.in", f"requirements{tail}.txt", f"dependencies{tail}.toml"
    )


@dataclass(frozen=True, slots=True)
class Dependency:
    """One locked distribution, as its metadata and the index describe it."""

    distribution: str
    version: str
    forms: tuple[Form, ...]
    """In the order of Form."""

    requires: tuple[str, ...]
    """As its metadata has them, markers and extras included."""


@dataclass(frozen=True, slots=True)
class LockDifference:
    """Something that is not the same on the platforms, or is not as the lock has it."""

    kind: Kind
    system: System
    distribution: str
    """Normalised name."""

    pythons: tuple[str, ...]
    """The Pythons for which it is so, oldest first; empty where the Python plays no part."""

    needs: tuple[RequiredPackage, ...] = ()
    """What asks for it."""

    @property
    def is_problem(self) -> bool:
        """Whether an installation fails over it, instead of just going another way."""
        return self.kind in _PROBLEMS


def parse_dependencies(data: bytes, where: str) -> tuple[Dependency, ...]:
    """Read a dependencies.toml; raises DependenciesError. `parse(render(d)) == d`."""
    try:
        tables = tomllib.loads(data.decode())
        return tuple(
            Dependency(
                name,
                table["version"],
                tuple(form for form in get_args(Form) if form in table["forms"]),
                tuple(table.get("requires", ())),
            )
            for name, table in tables.items()
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DependenciesError(
            f"dependencies.toml cannot be read: {error}",
            where=where,
            hint="freebsd-port lock makes the file again",
        ) from error


def render_dependencies(dependencies: Iterable[Dependency]) -> bytes:
    """Write a dependencies.toml, sorted by name; the same values give the same bytes."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment("What the locked distributions require, and in which forms"))
    document.add(tomlkit.comment("the index has them. Made by freebsd-port lock."))
    for one in sorted(dependencies, key=lambda one: normalised_name(one.distribution)):
        table = tomlkit.table()
        table["version"] = one.version
        table["forms"] = list(one.forms)
        if one.requires:
            requires = tomlkit.array()
            requires.extend(one.requires)
            table["requires"] = requires.multiline(True)
        document.add(one.distribution, table)
    return tomlkit.dumps(document).encode()


def compare_platforms(
    wanted: Iterable[str], dependencies: Iterable[Dependency], pythons: Iterable[str]
) -> tuple[LockDifference, ...]:
    """Tell where a lock serves Linux and FreeBSD differently, or one of them not at all.

    Every Python of the range is asked for both; sorted by kind, system and name.
    """
    known = {normalised_name(one.distribution): one for one in dependencies}
    found: dict[tuple[Kind, System, str], dict[str, tuple[RequiredPackage, ...]]] = {}
    requires = {name: one.requires for name, one in known.items()}
    wanted = tuple(wanted)
    for python in pythons:
        on: dict[System, dict[str, tuple[RequiredPackage, ...]]] = {
            system: find_needs(wanted, requires, MarkerEnvironment(system, python))
            for system in get_args(System)
        }
        for system, needed in on.items():
            other = on["Linux" if system == "FreeBSD" else "FreeBSD"]
            for name, needs in needed.items():
                for kind in _kinds(needs, known.get(name), system, is_elsewhere=name in other):
                    found.setdefault((kind, system, name), {})[python] = needs
    return tuple(
        LockDifference(kind, system, name, tuple(by_python), next(iter(by_python.values())))
        for (kind, system, name), by_python in sorted(found.items(), key=lambda item: item[0])
    )


def _kinds(
    needs: tuple[RequiredPackage, ...],
    locked: Dependency | None,
    system: System,
    *,
    is_elsewhere: bool,
) -> Iterable[Kind]:
    if not is_elsewhere:
        yield "only there"
    if locked is None:
        yield "not locked"
        return
    if not all(_agrees(need.requirement, locked.version) for need in needs):
        yield "other version"
    if system == "FreeBSD" and "pure" not in locked.forms:
        yield "from source" if "source" in locked.forms else "not installable"


def _agrees(requirement: str, version: str) -> bool:
    return parse_requirement(requirement).specifier.contains(version, prereleases=True)


_LOCKED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})(?=\s|$)")


class RequirementError(PortError):
    """A line that does not follow the format of its file."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One distribution at one version, with the files that may be taken for it."""

    distribution: str
    version: str
    sha256: tuple[str, ...]
    """Of every file that the index has for the version, in lower-case hexadecimal."""


def parse_locked(data: bytes, where: str) -> tuple[Locked, ...]:
    """Read what pip-compile --generate-hashes writes, in its order.

    Raises RequirementError with the line, 1-based, of what is not a pin with SHA-256 hashes.
    """
    found = []
    for line, text in _logical_lines(data.decode()):
        pin = _LOCKED.match(text)
        hashes = tuple(_HASH.findall(text))
        if pin is None or not hashes:
            raise RequirementError(
                "not a version with its hashes",
                where=f"{where}:{line}",
                hint="freebsd-port lock makes the file again",
            )
        found.append(Locked(pin["name"], pin["version"], hashes))
    return tuple(found)


def parse_wanted(data: bytes, where: str) -> tuple[str, ...]:
    """Read the requirements of a requirements.in, in its order; options such as -c are left out.

    Raises RequirementError with the line, 1-based, of what is not a requirement.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    found = []
    for line, text in _logical_lines(data.decode()):
        if text.startswith("-"):
            continue
        try:
            found.append(str(Requirement(text)))
        except InvalidRequirement as error:
            raise RequirementError("not a requirement", where=f"{where}:{line}") from error
    return tuple(found)


def locked_by_name(locked: tuple[Locked, ...]) -> dict[str, Locked]:
    """Index a lock by normalised name."""
    return {normalised_name(one.distribution): one for one in locked}


def without_locked(data: bytes, names: Collection[str]) -> bytes:
    """Leave distributions out of what pip-compile wrote, by normalised name; bytes in its form."""
    kept: list[str] = []
    is_left_out = False
    for line in data.decode().splitlines(keepends=True):
        if not line.startswith((" ", "\t")):
            pin = _LOCKED.match(line)
            is_left_out = pin is not None and normalised_name(pin["name"]) in names
        if not is_left_out:
            kept.append(line)
    return "".join(kept).encode()


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Join continued lines and drop comments; gives the number of each first line, 1-based."""
    found: list[tuple[int, str]] = []
    is_continued = False
    for line, physical in enumerate(text.splitlines(), start=1):
        content = re.sub(r"(^|\s)#.*", "", physical).strip()
        if is_continued:
            found[-1] = (found[-1][0], f"{found[-1][1]} {content.removesuffix(chr(92)).strip()}")
        elif content:
            found.append((line, content.removesuffix("\\").strip()))
        is_continued = content.endswith("\\")
    return found
