"""The decisions of a review on disk: a file of the project, changed by one process at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from freebsd_port.engine.core.review.decisions import parse_decisions, render_decisions
from freebsd_port.engine.core.review.facts import Decision
from freebsd_port.engine.store.files.lock import LOCK_SECONDS, locked
from freebsd_port.errors import system_words
from freebsd_port.openstack.store.project.project import Project, ProjectError, save_if_changed

Decisions = tuple[Decision, ...]


def load_decisions(project: Project) -> Decisions:
    """Read them; none where there is no file. Raises what parse_decisions raises."""
    try:
        data = project.decisions.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ProjectError(
            f"the decisions cannot be read: {system_words(error)}",
            where=str(project.decisions),
        ) from error
    return parse_decisions(data, source=str(project.decisions))


def change_decisions(
    project: Project,
    series: Sequence[str],
    change: Callable[[Decisions], Decisions],
    *,
    seconds: float = LOCK_SECONDS,
) -> Decisions:
    """Write what `change` makes of them in one step, and give it; nobody else writes meanwhile.

    Nothing is written where nothing changes. Raises BusyError after so many seconds, and what
    load_decisions raises: what cannot be read is never written over.
    """
    if project.is_packaged:
        raise ProjectError(
            "the project is installed with the package, where nothing is decided",
            where=str(project.root),
            hint="name a checkout with --project DIR",
        )
    with locked(project.root, seconds=seconds):
        before = load_decisions(project)
        after = change(before)
        if after != before:
            save_if_changed(project.decisions, render_decisions(after, series))
    return after
