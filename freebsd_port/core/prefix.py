"""The prefixes of a series: the files as each patch leaves them, and whether they are Python."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from freebsd_port.core.draft import Draft
from freebsd_port.core.file import Tree
from freebsd_port.core.patch import Patch
from freebsd_port.core.planner import apply_patch
from freebsd_port.core.series import SeriesEntry
from freebsd_port.errors import PortError


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


def walk_prefixes(tree: Tree, patches: Iterable[tuple[SeriesEntry, Patch]]) -> Iterator[Prefix]:
    """Apply the patches in memory, without fuzz, and give the files after each."""
    draft = Draft(tree)
    for number, (entry, patch) in enumerate(patches, 1):
        outcome = apply_patch(draft, entry, patch, 0)
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
