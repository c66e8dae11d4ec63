"""A wheel of pure Python as a file; the same members give the same bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path

from freebsd_port.openstack.core.release.pure_wheel import PureWheel

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold."""


def save_wheel(wheel: PureWheel, directory: Path) -> Path:
    """Write a wheel below a directory; give the file."""
    path = directory / wheel.name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in wheel.members.items():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.external_attr = 0o644 << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return path
