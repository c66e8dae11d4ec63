"""The checks of a release after a rebase, where its environment is there or can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from freebsd_port.engine.ops.apply.apply import apply_series
from freebsd_port.openstack.ops.proof.verify import Verification, verify_target
from freebsd_port.openstack.ops.release.venv import VenvError, make_environment
from freebsd_port.openstack.ops.series import open_environment
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.environment import EnvironmentUnusableError
from freebsd_port.openstack.store.python.installer import InstallerError


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved of a release, or why nothing was."""

    release: str
    verification: Verification | None
    reason: str | None = None
    """Why no environment could be had; None when the checks ran."""


def prove_release(
    project: Project, release: str, *, is_offline: bool, progress: Callable[[str], None]
) -> Proof:
    """Bring the release's environment to the series and run the checks in it.

    An environment that is not there is made, unless offline. Raises what apply and verify raise.
    """
    root = project.environment(release)
    if is_offline and not root.exists():
        return Proof(release, None, "offline, and it has no environment")
    try:
        if not is_offline:
            make_environment(project, project.load_release(release), root, progress=progress)
        workspace = open_environment(project, release, None)
    except (VenvError, InstallerError, EnvironmentUnusableError) as error:
        return Proof(release, None, error.what)
    apply_series(workspace)
    return Proof(release, verify_target(project, workspace, again=False, progress=progress))
