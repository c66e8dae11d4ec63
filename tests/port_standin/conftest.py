"""Guests for the stand-in of libvirt's bhyve driver, as descriptions that it accepts."""

from __future__ import annotations

import pytest
from bhyve_libvirt import Connection
from descriptions import Description


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
def describe(tmp_path):
    """A function that describes a guest with a raw disk: describe(*devices, **parts)."""
    disk = tmp_path / "disk"
    disk.write_bytes(b"\0" * 512)
    return Description(tmp_path).render
