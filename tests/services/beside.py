"""Services that are no part of the target, placement and keystone: upstream's tests bring them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from freebsd_port.openstack.store.proof.test_tools import require_tools, upstream_tools
from services.place import ROOT, Target

REQUIREMENTS = ROOT / "releases/2026.2/test-requirements.txt"


def require_beside(target: Target, progress: Callable[[str], None]) -> Path:
    """Give the directory to put on PYTHONPATH, fetched when missing; raises ToolsError."""
    python = target.program("python")
    asked = [python, "-c", "import platform; print(platform.python_version())"]
    version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return require_tools(Path(python), version, upstream_tools(REQUIREMENTS), progress)
