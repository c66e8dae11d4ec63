"""What runs tests in a target: its Python, and the tools beside its packages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.openstack.ops.series import EnvironmentWorkspace
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.proof.checks import CheckSetup
from freebsd_port.openstack.store.proof.own import own_python, own_version


def target_python(workspace: Workspace) -> tuple[Path, str]:
    """Give the target's Python and its version: ours for a directory of packages."""
    environment = workspace.environment if isinstance(workspace, EnvironmentWorkspace) else None
    if environment is None or environment.python is None:
        return own_python(), own_version()
    return environment.python, environment.version or own_version()


def check_setup(
    project: Project, workspace: Workspace, progress: Callable[[str], None]
) -> CheckSetup:
    """Give what a run of the checks needs, with its tools fetched; may ask the index.

    A pytest that lies among the target's packages serves. What upstream's tests need comes too,
    where the release has it locked, because the lives of guests use upstream's fixtures; where
    it cannot be had they are skipped, and `progress` hears why.
    """
    from freebsd_port.openstack.store.proof.test_tools import (
        ToolsError,
        check_tools,
        require_tools,
    )

    python, version = target_python(workspace)
    root = workspace.target.root
    if (root / "pytest").is_dir():
        tools = root
    else:
        wanted = check_tools(project.checks / "requirements.txt")
        tools = require_tools(python, version, wanted, progress)
    try:
        beside = find_upstream_tools(project, workspace, progress)
    except ToolsError as error:
        progress(f"the lives of guests are skipped: {error}")
        beside = None
    environment = workspace.environment if isinstance(workspace, EnvironmentWorkspace) else None
    return CheckSetup(
        python,
        root,
        tools,
        project.checks,
        is_on_path=environment is not None and environment.python is not None,
        beside=() if beside is None else (beside,),
    )


def find_upstream_tools(
    project: Project, workspace: Workspace, progress: Callable[[str], None]
) -> Path | None:
    """Give the directory of what upstream's tests need; None for a release without its lock."""
    from freebsd_port.openstack.store.proof.test_tools import require_tools, upstream_tools

    release = workspace.release
    if release is None or not project.test_requirements(release).is_file():
        return None
    python, version = target_python(workspace)
    wanted = upstream_tools(project.test_requirements(release))
    return require_tools(python, version, wanted, progress)
