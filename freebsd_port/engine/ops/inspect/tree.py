"""A tree without the patches that are applied to it."""

from __future__ import annotations

from pathlib import Path

from freebsd_port.engine.core.text.file import Tree
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.engine.store.overlay.state import BaseTree, load_state


def read_base(root: Path) -> Tree:
    """Give a directory's files as they are without the patches that freebsd-port applied."""
    state = load_state(root)
    return BaseTree(root, state) if state.files else DirectoryTree(root)
