"""The tree below and above each patch of a series, and whether each prefix of it is Python."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.apply.draft import Draft
from freebsd_port.engine.core.apply.plan import PatchOutcome
from freebsd_port.engine.core.apply.planner import apply_patch, plan_series
from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import FileState, Tree
from freebsd_port.errors import PortError


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


@dataclass(frozen=True, slots=True)
class Prefix:
    """The series up to and with one patch."""

    patch: str
    number: int
    """How many patches are on, 1-based."""

    files: Mapping[str, bytes | None]
    """What the patch changed, as it leaves it; None for a file that it takes away."""

    problems: tuple[PortError, ...]
    """Hunks of the patch that have no place; they are left out."""


def walk_prefixes(
    tree: Tree, patches: Iterable[tuple[SeriesEntry, Patch]], max_fuzz: int = 0
) -> Iterator[Prefix]:
    """Apply the patches in memory, with so much fuzz at most, and give the files after each."""
    draft = Draft(tree)
    for number, (entry, patch) in enumerate(patches, 1):
        outcome = apply_patch(draft, entry, patch, max_fuzz)
        lines = {path: draft.lines(path) for path in outcome.paths}
        files = {path: None if one is None else b"".join(one) for path, one in lines.items()}
        yield Prefix(entry.name, number, files, outcome.problems)


def find_syntax_fault(path: str, source: bytes, minor: int) -> str | None:
    """Say why the source is no Python 3.`minor`, and where; None when it is.

    What our own Python is too old for cannot be told apart from a fault.
    """
    try:
        ast.parse(source, path, feature_version=(3, minor))
        compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{error.msg} ({path}:{error.lineno})"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{error} ({path})"
    return None


def module_name(path: str) -> str | None:
    """Give the name under which a file is imported, or None for what is no module."""
    if not path.endswith(".py"):
        return None
    parts = path.removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    is_module = len(parts) > 0 and all(part.isidentifier() for part in parts)
    return ".".join(parts) if is_module else None
