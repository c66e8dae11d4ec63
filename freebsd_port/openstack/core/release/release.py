"""An OpenStack coordinated release: the Pythons it takes and a pin for each patched distribution.

Not the lock of everything that is installed beside them: that is `requirement`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from freebsd_port.engine.core.apply.overlay import is_digest
from freebsd_port.errors import PortError, ProblemsError

PATCHED_DISTRIBUTIONS = ("nova", "oslo.privsep", "oslo.messaging", "oslo.rootwrap")
"""The distributions that every release pins, in the order in which they are shown."""

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


@dataclass(frozen=True, slots=True)
class Release:
    """The pins of one coordinated release."""

    name: str
    """`2026.2`, or the old alphabetical name `xena`."""

    codename: str

    python: str
    """Range of Pythons, such as `>=3.11,<3.14`; upper bounds are what was tried, not a guess."""

    pins: tuple[Pin, ...]
    """In the order of release.toml."""

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
        if python and not all(_RANGE.fullmatch(part.strip()) for part in python.split(",")):
            self.problem(f"not a range of versions: {python}", "python")
        pins = table.get("pins", {})
        if not isinstance(pins, dict):
            self.problem("not a table", "pins")
            pins = {}
        self.no_other_keys(table, {"codename", "python", "pins"}, "")
        for missing in [d for d in PATCHED_DISTRIBUTIONS if d not in pins]:
            self.problem(f"no pin for {missing}", "pins")
        return Release(name, codename, python, tuple(self.pin(d, pins[d]) for d in pins))

    def pin(self, distribution: str, table: object) -> Pin:
        key = f"pins.{distribution}"
        if not isinstance(table, dict):
            self.problem("not a table", key)
            return Pin(distribution, "", "", "")
        version, wheel, sha256 = (
            self.text(table, part, f"{key}.{part}") for part in ("version", "wheel", "sha256")
        )
        self.no_other_keys(table, {"version", "wheel", "sha256"}, f"{key}.")
        if wheel and not _is_wheel(wheel, distribution, version):
            self.problem(f"{wheel} is not a wheel of {distribution} {version}", f"{key}.wheel")
        if sha256 and not is_digest(sha256):
            self.problem("not a SHA-256 in lower-case hexadecimal", f"{key}.sha256")
        return Pin(distribution, version, wheel, sha256)

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
