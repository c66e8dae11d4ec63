"""dependencies.toml: what the locked distributions require, and in which forms they come.

It is what `lock` learns from the index, kept so that the lock can be judged without one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from freebsd_port.core.markers import Need, System, Target, find_needs, parse_requirement
from freebsd_port.core.release import normalised_name
from freebsd_port.errors import PortError

Form = Literal["pure", "source", "platform"]
"""A wheel for every platform, a source archive, or wheels for some platforms only."""

Kind = Literal["only there", "not locked", "other version", "not installable", "from source"]

_PROBLEMS: frozenset[Kind] = frozenset({"not locked", "other version", "not installable"})


class DependenciesError(PortError):
    """A dependencies.toml that cannot be read."""


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
class Difference:
    """Something that is not the same on the platforms, or is not as the lock has it."""

    kind: Kind
    system: System
    distribution: str
    """Normalised name."""

    pythons: tuple[str, ...]
    """The Pythons for which it is so, oldest first; empty where the Python plays no part."""

    needs: tuple[Need, ...] = ()
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
) -> tuple[Difference, ...]:
    """Tell where a lock serves Linux and FreeBSD differently, or one of them not at all.

    Every Python of the range is asked for both; sorted by kind, system and name.
    """
    known = {normalised_name(one.distribution): one for one in dependencies}
    found: dict[tuple[Kind, System, str], dict[str, tuple[Need, ...]]] = {}
    requires = {name: one.requires for name, one in known.items()}
    wanted = tuple(wanted)
    for python in pythons:
        on: dict[System, dict[str, tuple[Need, ...]]] = {
            system: find_needs(wanted, requires, Target(system, python))
            for system in get_args(System)
        }
        for system, needed in on.items():
            other = on["Linux" if system == "FreeBSD" else "FreeBSD"]
            for name, needs in needed.items():
                for kind in _kinds(needs, known.get(name), system, is_elsewhere=name in other):
                    found.setdefault((kind, system, name), {})[python] = needs
    return tuple(
        Difference(kind, system, name, tuple(by_python), next(iter(by_python.values())))
        for (kind, system, name), by_python in sorted(found.items(), key=lambda item: item[0])
    )


def _kinds(
    needs: tuple[Need, ...], locked: Dependency | None, system: System, *, is_elsewhere: bool
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
