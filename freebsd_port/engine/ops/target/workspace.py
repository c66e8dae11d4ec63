"""What a verb works on: a target, and the series that belongs on it.

An installed release is opened by `openstack.ops.series`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.engine.core.apply.overlay import AppliedPatch, OverlayState
from freebsd_port.engine.core.series.series import SeriesEntry, SeriesError
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.engine.ops.target.patch_source import PatchSource
from freebsd_port.errors import UsageError

if TYPE_CHECKING:
    from freebsd_port.engine.ops.target.target import Target


@dataclass(frozen=True, slots=True)
class Workspace:
    """A target and the series that belongs on it."""

    target: Target
    source: PatchSource
    place: Path
    """What the user calls the target."""

    has_series_lock: bool = True
    """Whether the release has a series.lock; always so for a plain tree."""

    pristine: Tree | None = None
    """The files without patches, if there is no target yet; then it can only be read."""

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
            "the applied patches are not the first of the series",
            where=f"{self.place}: {_shown(state.patches)}",
            hint="bring it to the series with: freebsd-port apply",
        )


def open_tree(tree: Path, series: Path | None, patches: Path | None) -> Workspace:
    """Open any directory; the series defaults to PATCHES/series, the patches to beside it.

    Raises UsageError when neither is named or the tree is no directory.
    """
    from freebsd_port.engine.ops.target.target import TreeTarget

    source = find_source(series, patches)
    if not tree.is_dir():
        raise UsageError("no such directory", where=str(tree), hint="name one with --tree DIR")
    return Workspace(TreeTarget(tree), source, tree)


def find_source(series: Path | None, patches: Path | None) -> PatchSource:
    """Find a series that belongs to no release by either of its parts.

    The series defaults to PATCHES/series, the patches to beside it. Raises UsageError when
    neither is named.
    """
    if series is None and patches is None:
        raise UsageError("--tree needs --series FILE or --patches DIR")
    series_file = series if series is not None else Path(str(patches)) / "series"
    directory = patches if patches is not None else series_file.parent
    return PatchSource(series_file, directory)


def _shown(patches: tuple[AppliedPatch, ...]) -> str:
    names = [patch.name for patch in patches]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
