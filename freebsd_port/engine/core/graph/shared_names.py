"""Names that one patch brings and a later one uses, where their lines do not meet.

A guess: words are compared, and no Python is resolved. A name counts as new when it stands in no
released file that the series touches. One that is imported serves its own file, others all files
of the same package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from freebsd_port.engine.core.graph.lineage import ADDED, CONTEXT, read_marks
from freebsd_port.engine.core.graph.needs import Need, PatchGraph
from freebsd_port.engine.core.patch.change import FileChange, named_paths
from freebsd_port.engine.core.patch.patch import Patch, reverse_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import Tree

_WORD = re.compile(rb"[^\W\d]\w*")
_DEFINED = re.compile(rb"\s*(?:async )?(?:def|class) (\w+)|(?:\s+self\.)?(\w+)(?::[^=]+)? ?=[^=]")
_IMPORTED = re.compile(rb"(?:from \S+ )?import (?:\S+ as )?(\w+)\s*$")


@dataclass(frozen=True, slots=True)
class _Added:
    """A line that a patch adds to a Python file."""

    path: str
    text: bytes

    @property
    def package(self) -> str:
        return self.path.partition("/")[0]


def add_name_needs(
    graph: PatchGraph, tree: Tree, patches: Iterable[tuple[SeriesEntry, Patch]]
) -> PatchGraph:
    """Add the needs by name between patches that have no need of each other yet.

    The patches are those of the graph, and they apply.
    """
    added = {entry.name: tuple(_added_lines(entry, patch)) for entry, patch in patches}
    known = _known_words(tree, {line.path for lines in added.values() for line in lines})
    brought: dict[tuple[str, bytes], str] = {}
    """By the package or file that a name serves, and the name: the patch that brought it."""
    found: dict[tuple[str, str], set[str]] = {}
    for name, lines in added.items():
        for line in lines:
            for word in _WORD.findall(line.text.partition(b"#")[0]):
                on = brought.get((line.package, word)) or brought.get((line.path, word))
                if on is not None and on != name:
                    found.setdefault((name, on), set()).add(word.decode())
        for line in lines:
            for serves, word in _brought(line):
                if word not in known:
                    brought.setdefault((serves, word), name)
    return _merge(graph, found)


def _added_lines(entry: SeriesEntry, patch: Patch) -> Iterator[_Added]:
    for change in (reverse_patch(patch) if entry.reverse else patch).changes:
        path = _python_path(entry, change)
        for hunk in change.hunks if path else ():
            new = iter(hunk.new)
            for mark in read_marks(hunk, is_reverse=entry.reverse):
                if mark in (ADDED, CONTEXT):
                    text = next(new)
                    if mark == ADDED:
                        yield _Added(path, text)


def _python_path(entry: SeriesEntry, change: FileChange) -> str:
    path = next(named_paths(change, entry.strip), "")
    return path if path.endswith(".py") else ""


def _known_words(tree: Tree, paths: Iterable[str]) -> set[bytes]:
    states = (tree.read(path) for path in sorted(paths))
    return {word for state in states if state for word in _WORD.findall(state.content)}


def _brought(line: _Added) -> Iterator[tuple[str, bytes]]:
    if match := _DEFINED.match(line.text):
        yield line.package, match[1] or match[2]
    elif match := _IMPORTED.match(line.text):
        yield line.path, match[1]


def _merge(graph: PatchGraph, found: Mapping[tuple[str, str], Iterable[str]]) -> PatchGraph:
    known = {(need.patch, need.on) for need in graph.needs}
    more = (
        Need(patch, on, "name", (), tuple(sorted(names)))
        for (patch, on), names in found.items()
        if (patch, on) not in known
    )
    place = {name: number for number, name in enumerate(graph.patches)}
    order = sorted((*graph.needs, *more), key=lambda need: (place[need.patch], place[need.on]))
    return PatchGraph(graph.patches, tuple(order))
