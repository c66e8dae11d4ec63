"""The options that every verb shares, and what they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from freebsd_port.cli.progress import ProgressReport
    from freebsd_port.engine.core.progress import Report
    from freebsd_port.engine.core.text.file import Tree
    from freebsd_port.engine.ops.target.patch_source import PatchSource
    from freebsd_port.engine.ops.target.workspace import Workspace
    from freebsd_port.openstack.store.project.project import Project


@dataclass(slots=True)
class Common:
    """The shared options of a verb."""

    as_json: bool = False
    release: str | None = None
    venv: Path | None = None
    role: str | None = None
    project_root: Path | None = None
    verbosity: int = 0
    """-1 quiet, 0, 1 and up verbose."""

    tree: Path | None = None
    series: Path | None = None
    patches: Path | None = None
    decisions: Path | None = None
    options: frozenset[str] = frozenset()
    report: ProgressReport | None = None

    def project(self) -> Project:
        """Find the project."""
        from freebsd_port.cli.render import note_project
        from freebsd_port.openstack.store.project.project import find_project

        project = find_project(self.project_root)
        note_project(project.root)
        return project

    def workspace(self) -> Workspace:
        """Open what the verb works on."""
        from freebsd_port.engine.ops.target.workspace import open_tree
        from freebsd_port.openstack.ops.series import open_environment

        if self.tree is not None:
            return open_tree(self.tree, self.series, self.patches)
        return open_environment(self.project(), self.release, self.venv, self.options, self.role)

    def names_series(self) -> bool:
        """Tell whether a series was named that is not the project's."""
        return any(path is not None for path in (self.tree, self.series, self.patches))

    def source(self) -> PatchSource:
        """Find the series that was named; raises UsageError for one of a release."""
        from freebsd_port.engine.ops.target.workspace import find_source
        from freebsd_port.errors import UsageError

        words = (
            ("--release", self.release),
            ("--venv", self.venv),
            ("--role", self.role),
            ("--option", self.options),
        )
        for word, value in words:
            if value:
                raise UsageError(f"{word} is for the project's series, not for --series")
        return find_source(self.series, self.patches)

    def base(self) -> Tree:
        """Open the tree that was named, without what is applied; raises UsageError for none."""
        from freebsd_port.engine.ops.inspect.tree import read_base
        from freebsd_port.errors import UsageError

        if self.tree is None or not self.tree.is_dir():
            where = None if self.tree is None else str(self.tree)
            raise UsageError("no tree", where=where, hint="name a directory with --tree DIR")
        return read_base(self.tree)

    def decisions_file(self) -> Path:
        """Give the file of decisions about the series that was named."""
        return self.decisions or self.source().patches / "decisions"

    def tree_label(self) -> str:
        """Give what the tree is called in a report."""
        return self.tree.absolute().name if self.tree is not None else "no tree"

    def workspace_or_wheels(self, *, is_offline: bool) -> Workspace:
        """Open what the verb works on; without an environment, the pinned wheels to look at."""
        if self.has_place():
            return self.workspace()
        from freebsd_port.openstack.ops.pinned import open_pinned

        return open_pinned(
            self.project(),
            self.release,
            self.options,
            self.role,
            is_offline=is_offline,
            progress=self.progress,
        )

    def has_place(self) -> bool:
        """Tell whether a tree or environment was named, or the role's own one is there."""
        from freebsd_port.openstack.ops.series import find_place

        if self.tree is not None or self.venv is not None:
            return True
        project = self.project()
        return find_place(project, project.load_release(self.release), None, self.role).exists()

    @property
    def progress(self) -> Report:
        """What reports the work that goes on; nothing when quiet."""
        if self.verbosity < 0:
            return _be_quiet
        if self.report is None:
            from freebsd_port.cli.progress import ProgressReport

            self.report = ProgressReport()
            if context := click.get_current_context(silent=True):
                context.call_on_close(self.report.close)
        return self.report


def _be_quiet(message: str) -> None:
    """Report nothing."""
