"""Programs that a test needs and a machine may lack: then it is skipped with the package's name."""

from __future__ import annotations

import shutil

import pytest

PACKAGES = {
    "bmake": "bmake",
    "git": "git",
    "install": "coreutils",
    "mariadb": "mariadb-client",
    "nc": "netcat-openbsd",
    "patch": "patch",
    "ps": "procps",
    "quilt": "quilt",
    "shellcheck": "shellcheck",
    "xz": "xz-utils",
}
"""Debian's package of each program. README's install line names them all."""


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where the program is not installed."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=why_not(program))


def why_not(program: str) -> str:
    """The reason of a skip."""
    return f"{program} is not installed; on Debian: apt-get install {PACKAGES[program]}"
