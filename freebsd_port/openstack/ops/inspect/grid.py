"""`status --all`: how every patch lies on the wheels of every release; nothing is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from freebsd_port.engine.core.apply.place import Placement
from freebsd_port.engine.core.apply.plan import PatchOutcome
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.progress import counted
from freebsd_port.engine.ops.target.patch_source import load_series
from freebsd_port.openstack.ops.review.gather import SeriesReader
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.wheels import Progress, WheelError

Fit = Literal["exact", "offset", "miss", "off"]
"""How a patch lies: every hunk where it says, some elsewhere, some nowhere; or it is not on."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One patch on one release."""

    patch: str
    lie: Fit
    file: str | None
    """Name below patches/ of the text that the release takes; None where the patch is off."""

    missed: int
    """Problems of the patch there, hunks without a place for the most part."""

    @property
    def is_variant(self) -> bool:
        """Tell whether the release uses another variant than the newest one's."""
        return self.file not in (None, self.patch)


@dataclass(frozen=True, slots=True)
class Column:
    """One release."""

    release: str
    has_series_lock: bool
    """Whether the series was carried to it."""

    cells: tuple[Cell, ...]
    """In the order of the series; empty when the wheels cannot be had."""

    problem: WheelError | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """Every patch of the series on every release."""

    patches: tuple[str, ...]
    columns: tuple[Column, ...]
    """Releases, oldest first."""


def read_grid(
    project: Project, options: frozenset[str], *, is_offline: bool, progress: Progress
) -> Grid:
    """Plan the whole series on each release, without fuzz; a wheel is read once.

    Without options, the patches under every option are on. A release whose wheels cannot be had is
    told in its column. Raises what reading the series and its patches raises.
    """
    reader = SeriesReader(project, options, is_offline=is_offline, progress=progress)
    names = load_series(project.series).names
    releases = counted(progress, "planning the series", project.release_names())
    return Grid(names, tuple(_column(project, reader, one, names) for one in releases))


def _column(project: Project, reader: SeriesReader, release: str, names: Sequence[str]) -> Column:
    """Plan the series on one release."""
    has_series_lock = project.series_lock(release).is_file()
    try:
        tree = reader.tree(release)
    except WheelError as error:
        return Column(release, has_series_lock, (), error)
    texts = reader.texts(release)
    plan = plan_series(tree, ((text.entry, text.patch) for text in texts))
    found = {o.name: (o, t.file) for o, t in zip(plan.patches, texts, strict=True)}
    cells = []
    for name in names:
        if name not in found:
            cells.append(Cell(name, "off", None, 0))
        else:
            outcome, file = found[name]
            cells.append(Cell(name, _fit(outcome), file, len(outcome.problems)))
    return Column(release, has_series_lock, tuple(cells))


def _fit(outcome: PatchOutcome) -> Fit:
    if not outcome.is_clean:
        return "miss"
    placed = [hunk.result for hunk in outcome.hunks if isinstance(hunk.result, Placement)]
    return "offset" if any(one.offset for one in placed) else "exact"
