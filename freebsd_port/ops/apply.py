"""`apply`: bring a target to exactly the whole series."""

from __future__ import annotations

from freebsd_port.core.plan import MissError
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.ops.converge import Convergence, Options, converge
from freebsd_port.ops.workspace import Workspace


class NotCarriedError(PortError):
    """The series does not fit a release that it was never carried to."""


def apply_series(
    workspace: Workspace, *, fuzz: int = 0, force: bool = False, dry_run: bool = False
) -> Convergence:
    """Put the whole series on, also when an older text of it is on; nothing to do is fine.

    Raises what `converge` raises, with the target untouched; where a hunk has no place on a
    release without a series.lock, NotCarriedError stands last among the problems.
    """
    goal = workspace.source.load_patches(workspace.entries())
    options = Options(fuzz, force, dry_run, workspace.release, is_whole=True)
    try:
        return converge(workspace.target, goal, options)
    except ProblemsError as error:
        if workspace.is_carried or not any(isinstance(p, MissError) for p in error.problems):
            raise
        reason = NotCarriedError(
            f"the series was not carried to release {workspace.release} yet",
            where=f"releases/{workspace.release} has no series.lock",
            hint=f"edit the patches that do not fit, then: freebsd-port check --write-lock "
            f"--release {workspace.release}",
        )
        raise ProblemsError((*error.problems, reason)) from error
