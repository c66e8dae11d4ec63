"""`graph`: which patch of the series needs which, on the pinned wheels of a release."""

from __future__ import annotations

from collections.abc import Sequence

from freebsd_port.engine.core.graph.needs import PatchGraph
from freebsd_port.engine.ops.inspect import graph
from freebsd_port.openstack.ops.series import patched_pins, whole_source
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
    """Give the needs of the series on a release, with every option unless some are named.

    Raises what the wheels and the series raise.
    """
    source = whole_source(project, release, options)
    pins = patched_pins(project, project.load_release(release))
    tree = WheelTree(require_wheels(pins, is_offline=is_offline, progress=progress))
    return graph.read_graph(source, tree, names, reverse=reverse)
