"""`apply`: bring a target to exactly the whole series."""

from __future__ import annotations

from freebsd_port.ops.converge import Convergence, Options, converge
from freebsd_port.ops.workspace import Workspace


def apply_series(
    workspace: Workspace, *, fuzz: int = 0, force: bool = False, dry_run: bool = False
) -> Convergence:
    """Put the whole series on, also when an older text of it is on; nothing to do is fine.

    Raises what `converge` raises, with the target untouched.
    """
    goal = workspace.source.load_patches(workspace.entries())
    options = Options(fuzz, force, dry_run, workspace.release, is_whole=True)
    return converge(workspace.target, goal, options)
