"""`rebase` between releases: which releases, and how the project's series is computed and written.

The course of it, with its conflicts, is `engine.ops.rebase.flow`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from freebsd_port.engine.core.rebase.outcome import RebaseError
from freebsd_port.engine.core.rebase.progress import RebaseState
from freebsd_port.engine.ops.rebase import flow
from freebsd_port.engine.ops.rebase.flow import Preview, Rebased, RebasedSeries, UnfinishedError
from freebsd_port.engine.ops.target.patch_source import load_series
from freebsd_port.engine.store.rebase.rebase_store import RebaseStore
from freebsd_port.openstack.ops.rebase.between_releases import choose_candidates, rebase_series
from freebsd_port.openstack.ops.rebase.files import plan_files
from freebsd_port.openstack.store.project.project import Project

__all__ = ["Rebased", "Settings", "UnfinishedError", "start_rebase"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a rebase is to go."""

    today: str
    """Date for Last-Update, ISO 8601."""

    is_offline: bool
    progress: Callable[[str], None]
    only: str | None = None
    """Name of the one patch to carry, as the series may be asked for it."""

    is_dry: bool = False

    asks_checks: bool = False
    """Whether checks choose between two clean results of a patch, before anything is written."""


@dataclass(frozen=True, slots=True)
class ReleaseRebasing:
    """The project's series between two of its releases. Satisfies the flow's Rebasing."""

    project: Project
    settings: Settings
    command: str = "freebsd-port rebase"
    beginning: str = "freebsd-port rebase --to RELEASE"

    @property
    def root(self) -> Path:
        """Give the project's directory."""
        return self.project.root

    def store(self, state: RebaseState) -> RebaseStore:
        """Give the place of a rebase; each release has its own."""
        return RebaseStore(self.project.root, state.new)

    def rebase(self, state: RebaseState) -> RebasedSeries:
        """Rebase the series over the pinned wheels."""
        settings = self.settings
        settings.progress(f"rebasing the series from {state.origin} to {state.new}")
        return rebase_series(
            self.project, state, is_offline=settings.is_offline, progress=settings.progress
        )

    def ask_checks(
        self, state: RebaseState, carried: RebasedSeries
    ) -> tuple[RebaseState, RebasedSeries]:
        """Run the checks on both results of a patch that is clean from two releases."""
        settings = self.settings
        if not settings.asks_checks:
            return state, carried
        from freebsd_port.openstack.ops.rebase.trial import choose_by_checks

        return choose_by_checks(
            self.project,
            state,
            carried,
            self.rebase,
            is_offline=settings.is_offline,
            progress=settings.progress,
        )

    def plan_files(self, state: RebaseState, carried: RebasedSeries) -> dict[str, bytes]:
        """Give patches, variants, the series and series.lock."""
        return plan_files(self.project, state, carried)


def start_rebase(
    project: Project,
    new: str,
    old: str | None,
    settings: Settings,
    *,
    is_attended: bool = True,
) -> Rebased:
    """Rebase the series; on a conflict keep what is done and stop, or if unattended do nothing.

    `old` None tries each patch from the nearest release on each side that has the series. One that
    was killed while it wrote is taken up again. Raises RebaseError when another one has stopped
    at a conflict.
    """
    _require_writable(project, settings)
    wanted = _choose(project, new, old, settings)
    rebasing = ReleaseRebasing(project, settings)
    return flow.start_rebase(rebasing, wanted, is_dry=settings.is_dry, is_attended=is_attended)


def _choose(project: Project, new: str, old: str | None, settings: Settings) -> RebaseState:
    """Say from which releases to rebase, and what."""
    project.load_release(new)
    beside: tuple[str, ...] = ()
    if old:
        old = project.load_release(old).name
    else:
        old, *others = choose_candidates(project, new)
        beside = tuple(others)
    if old == new:
        raise RebaseError(f"{new} cannot be rebased onto itself", hint="name another with --from")
    series = load_series(project.series)
    only = series.names[series.require_index(settings.only)] if settings.only else None
    return RebaseState(old, new, settings.today, only, beside=beside)


def rebase_all(project: Project, settings: Settings) -> tuple[Rebased, ...]:
    """Rebase the series outwards from the newest release that has it, each from its neighbour.

    A release with a conflict is reported and left as it is; its neighbour is carried from the
    nearest release that has the series.
    """
    order = project.release_names()
    carried = [name for name in order if project.series_lock(name).exists()]
    start = order.index(carried[-1]) if carried else len(order) - 1
    names = (*reversed(order[:start]), *order[start + 1 :])
    if not settings.is_dry:
        return tuple(start_rebase(project, n, None, settings, is_attended=False) for n in names)
    return _preview_all(project, names, settings)


def _preview_all(project: Project, names: Sequence[str], settings: Settings) -> tuple[Rebased, ...]:
    """Say what the rebases to these releases would come to, each as if it were the only one."""
    rebasing = ReleaseRebasing(project, settings)
    apart = ReleaseRebasing(project, replace(settings, progress=lambda message: None))
    wanted = [_choose(project, name, None, settings) for name in names]
    half = len(wanted) // 2
    return flow.preview_rebases(
        project.root,
        [Preview(rebasing, one) for one in wanted[:half]],
        [Preview(apart, one) for one in wanted[half:]],
    )


def _require_writable(project: Project, settings: Settings) -> None:
    if project.is_packaged and not settings.is_dry:
        raise RebaseError(
            "the series inside an installed package cannot be changed",
            where=str(project.root),
            hint="run the command in a checkout, or with --dry-run",
        )
