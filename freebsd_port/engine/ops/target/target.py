"""What a series is applied to, and the overlay as a command finds it there.

A plain tree is here; an environment with pins is `openstack.ops.environment`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from freebsd_port.engine.core.apply.overlay import OverlayFile, OverlayState
from freebsd_port.engine.core.text.file import PathError, Tree
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.engine.store.overlay.state import Condition, inspect_files, load_state
from freebsd_port.errors import PortError, ProblemsError

if TYPE_CHECKING:
    from freebsd_port.engine.core.apply.plan import Edit, PatchOutcome


class Target(Protocol):
    """What converging needs to know of the place it writes to."""

    @property
    def root(self) -> Path:
        """The directory that the paths in patches are relative to."""

    def reread(self) -> Target:
        """Give the same place, with nothing remembered of what was installed there."""

    def without_lock(self) -> Target:
        """Give the same place, reread, held against no series.lock."""

    def replaced(self, state: OverlayState) -> tuple[tuple[str, str, str | None], ...]:
        """Give (distribution, version patched, version now) where the two differ."""

    def fresh_records(self, conditions: tuple[Condition, ...]) -> frozenset[str]:
        """Give the paths of RECORD files that an installer wrote anew with the originals."""

    def rebuilt(self, conditions: tuple[Condition, ...]) -> frozenset[str]:
        """Name the distributions that another build of the same version replaced."""

    def lists(self, path: str, digest: str | None) -> bool:
        """Tell whether what is installed now has this file so; None: has no such file."""

    @property
    def directory_mode(self) -> int | None:
        """Permission bits for new directories, and less search for new files; None: umask."""

    @property
    def is_strict(self) -> bool:
        """Tell whether patches are refused that GNU patch would apply in part."""

    def refusals(self, outcomes: tuple[PatchOutcome, ...]) -> tuple[PortError, ...]:
        """Find what these patches may not touch here, whether or not their hunks fit."""

    def check(self, files: tuple[OverlayFile, ...], base: Tree, *, is_whole: bool) -> None:
        """Raise ProblemsError unless originals and results are as they must be."""

    def with_records(self, edits: tuple[Edit, ...], base: Tree) -> tuple[Edit, ...]:
        """Add the edits of the RECORD files that follow from these."""

    def owner(self, path: str) -> str | None:
        """Name the distribution that a path belongs to."""

    def versions(self) -> dict[str, str]:
        """Give the version of each distribution that can be patched here."""


@dataclass(frozen=True, slots=True)
class TreeTarget:
    """Any directory: no pins, no RECORD, no lock."""

    root: Path

    def reread(self) -> TreeTarget:
        """Nothing is remembered."""
        return self

    def without_lock(self) -> TreeTarget:
        """There is none."""
        return self

    def replaced(self, state: OverlayState) -> tuple[tuple[str, str, str | None], ...]:
        """Nothing is versioned here."""
        return ()

    def fresh_records(self, conditions: tuple[Condition, ...]) -> frozenset[str]:
        """No RECORD is here."""
        return frozenset()

    def rebuilt(self, conditions: tuple[Condition, ...]) -> frozenset[str]:
        """Nothing is built here."""
        return frozenset()

    def lists(self, path: str, digest: str | None) -> bool:
        """Nothing says which files belong here."""
        return False

    @property
    def directory_mode(self) -> int | None:
        """Leave it to the umask, as patch does."""
        return None

    @property
    def is_strict(self) -> bool:
        """Do what patch does."""
        return False

    def refusals(self, outcomes: tuple[PatchOutcome, ...]) -> tuple[PortError, ...]:
        """Allow every path that is safe in itself."""
        return ()

    def check(self, files: tuple[OverlayFile, ...], base: Tree, *, is_whole: bool) -> None:
        """Nothing says what the files must be."""

    def with_records(self, edits: tuple[Edit, ...], base: Tree) -> tuple[Edit, ...]:
        """Leave the edits as they are."""
        return edits

    def owner(self, path: str) -> str | None:
        """No distribution owns anything."""
        return None

    def versions(self) -> dict[str, str]:
        """No distribution is here."""
        return {}


class EditedError(PortError):
    """A file of the overlay holds something that freebsd-port did not write."""


@dataclass(frozen=True, slots=True)
class OverlayCheck:
    """The part of an overlay that is still this project's."""

    state: OverlayState
    """Without the files that are not the overlay's any more."""

    conditions: tuple[Condition, ...]
    edited: tuple[Condition, ...]
    """Those that are to be written over, after a copy; only with force."""

    forgotten: tuple[str, ...]
    """Distributions that were replaced or uninstalled, sorted."""

    reinstalled: tuple[str, ...]
    """Distributions whose originals were put back, sorted."""

    @property
    def is_trusted(self) -> bool:
        """Tell whether the state describes all that is there."""
        return not self.forgotten and not self.reinstalled


def find_overlay(target: Target, *, force: bool, keeps_edits: bool = False) -> OverlayCheck:
    """Look at every file of the overlay; nothing is written.

    Raises ProblemsError with every file and distribution that only `force` may go over, and
    with every file that nothing may. With `keeps_edits` the caller writes over no file that was
    edited, but then RECORD must be as the overlay left it.
    """
    state = load_state(target.root)
    conditions = inspect_files(DirectoryTree(target.root), state)
    conditions, forgotten = _without_replaced(target, state, conditions, force=force)
    fresh = target.fresh_records(conditions)
    conditions = tuple(c for c in conditions if c.entry.path not in fresh)
    if keeps_edits:
        _require_own_records(target, state, conditions)
    edited = _require_unedited(target, conditions, force=force or keeps_edits)
    names = {c.entry.distribution for c in conditions if c.kind == "pristine"}
    names |= {entry.distribution for entry in state.files if entry.path in fresh}
    return OverlayCheck(
        replace(
            state,
            files=tuple(c.entry for c in conditions),
            versions={n: v for n, v in state.versions.items() if n not in forgotten},
        ),
        conditions,
        edited,
        forgotten,
        tuple(sorted(name for name in names if name)),
    )


def _without_replaced(
    target: Target, state: OverlayState, conditions: tuple[Condition, ...], *, force: bool
) -> tuple[tuple[Condition, ...], tuple[str, ...]]:
    """Take out the files of distributions that hold another version or build now.

    They are the new one's; the originals kept here are not theirs. What stays is a file that
    still holds our patched bytes although what is installed now has the original, or none.
    """
    replaced = {name: (old, new) for name, old, new in target.replaced(state)}
    for name in target.rebuilt(conditions):
        version = state.versions.get(name, "")
        replaced[name] = (version, f"another build of {version}")
    gone = {
        name
        for name, (_, new) in replaced.items()
        if new is None
        and all(c.found is None and not c.fault for c in conditions if c.entry.distribution == name)
    }
    problems = tuple(
        EditedError(
            f"{name} was replaced under the overlay: {old} was patched, "
            f"{new or 'nothing'} is there now",
            where=str(target.root),
            hint="leave its files as they are and forget the patches on them: "
            "freebsd-port pop -a --force",
        )
        for name, (old, new) in replaced.items()
        if name not in gone
    )
    if problems and not force:
        raise ProblemsError(problems)
    kept = tuple(
        c
        for c in conditions
        if c.entry.distribution not in replaced
        or (c.kind == "patched" and target.lists(c.entry.path, c.entry.before))
    )
    return kept, tuple(sorted(replaced))


def _require_own_records(
    target: Target, state: OverlayState, conditions: tuple[Condition, ...]
) -> None:
    patched = {c.entry.path for c in conditions if c.kind == "patched"}
    for entry in state.files:
        if entry.path.endswith(".dist-info/RECORD") and entry.path not in patched:
            raise EditedError(
                f"{entry.distribution} was reinstalled under the overlay",
                where=str(target.root),
                hint="freebsd-port apply",
            )


def _require_unedited(
    target: Target, conditions: tuple[Condition, ...], *, force: bool
) -> tuple[Condition, ...]:
    """Give what was edited or removed; raises ProblemsError unless that may be written over."""
    problems: list[PortError] = [
        PathError(c.fault.what, where=str(target.root), hint=c.fault.hint)
        for c in conditions
        if c.fault is not None
    ]
    edited = tuple(c for c in conditions if c.kind in ("edited", "gone"))
    if not force:
        problems += (
            EditedError(
                f"{c.entry.path} was {'edited by hand' if c.kind == 'edited' else 'removed'}",
                where=str(target.root),
                hint="take the change into its patch with: freebsd-port refresh, or write over it "
                "and keep a copy with: --force",
            )
            for c in edited
        )
    if problems:
        raise ProblemsError(tuple(problems))
    return tuple(c for c in edited if c.found is not None)
