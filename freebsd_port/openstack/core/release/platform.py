"""The platforms that checks run on, by name."""

from __future__ import annotations

EMULATED = ("freebsd-13.1", "freebsd-15.0")
"""Profiles of FreeBSD hosts on amd64 that were recorded, oldest first."""

FROM_HEADERS = "freebsd-14.5"
"""The profile of a FreeBSD between them, whose names and numbers are from its headers."""

ARM64 = "freebsd-15.0-arm64"
"""The profile of a FreeBSD host on arm64."""

NATIVE = "native"
"""FreeBSD as itself."""

LINUX = "linux"
"""Linux as it is."""

PLATFORMS = (*EMULATED, FROM_HEADERS, ARM64, LINUX, NATIVE)


def mode_of(platform: str) -> str:
    """Tell whether checks on a platform run on its own kernel: `native` or `emulated`."""
    return "native" if platform in (LINUX, NATIVE) else "emulated"
