"""requirements.in and requirements.txt: what a release asks for, and what it is locked to.

Their namesakes with test- in front have the same formats.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from freebsd_port.core.release import normalised_name
from freebsd_port.errors import PortError

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
