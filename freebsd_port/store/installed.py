"""Distributions installed in a directory of packages, read without starting Python."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.release import normalised_name
from freebsd_port.errors import PortError

_DIST_INFO = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)\.dist-info")


class InstalledError(PortError):
    """A directory of packages whose records contradict themselves or cannot be read."""


@dataclass(frozen=True, slots=True)
class Installed:
    """One distribution in a directory of packages."""

    distribution: str
    """As its metadata spells it."""

    version: str

    dist_info: Path
    """The directory that holds METADATA and RECORD."""

    root: Path
    """The directory of packages, to which the paths in RECORD are relative."""


def find_installed(root: Path, distributions: Iterable[str]) -> dict[str, Installed]:
    """Return those of the distributions that are installed under root.

    Keys are spelled as the caller spelled them; what is not there has no key. One listing of
    the directory, and one METADATA for each distribution found. Source: PyPA specifications,
    recording installed projects.

    Raises InstalledError when the directory cannot be listed, when one distribution is there
    twice, or when METADATA is missing or names something else than its directory.
    """
    wanted = {normalised_name(name): name for name in distributions}
    found: dict[str, Installed] = {}
    for entry in _listed(root):
        parts = _DIST_INFO.fullmatch(entry)
        if parts is None or (asked := wanted.get(normalised_name(parts["name"]))) is None:
            continue
        installed = _read_installed(root, root / entry)
        if asked in found:
            raise InstalledError(
                f"{asked} is installed twice",
                where=f"{found[asked].dist_info} and {installed.dist_info}",
                hint=f"uninstall {asked} until it is gone, then install the pinned version",
            )
        found[asked] = installed
    return found


def _listed(root: Path) -> list[str]:
    try:
        return sorted(os.listdir(root))
    except OSError as error:
        raise InstalledError(
            f"no directory of packages: {(error.strerror or 'unreadable').lower()}",
            where=str(root),
        ) from error


def _read_installed(root: Path, dist_info: Path) -> Installed:
    try:
        headers = _headers((dist_info / "METADATA").read_bytes())
    except OSError as error:
        raise InstalledError(
            f"unreadable metadata: {(error.strerror or 'no reason given').lower()}",
            where=str(dist_info / "METADATA"),
            hint="install the distribution again",
        ) from error
    name, version = headers.get("name", ""), headers.get("version", "")
    stem = dist_info.name.removesuffix(".dist-info").split("-", 1)
    if normalised_name(name) != normalised_name(stem[0]) or stem[1] != version:
        raise InstalledError(
            f"metadata of {name} {version} in a directory of {stem[0]} {stem[1]}",
            where=str(dist_info / "METADATA"),
            hint="install the distribution again",
        )
    return Installed(name, version, dist_info, root)


def _headers(metadata: bytes) -> dict[str, str]:
    """The first line of each field, by its name in lower case; the body is left out."""
    head = re.split(rb"\r?\n\r?\n", metadata, maxsplit=1)[0].decode("utf-8", "replace")
    fields = (line.partition(":") for line in reversed(head.splitlines()))
    return {name.lower(): value.strip() for name, colon, value in fields if colon}
