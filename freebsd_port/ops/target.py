"""What a series is applied to. An environment with pins is `packages`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from freebsd_port.core.file import Tree
from freebsd_port.core.overlay import OverlayFile, OverlayState
from freebsd_port.core.plan import Edit, PatchOutcome
from freebsd_port.errors import PortError
from freebsd_port.store.overlay import Condition


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
