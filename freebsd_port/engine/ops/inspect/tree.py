"""A tree without the patches that are applied to it, and a series read to be applied to it."""

from __future__ import annotations

from pathlib import Path

from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry, SeriesError
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.engine.ops.target.patch_source import PatchSource
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.engine.store.overlay.state import BaseTree, load_state

Goal = tuple[tuple[SeriesEntry, Patch], ...]
"""The patches of a series, in order."""


def read_base(root: Path) -> Tree:
    """Give a directory's files as they are without the patches that freebsd-port applied."""
    state = load_state(root)
    return BaseTree(root, state) if state.files else DirectoryTree(root)


def read_goal(source: PatchSource) -> Goal:
    """Read a series; raises SeriesError when it is empty, and what reading the patches raises."""
    entries = source.load_series().entries
    if not entries:
        raise SeriesError("the series is empty: no patches found", where=str(source.series_file))
    loaded = source.load_patches(entries)
    return tuple((g.entry, parse_patch(g.entry.name, g.data, is_begun=True)) for g in loaded)
