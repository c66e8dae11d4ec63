"""An OpenStack coordinated release: the Pythons it takes, its pins, and the roles that share them.

Not the lock of everything that is installed besides them: that is `requirements`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from freebsd_port.engine.core.apply.overlay import is_digest
from freebsd_port.errors import PortError, ProblemsError

PATCHED_DISTRIBUTIONS = ("nova", "oslo.privsep", "oslo.messaging", "oslo.rootwrap")
"""The distributions that every release pins, in the order in which they are shown.

They are those of the role compute; a release can pin more for its other roles.
"""

COMPUTE = "compute"
"""The role that every release has and release.toml does not list: the default."""

_ROLE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RANGE = re.compile(r"(>=|>|<=|<|==|!=|~=)\s*\d+(\.\d+)*(\.\*)?")


class ReleaseError(PortError):
    """A release.toml, or a question asked of it, that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution at one version, as one wheel."""

    distribution: str
    """The published spelling, such as `oslo.privsep`."""

    version: str

    wheel: str
    """File name on the index."""

    sha256: str
    """Of the wheel, in lower-case hexadecimal."""

    fits: tuple[str, ...] = ()
    """Requirements that other pins of the release satisfy, such as `nova==34.*`.

    For a distribution whose own metadata does not say which nova or neutron it is made for.
    """


@dataclass(frozen=True, slots=True)
class Role:
    """What one environment is for: some of a release's pins, with requirements of their own."""

    name: str

    distributions: tuple[str, ...]
    """Those that it takes from the pins, as they are spelled there."""

    python: str = ""
    """Range of Pythons, where it is not the release's; else empty."""


@dataclass(frozen=True, slots=True)
class Release:
    """The pins of one coordinated release."""

    name: str
    """`2026.2`, or the old alphabetical name `xena`."""

    codename: str

    python: str
    """Range of Pythons, such as `>=3.11,<3.14`; upper bounds are what was tried, not a guess."""

    pins: tuple[Pin, ...]
    """In the order of release.toml; of one role only, if the release was narrowed to it."""

    roles: tuple[Role, ...] = ()
    """In the order of release.toml, without compute."""

    role: str | None = None
    """The role that `for_role` narrowed it to, or None."""

    @property
    def label(self) -> str:
        """Name it in a line of output, with its role if that is not the default."""
        return self.name if self.role in (None, COMPUTE) else f"{self.name} {self.role}"

    @property
    def role_names(self) -> tuple[str, ...]:
        """Name every role, compute first."""
        return (COMPUTE, *(role.name for role in self.roles))

    def require_role(self, name: str) -> Role:
        """Return a role, or raise ReleaseError with the names of those that there are."""
        if name == COMPUTE:
            return Role(COMPUTE, PATCHED_DISTRIBUTIONS)
        for role in self.roles:
            if role.name == name:
                return role
        raise ReleaseError(
            f"release {self.name} has no role {name}",
            where=f"releases/{self.name}/release.toml",
            hint=f"choose one of {', '.join(self.role_names)}",
        )

    def for_role(self, name: str) -> Release:
        """Give the release with the pins and Pythons of one role.

        Raises ReleaseError for a role that there is not, ProblemsError for pins of the role that
        do not fit the others.
        """
        role = self.require_role(name)
        pins = self.pins_of(role.distributions)
        if misfits := find_misfits(self, pins):
            raise ProblemsError(misfits)
        return replace(self, pins=pins, python=role.python or self.python, role=name)

    def pins_of(self, distributions: Collection[str]) -> tuple[Pin, ...]:
        """Give the pins of those of the distributions that it pins, in the order of the pins."""
        return tuple(pin for pin in self.pins if pin.distribution in distributions)

    def includes(self, role: str, other: str) -> bool:
        """Tell whether one of its roles is, or has every distribution of, another role."""
        if role == other or other not in self.role_names:
            return role == other
        wanted = self.require_role(other).distributions
        return set(wanted) <= set(self.require_role(role).distributions)

    def find_pin(self, distribution: str) -> Pin | None:
        """Return the pin of a distribution, by any spelling of its name."""
        wanted = normalised_name(distribution)
        return next((p for p in self.pins if normalised_name(p.distribution) == wanted), None)

    def require_pin(self, distribution: str) -> Pin:
        """Return the pin of a distribution, by any spelling, or raise ReleaseError."""
        pin = self.find_pin(distribution)
        if pin is None:
            raise ReleaseError(
                f"release {self.name} does not pin {distribution}",
                where=f"releases/{self.name}/release.toml",
                hint=f"it pins {', '.join(p.distribution for p in self.pins)}",
            )
        return pin

    def allows_python(self, version: str) -> bool:
        """Whether the Python of this version (`3.11`, `3.11.7`) is in the range."""
        from packaging.specifiers import SpecifierSet

        return SpecifierSet(self.python).contains(version, prereleases=True)


def venv_command(release: str, role: str | None) -> str:
    """Give the command that makes the environment of a release's role."""
    return f"freebsd-port venv --release {release}{_role_option(role)}"


def lock_command(release: str, role: str | None) -> str:
    """Give the command that locks the requirements of a release's role."""
    return f"freebsd-port lock --release {release}{_role_option(role)}"


def _role_option(role: str | None) -> str:
    return "" if role in (None, COMPUTE) else f" --role {role}"


def normalised_name(distribution: str) -> str:
    """Fold the spellings of one distribution's name into one.

    Source: PyPA specifications, name normalization (PEP 503).
    """
    return re.sub(r"[-_.]+", "-", distribution).lower()


def release_order(name: str) -> tuple[int, int, int, str]:
    """Sort key that puts releases in the order of their publication.

    Alphabetical names ended with zed; the dated ones (`2023.1`) came after it.
    """
    year, _, number = name.partition(".")
    if len(year) == 4 and year.isdecimal() and number.isdecimal():
        return (1, int(year), int(number), name)
    return (0, 0, 0, name)


def parse_release(data: bytes, name: str) -> Release:
    """Read a release.toml.

    Raises ReleaseError with the line (bad TOML) or the key (bad value) as its place, and
    ProblemsError when there is more than one finding.
    """
    where = f"releases/{name}/release.toml"
    try:
        table = tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReleaseError("release.toml is not UTF-8", where=f"{where}:{line}") from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        line_suffix = f":{place[1]}" if place else ""
        reason = str(error)[: place.start()] if place else str(error)
        raise ReleaseError(
            f"release.toml is not TOML: {reason[:1].lower()}{reason[1:]}",
            where=where + line_suffix,
        ) from error
    reader = _Reader(where)
    release = reader.release(table, name)
    if len(reader.problems) == 1:
        raise reader.problems[0]
    if reader.problems:
        raise ProblemsError(tuple(reader.problems))
    return release


def find_misfits(release: Release, pins: Iterable[Pin]) -> tuple[ReleaseError, ...]:
    """Compare what these pins of a release say that they fit with all of its pins.

    Not a part of reading release.toml: quick verbs read it, and few pins say anything.
    """
    wishes = [(pin, text) for pin in pins for text in pin.fits]
    if not wishes:
        return ()
    from packaging.requirements import InvalidRequirement, Requirement

    misfits: list[ReleaseError] = []
    for pin, text in wishes:
        where = f"releases/{release.name}/release.toml: pins.{pin.distribution}.fits"
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            misfits.append(ReleaseError(f"not a requirement: {text}", where=where))
            continue
        other = release.find_pin(wanted.name)
        if other is None:
            misfits.append(ReleaseError(f"no pin for {wanted.name}", where=where))
        elif not wanted.specifier.contains(other.version, prereleases=True):
            what = f"{pin.distribution} {pin.version} fits {text}, "
            what += f"the release pins {other.version}"
            misfits.append(ReleaseError(what, where=where))
    return tuple(misfits)


def _is_wheel(name: str, distribution: str, version: str) -> bool:
    """Tell whether a wheel of this name is one of the distribution at the version.

    Source: PyPA specifications, binary distribution format, "File name convention".
    """
    parts = name.removesuffix(".whl").split("-", 2)
    return (
        name.endswith(".whl")
        and not {"/", "\\"}.intersection(name)
        and len(parts) == 3
        and parts[2] != ""
        and normalised_name(parts[0]) == normalised_name(distribution)
        and parts[1] == version
    )


class _Reader:
    """Reads tables and collects what is wrong with them."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[PortError] = []

    def release(self, table: dict[str, Any], name: str) -> Release:
        codename = self.text(table, "codename", "codename")
        python = self.text(table, "python", "python")
        self.range(python, "python")
        pins, roles = (self.table(table.get(key, {}), key) for key in ("pins", "roles"))
        self.no_other_keys(table, {"codename", "python", "pins", "roles"}, "")
        for missing in [d for d in PATCHED_DISTRIBUTIONS if d not in pins]:
            self.problem(f"no pin for {missing}", "pins")
        return Release(
            name,
            codename,
            python,
            tuple(self.pin(d, pins[d]) for d in pins),
            tuple(self.role(one, roles[one], pins) for one in roles),
        )

    def role(self, name: str, value: object, pins: Collection[str]) -> Role:
        key = f"roles.{name}"
        table = self.table(value, key)
        self.no_other_keys(table, {"distributions", "python"}, f"{key}.")
        if name == COMPUTE:
            self.problem("every release has this role, so it is not listed", key)
        elif not _ROLE_NAME.fullmatch(name):
            self.problem("not the name of a role: letters, digits and hyphens", key)
        distributions = self.texts(table, "distributions", f"{key}.distributions")
        if not distributions:
            self.problem("no distribution", f"{key}.distributions")
        for missing in [one for one in distributions if one not in pins]:
            self.problem(f"no pin for {missing}", f"{key}.distributions")
        python = self.text(table, "python", f"{key}.python") if "python" in table else ""
        self.range(python, f"{key}.python")
        return Role(name, distributions, python)

    def pin(self, distribution: str, table: object) -> Pin:
        key = f"pins.{distribution}"
        if not isinstance(table, dict):
            self.problem("not a table", key)
            return Pin(distribution, "", "", "")
        version, wheel, sha256 = (
            self.text(table, part, f"{key}.{part}") for part in ("version", "wheel", "sha256")
        )
        fits = self.texts(table, "fits", f"{key}.fits")
        self.no_other_keys(table, {"version", "wheel", "sha256", "fits"}, f"{key}.")
        if wheel and not _is_wheel(wheel, distribution, version):
            self.problem(f"{wheel} is not a wheel of {distribution} {version}", f"{key}.wheel")
        if sha256 and not is_digest(sha256):
            self.problem("not a SHA-256 in lower-case hexadecimal", f"{key}.sha256")
        return Pin(distribution, version, wheel, sha256, fits)

    def range(self, python: str, key: str) -> None:
        if python and not all(_RANGE.fullmatch(part.strip()) for part in python.split(",")):
            self.problem(f"not a range of versions: {python}", key)

    def table(self, value: object, key: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.problem("not a table", key)
        return {}

    def texts(self, table: dict[str, Any], part: str, key: str) -> tuple[str, ...]:
        value = table.get(part, [])
        if isinstance(value, list) and all(isinstance(one, str) and one for one in value):
            return tuple(value)
        self.problem("not a list of texts", key)
        return ()

    def text(self, table: dict[str, Any], part: str, key: str) -> str:
        value = table.get(part)
        if isinstance(value, str) and value:
            return value
        self.problem("missing" if part not in table else "not a text", key)
        return ""

    def no_other_keys(self, table: dict[str, Any], known: set[str], prefix: str) -> None:
        for part in table.keys() - known:
            self.problem("no such key in a release.toml", f"{prefix}{part}")

    def problem(self, what: str, key: str) -> None:
        self.problems.append(ReleaseError(what, where=f"{self.where}: {key}"))
