"""What a verb works on: an environment with the project's series, or any tree with any series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.core.overlay import AppliedPatch, OverlayState
from freebsd_port.core.series import SeriesEntry, SeriesError
from freebsd_port.errors import UsageError
from freebsd_port.ops.series import PatchSource, project_source
from freebsd_port.ops.target import Target, TreeTarget

if TYPE_CHECKING:
    from freebsd_port.core.lock import LockedFile
    from freebsd_port.store.environment import Environment
    from freebsd_port.store.project import Project


@dataclass(frozen=True, slots=True)
class Workspace:
    """A target and the series that belongs on it."""

    target: Target
    source: PatchSource
    place: Path
    """What the user calls the target."""

    environment: Environment | None = None

    is_carried: bool = True
    """Whether the release has a series.lock; always so for a plain tree."""

    @property
    def release(self) -> str | None:
        """The release, or None for a plain tree."""
        return self.source.release

    def entries(self) -> tuple[SeriesEntry, ...]:
        """Give the series as it is on here; raises SeriesError when it is empty."""
        entries = self.source.load_series().entries
        if not entries:
            raise SeriesError(
                "the series is empty: no patches found",
                where=str(self.source.series_file),
                hint="name another with --series FILE",
            )
        return entries

    def position(self, state: OverlayState) -> int:
        """Tell how many patches of the series are on; one with another name is the same one.

        Raises SeriesError when what is on is not the start of the series.
        """
        on = tuple(patch.name for patch in state.patches)
        entries = self.entries()[: len(on)]
        if on == tuple(entry.name for entry in entries):
            return len(on)
        texts = tuple(patch.sha256 for patch in state.patches)
        if texts == tuple(one.applied.sha256 for one in self.source.load_patches(entries)):
            return len(on)
        raise SeriesError(
            "the patches that are on are not the first of the series",
            where=f"{self.place}: {_shown(state.patches)}",
            hint="bring it to the series with: freebsd-port apply",
        )


def open_environment(
    project: Project,
    release: str | None,
    venv: Path | None,
    options: frozenset[str] = frozenset(),
) -> Workspace:
    """Open the environment of a release, ours or the one named; reads only.

    Raises UsageError for an unknown release and what read_environment raises.
    """
    from freebsd_port.ops.packages import EnvironmentTarget  # a plain tree needs none of it
    from freebsd_port.store.environment import EnvironmentUnusableError, read_environment

    pins = project.load_release(release)
    place = venv or project.environment(pins.name)
    try:
        environment = read_environment(place.absolute())
    except EnvironmentUnusableError as error:
        if venv is None:
            error.hint = f"freebsd-port venv --release {pins.name}"
        raise
    lock = load_lock(project, pins.name)
    expected = None if options else lock
    target = EnvironmentTarget(environment.packages, pins, expected, place)
    source = project_source(project, pins.name, options)
    return Workspace(target, source, place, environment, lock is not None)


def open_tree(tree: Path, series: Path | None, patches: Path | None) -> Workspace:
    """Open any directory; the series defaults to PATCHES/series, the patches to beside it.

    Raises UsageError when neither is named or the tree is no directory.
    """
    if series is None and patches is None:
        raise UsageError("--tree needs --series FILE or --patches DIR")
    series_file = series if series is not None else Path(str(patches)) / "series"
    directory = patches if patches is not None else series_file.parent
    if not tree.is_dir():
        raise UsageError("no such directory", where=str(tree), hint="name one with --tree DIR")
    return Workspace(TreeTarget(tree), PatchSource(series_file, directory), tree)


def load_lock(project: Project, release: str) -> tuple[LockedFile, ...] | None:
    """Read a release's series.lock; None where there is none."""
    from freebsd_port.core.lock import parse_lock

    path = project.series_lock(release)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    return parse_lock(data, source=str(path))


def _shown(patches: tuple[AppliedPatch, ...]) -> str:
    names = [patch.name for patch in patches]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
