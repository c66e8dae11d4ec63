"""What runs this command: the interpreter, its version and the operating system."""

from __future__ import annotations

import platform as host
import sys
from pathlib import Path


def own_python() -> Path:
    """Give the interpreter that runs us, for a directory of packages without its own."""
    return Path(sys.executable)


def own_version() -> str:
    """Give its version."""
    return host.python_version()


def own_system() -> str:
    """Name the operating system, as uname(1) does."""
    return host.system()


def own_machine() -> str:
    """Name the machine's architecture, as uname(1) does."""
    return host.machine()
