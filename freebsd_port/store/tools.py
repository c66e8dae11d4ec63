"""pytest and coverage for a target's interpreter, in a directory of their own.

The target stays clean: nothing is installed into it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from freebsd_port.core.file import hash_bytes
from freebsd_port.errors import PortError
from freebsd_port.store.files import remove_directory
from freebsd_port.store.wheels import Progress, cache_directory, pip_complaint


class ToolsError(PortError):
    """pytest and coverage could not be had for the target."""


def require_tools(python: Path, version: str, requirements: Path, progress: Progress) -> Path:
    """Give the directory to put on PYTHONPATH, made by pip in the user's cache when missing.

    One for each Python version and text of the requirements. Raises ToolsError.
    """
    wanted = requirements.read_bytes()
    minor = ".".join(version.split(".")[:2])
    place = cache_directory() / "tools" / f"{minor}-{hash_bytes(wanted)[:16]}"
    if (place / "pytest").is_dir():
        return place
    progress(f"fetching pytest and coverage for Python {minor}")
    partial = place.with_name(f"{place.name}.{os.getpid()}")
    place.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    command += ["--no-compile", "--target", str(partial), "--requirement", str(requirements)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        remove_directory(partial)
        raise ToolsError(
            f"pytest cannot be fetched: {pip_complaint(done.stderr)}",
            where=f"for {python}",
            hint="once it is in the cache, no network is needed",
        )
    try:
        os.rename(partial, place)
    except OSError:  # another process was faster
        remove_directory(partial)
    return place
