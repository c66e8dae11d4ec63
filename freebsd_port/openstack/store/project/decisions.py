"""The decisions of the project's review: the file `decisions` at its top."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from freebsd_port.engine.store.files.decisions import (
    Decisions,
    change_decision_file,
    load_decision_file,
)
from freebsd_port.engine.store.files.lock import LOCK_SECONDS
from freebsd_port.openstack.store.project.project import Project, ProjectError


def load_decisions(project: Project) -> Decisions:
    """Read them; none where there is no file. Raises what load_decision_file raises."""
    return load_decision_file(project.decisions)


def change_decisions(
    project: Project,
    series: Sequence[str],
    change: Callable[[Decisions], Decisions],
    *,
    seconds: float = LOCK_SECONDS,
) -> Decisions:
    """Write what `change` makes of them in one step, as change_decision_file does."""
    if project.is_packaged:
        raise ProjectError(
            "the project inside an installed package cannot hold decisions",
            where=str(project.root),
            hint="name a checkout with --project DIR",
        )
    return change_decision_file(project.decisions, project.root, series, change, seconds=seconds)
