"""Build hook: the wheel brings the man pages, made from the help of the commands it holds."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPagesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the pages where pip installs them: share/man/man1 of the environment."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the pages; a checkout installed to be edited has none, they would grow old."""
        if version == "editable":
            return
        self._directory = tempfile.TemporaryDirectory()
        script = Path(self.root) / "scripts/manual"
        words = [sys.executable, str(script), "man", self._directory.name]
        subprocess.run(words, check=True)
        for page in sorted(Path(self._directory.name).iterdir()):
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made; it is in the wheel now."""
        if version != "editable":
            self._directory.cleanup()
