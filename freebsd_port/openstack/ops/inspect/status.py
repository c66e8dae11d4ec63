"""`status`: what is on, what is not, and whether the files are as they should be; reads only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from freebsd_port.engine.core.apply.overlay import OverlayState
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.engine.store.overlay.state import Condition, inspect_files, is_pending, load_state
from freebsd_port.errors import PortError
from freebsd_port.openstack.ops.environment import EnvironmentTarget
from freebsd_port.openstack.ops.proof.verified import Verified, find_verified
from freebsd_port.openstack.ops.series import EnvironmentWorkspace


class StatusError(PortError):
    """A target that is not as the series leaves it."""


PatchState = Literal["applied", "changed", "unapplied", "foreign"]


@dataclass(frozen=True, slots=True)
class PatchStatus:
    """One patch, as the series and the target see it."""

    name: str
    state: PatchState
    """Changed: on, with another text than the file has now; foreign: on, not in the series."""


@dataclass(frozen=True, slots=True)
class Status:
    """The state of one target."""

    place: Path
    release: str | None
    python: str | None
    patches: tuple[PatchStatus, ...]
    conditions: tuple[Condition, ...]
    replaced: tuple[tuple[str, str, str | None], ...]
    """(distribution, version patched, version now) where they differ."""

    is_pending: bool
    """Whether an interrupted command is still to be finished; the next one that writes does it."""

    verified: Verified | None
    is_in_order: bool = True
    """Whether the patches that are on are on in the order of the series."""

    unpinned: tuple[tuple[str, str, str | None], ...] = ()
    """(distribution, version that the release pins, version installed) where they differ."""

    role: str | None = None
    """What the environment is for; None for a plain tree."""

    applied_release: str | None = None
    """The release whose series is on, where it is another one than the environment's."""

    options: tuple[str, ...] = ()
    """Options whose patches are listed, sorted."""

    @property
    def is_complete(self) -> bool:
        """Tell whether exactly the series is on and every file is as it left it."""
        return (
            all(patch.state == "applied" for patch in self.patches)
            and all(condition.kind == "patched" for condition in self.conditions)
            and not self.replaced
            and not self.is_pending
            and self.is_in_order
            and self.applied_release is None
            and not self.unpinned
        )


def read_status(workspace: Workspace) -> Status:
    """Look at a target without changing anything."""
    root = workspace.target.root
    state = load_state(root)
    patches = _patch_states(workspace, state)
    target = workspace.target
    environment = target if isinstance(target, EnvironmentTarget) else None
    return Status(
        workspace.place,
        workspace.release,
        workspace.environment.version if isinstance(workspace, EnvironmentWorkspace) else None,
        patches,
        inspect_files(DirectoryTree(root), state),
        workspace.target.replaced(state),
        is_pending(root),
        find_verified(root, state),
        _is_in_order(patches, state),
        environment.unpinned() if environment else (),
        environment.release.role if environment else None,
        state.release if state.patches and state.release != workspace.release else None,
        tuple(sorted(workspace.source.options)),
    )


def _is_in_order(patches: tuple[PatchStatus, ...], state: OverlayState) -> bool:
    """Tell whether what is on are the first patches of the series, foreign ones left out."""
    listed = [patch for patch in patches if patch.state != "foreign"]
    on = {patch.name for patch in listed if patch.state != "unapplied"}
    return [patch.name for patch in listed[: len(on)]] == [
        patch.name for patch in state.patches if patch.name in on
    ]


def _patch_states(workspace: Workspace, state: OverlayState) -> tuple[PatchStatus, ...]:
    on = {patch.name: patch for patch in state.patches}
    listed: list[PatchStatus] = []
    for goal in workspace.source.load_patches(workspace.source.load_series().entries):
        applied = on.pop(goal.entry.name, None)
        found: PatchState = "unapplied"
        if applied is not None:
            found = "applied" if applied == goal.applied else "changed"
        listed.append(PatchStatus(goal.entry.name, found))
    return (*listed, *(PatchStatus(name, "foreign") for name in on))


OUT_OF_ORDER = "the patches are not applied in the order of the series"


def find_status_faults(status: Status) -> tuple[PortError, ...]:
    """Say, one by one, where a target is not as the series leaves it; empty when it is."""
    where = str(status.place)
    faults = [
        StatusError(f"{patch.name} is {patch.state}", where=where, hint="freebsd-port apply")
        for patch in status.patches
        if patch.state != "applied"
    ]
    faults += [
        StatusError(f"{c.entry.path} is {c.kind}", where=where, hint="freebsd-port status")
        for c in status.conditions
        if c.kind != "patched"
    ]
    faults += [
        StatusError(f"{name} {old} was patched, {new or 'nothing'} is there now", where=where)
        for name, old, new in status.replaced
    ]
    if not status.is_in_order:
        faults.append(StatusError(OUT_OF_ORDER, where=where, hint="freebsd-port apply"))
    faults += [
        StatusError(f"the release pins {name} {pinned}, not {found or 'none'}", where=where)
        for name, pinned, found in status.unpinned
    ]
    if status.applied_release is not None:
        what = f"the series of release {status.applied_release} is applied"
        faults.append(StatusError(what, where=where, hint="freebsd-port apply"))
    if status.is_pending:
        faults.append(
            StatusError(
                "an interrupted command is unfinished", where=where, hint="freebsd-port apply"
            )
        )
    return tuple(faults)
