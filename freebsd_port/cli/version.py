"""The version of this installation, as far as it is known."""

from __future__ import annotations

from pathlib import Path


def installed_version() -> str | None:
    """Give the version that was installed; None if the package runs from files only."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("freebsd-port")
    except PackageNotFoundError:
        return None


def describe_version() -> str:
    """Give the version, or say where the files are that have none."""
    place = Path(__file__).absolute().parents[2]
    return installed_version() or f"of unknown version, not installed, run from {place}"
