"""`series`: the patches of a release with what their headers say; needs no wheel."""

from __future__ import annotations

from freebsd_port.engine.ops.inspect.listing import ListedPatch, list_patches
from freebsd_port.openstack.ops.series import whole_source
from freebsd_port.openstack.store.project.project import Project


def list_series(project: Project, release: str) -> tuple[ListedPatch, ...]:
    """Describe what is on for a release, in order, the patches under every option too."""
    return list_patches(whole_source(project, release))
