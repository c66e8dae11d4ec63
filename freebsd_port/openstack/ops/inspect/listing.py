"""`series`: the patches of a release with what their headers say; needs no wheel."""

from __future__ import annotations

from freebsd_port.engine.ops.inspect.listing import ListedPatch, list_patches
from freebsd_port.openstack.ops.series import project_source
from freebsd_port.openstack.store.project.project import Project


def list_series(project: Project, release: str) -> tuple[ListedPatch, ...]:
    """Describe what is on for a release, in order."""
    return list_patches(project_source(project, release))
