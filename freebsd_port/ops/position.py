"""`top`, `next` and `previous`: where a target stands in the series."""

from __future__ import annotations

from freebsd_port.errors import PortError, UsageError
from freebsd_port.ops.stack import read_series
from freebsd_port.ops.workspace import Workspace
from freebsd_port.store.overlay import load_state


def find_top(workspace: Workspace) -> str:
    """Name the top patch. Raises UsageError when none is on: quilt too exits with 2."""
    on = _names_on(workspace)
    if not on:
        raise UsageError("no patch is on", where=str(workspace.place), hint="freebsd-port push")
    return on[-1]


def find_next(workspace: Workspace, patch: str | None = None) -> str:
    """Name the patch that the next push puts on; a named one only if it is not on.

    Raises UsageError when there is none, as quilt exits with 2 for it; SeriesError.
    """
    on, series = _names_on(workspace), read_series(workspace)
    if patch is not None:
        name = series.entries[series.require_index(patch)].name
        if name in on:
            raise UsageError(f"{name} is on", where=str(workspace.place))
        return name
    left = series.names[len(on) :]
    if not left:
        raise UsageError("the series is on to its end", where=str(workspace.place))
    return left[0]


def find_previous(workspace: Workspace, patch: str | None = None) -> str:
    """Name the patch that is on below a patch, the top one unless named.

    Raises UsageError when there is none below it, PortError when none is on at all.
    """
    on, series = _names_on(workspace), read_series(workspace)
    if patch is None and not on:
        raise PortError("no patch is on", where=str(workspace.place), hint="freebsd-port push")
    name = on[-1] if patch is None else series.entries[series.require_index(patch)].name
    below = on[: on.index(name)] if name in on else on
    if not below:
        raise UsageError(f"no patch is on below {name}", where=str(workspace.place))
    return below[-1]


def _names_on(workspace: Workspace) -> list[str]:
    return [patch.name for patch in load_state(workspace.target.root).patches]
