"""The name that git has for whoever sits here."""

from __future__ import annotations

import subprocess
from pathlib import Path


def find_git_user(directory: Path) -> str | None:
    """Give git's user.name as it is set for a directory, or None without git or a name."""
    try:
        asked = subprocess.run(
            ["git", "config", "user.name"],
            cwd=directory,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except OSError:
        return None
    return asked.stdout.decode("utf-8", "replace").strip() or None
