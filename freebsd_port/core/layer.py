"""Layers: a tree as each patch of a series leaves it, one above the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from freebsd_port.core.file import FileState, Tree
from freebsd_port.core.patch import Patch
from freebsd_port.core.plan import PatchOutcome
from freebsd_port.core.planner import plan_series
from freebsd_port.core.series import SeriesEntry


class Layer:
    """A tree with some files changed in memory. Satisfies core's Tree."""

    def __init__(self, tree: Tree, files: Mapping[str, FileState | None]) -> None:
        self._tree = tree
        self.files = files
        """Every file that is not as in the tree below; None is one that is not there."""

    def read(self, path: str) -> FileState | None:
        """Give the file, or None when it is not there."""
        return self.files[path] if path in self.files else self._tree.read(path)

    def has_directory(self, path: str) -> bool:
        """Tell whether the directory is there, or would be by what is written here."""
        made = f"{path}/"
        return self._tree.has_directory(path) or any(
            name.startswith(made) for name, state in self.files.items() if state is not None
        )


def stack_layers(
    tree: Tree, patches: Sequence[tuple[SeriesEntry, Patch]], max_fuzz: int
) -> tuple[tuple[Layer, ...], tuple[PatchOutcome, ...]]:
    """Give the tree below and above each patch, one layer more than patches, and their outcomes."""
    layers = [Layer(tree, {})]
    outcomes: list[PatchOutcome] = []
    for one in patches:
        plan = plan_series(layers[-1], [one], max_fuzz=max_fuzz)
        changed = {edit.path: edit.after for edit in plan.edits}
        layers.append(Layer(tree, {**layers[-1].files, **changed}))
        outcomes += plan.patches
    return tuple(layers), tuple(outcomes)
