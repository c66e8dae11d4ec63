"""A wheel of pure Python made from a directory's files and its pyproject.toml, without a builder.

Writing it is `pure_wheel_file`. Source: PyPA specifications, binary distribution format.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WHEEL = b"Wheel-Version: 1.0\nGenerator: freebsd-port\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(frozen=True, slots=True)
class PureWheel:
    """What a wheel of pure Python holds."""

    distribution: str
    version: str
    members: Mapping[str, bytes]
    """By path in the packages' directory, RECORD last."""

    @property
    def name(self) -> str:
        """Give the name of its file."""
        return f"{_stem(self.distribution)}-{self.version}-py3-none-any.whl"


def make_pure_wheel(project: Mapping[str, Any], files: Mapping[str, bytes]) -> PureWheel:
    """Make a wheel of a `[project]` table of pyproject.toml and of the files of its packages."""
    name, version = project["name"], project["version"]
    info = f"{_stem(name)}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Summary: {project['description']}\nLicense: {project['license']}\n"
    metadata += f"Requires-Python: {project['requires-python']}\n"
    points = "".join(
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in sorted(rows.items())) + "\n"
        for group, rows in sorted(project.get("entry-points", {}).items())
    )
    members = {path: files[path] for path in sorted(files)}
    members[f"{info}/METADATA"] = metadata.encode()
    members[f"{info}/WHEEL"] = _WHEEL
    members[f"{info}/entry_points.txt"] = points.encode()
    rows = [f"{path},{_digest(data)},{len(data)}\n" for path, data in members.items()]
    members[f"{info}/RECORD"] = f"{''.join(rows)}{info}/RECORD,,\n".encode()
    return PureWheel(name, version, members)


def _stem(name: str) -> str:
    return name.replace("-", "_")


def _digest(data: bytes) -> str:
    value = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={value.decode()}"
