"""The two sides of a comparison: twins of a target, one as it is, one with every patch off."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from freebsd_port.core.file import hash_bytes
from freebsd_port.ops.push import Distance, pop_patches
from freebsd_port.ops.tools import find_upstream_tools, target_python
from freebsd_port.ops.workspace import Workspace, open_environment
from freebsd_port.store.checks import own_system
from freebsd_port.store.installed import find_installed
from freebsd_port.store.project import Project
from freebsd_port.store.twin import Twin, make_twin
from freebsd_port.store.upstream import UpstreamError, runner_digest


class Twins:
    """Makes either side when it is first asked for, below a directory that the caller removes."""

    def __init__(
        self,
        project: Project,
        workspace: Workspace,
        directory: Path,
        progress: Callable[[str], None],
    ) -> None:
        self._project = project
        self._workspace = workspace
        self._directory = directory
        self._progress = progress
        self.tools = _require_tools(project, workspace, progress)
        self.conditions = describe_conditions(project, workspace)

    @cached_property
    def patched(self) -> Twin:
        """The side with the target's patches on."""
        return self._make("p")

    @cached_property
    def unpatched(self) -> Twin:
        """The side with every patch off, byte for byte as the wheels have it."""
        twin = self._make("u")
        source = self._workspace.source
        bare = open_environment(self._project, source.release, twin.root, source.options)
        pop_patches(bare, Distance(is_all=True))
        return twin

    def _make(self, name: str) -> Twin:
        root = self._workspace.target.root
        pins = self._project.load_release(self._workspace.release).pins
        python, _ = target_python(self._workspace)
        self._progress("copying the pinned distributions")
        installed = find_installed(root, [pin.distribution for pin in pins]).values()
        return make_twin(self._directory / name, python, root, installed, (self.tools,))


def describe_conditions(project: Project, workspace: Workspace) -> dict[str, object]:
    """Give what the outcome of a test on unpatched packages can depend on, the machine aside."""
    release = project.load_release(workspace.release)
    tests = project.test_requirements(release.name).read_bytes()
    return {
        "system": own_system(),
        "python": target_python(workspace)[1],
        "wheels": [pin.sha256 for pin in release.pins],
        "packages": sorted(path.name for path in workspace.target.root.glob("*.dist-info")),
        "tests": hash_bytes(tests),
        "runner": runner_digest(),
    }


def _require_tools(project: Project, workspace: Workspace, progress: Callable[[str], None]) -> Path:
    tools = find_upstream_tools(project, workspace, progress)
    if tools is None:
        name = str(workspace.release)
        raise UpstreamError(
            f"nothing says what upstream's tests need on release {name}",
            where=str(project.test_requirements(name)),
            hint=f"write test-requirements.in, then: freebsd-port lock --release {name}",
        )
    return tools
