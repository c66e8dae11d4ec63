"""`graph`: which patch of the series needs which, on the pinned wheels of a release."""

from __future__ import annotations

from collections.abc import Sequence

from freebsd_port.engine.core.graph.needs import PatchGraph, find_needs, find_related
from freebsd_port.engine.core.graph.shared_names import add_name_needs
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.openstack.ops.series import project_source
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.wheels import Progress, WheelTree, require_wheels


def read_graph(
    project: Project,
    release: str,
    options: frozenset[str],
    names: Sequence[str],
    *,
    reverse: bool,
    is_offline: bool,
    progress: Progress,
) -> PatchGraph:
    """Give the needs of the series; with names, of these patches and what they need.

    With `reverse` it is what needs them. Raises SeriesError for a patch that is not on, and
    ProblemsError when the series does not apply.
    """
    source = project_source(project, release, options)
    series = source.load_series()
    chosen = [series.entries[series.require_index(name)].name for name in names]
    goal = source.load_patches(series.entries)
    pins = project.load_release(release).pins
    tree = WheelTree(require_wheels(pins, is_offline=is_offline, progress=progress))
    patches = [(one.entry, parse_patch(one.entry.name, one.data)) for one in goal]
    graph = add_name_needs(find_needs(tree, patches), tree, patches)
    return graph.among(find_related(graph, chosen, reverse=reverse)) if chosen else graph
