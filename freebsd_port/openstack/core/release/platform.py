"""The platforms that checks run on, by name."""

from __future__ import annotations

EMULATED = ("freebsd-13.1", "freebsd-14.5")
"""Profiles of a FreeBSD host, oldest first."""

NATIVE = "native"
"""FreeBSD as itself."""

LINUX = "linux"
"""Linux as it is."""
