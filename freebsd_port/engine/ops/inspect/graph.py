"""`graph`: which patch of a series needs which, on any files."""

from __future__ import annotations

from collections.abc import Sequence

from freebsd_port.engine.core.graph.needs import PatchGraph, find_needs, find_related
from freebsd_port.engine.core.graph.shared_names import add_name_needs
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.engine.ops.target.patch_source import PatchSource


def read_graph(
    source: PatchSource, tree: Tree, names: Sequence[str], *, reverse: bool
) -> PatchGraph:
    """Give the needs of the series; with names, of these patches and what they need.

    With `reverse` it is what needs them. Raises SeriesError for a patch that is not on, and
    ProblemsError when the series does not apply.
    """
    series = source.load_series()
    chosen = [series.entries[series.require_index(name)].name for name in names]
    goal = source.load_patches(series.entries)
    patches = [(one.entry, parse_patch(one.entry.name, one.data, is_begun=True)) for one in goal]
    graph = add_name_needs(find_needs(tree, patches), tree, patches)
    return graph.among(find_related(graph, chosen, reverse=reverse)) if chosen else graph
