"""The platforms that checks run on, by name."""

from __future__ import annotations

EMULATED = ("freebsd-13.1", "freebsd-14.5")
"""Profiles of a FreeBSD host on amd64, oldest first."""

ARM64 = "freebsd-15.0-arm64"
"""The profile of a FreeBSD host on arm64."""

NATIVE = "native"
"""FreeBSD as itself."""

LINUX = "linux"
"""Linux as it is."""
