"""The plan: the edits that a series would make to a tree. Computing one is `planner`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freebsd_port.engine.core.text.file import FileState
from freebsd_port.errors import PortError

if TYPE_CHECKING:
    from freebsd_port.engine.core.apply.place import Miss, Placement
    from freebsd_port.engine.core.patch.change import Omission


class ReadingError(PortError):
    """A patch of several commits that comes out otherwise when each is applied by itself."""


class MissError(PortError):
    """A hunk that has no place, or a change that has no file."""


@dataclass(frozen=True, slots=True)
class HunkOutcome:
    """What became of one hunk."""

    path: str
    number: int
    """1-based among the hunks of the patch for this file."""

    total: int
    line: int
    """1-based line of the hunk header in the patch file."""

    result: Placement | Miss


@dataclass(frozen=True, slots=True)
class PatchOutcome:
    """What became of one patch: all its hunks, and what stood in its way."""

    name: str
    hunks: tuple[HunkOutcome, ...]
    paths: tuple[str, ...]
    """Files that it touches, each once, in patch order."""

    problems: tuple[PortError, ...]
    omissions: tuple[Omission, ...] = ()
    """What the patch tells of but does not hold."""

    @property
    def is_clean(self) -> bool:
        """Tell whether all of it found its place."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Edit:
    """One file before and after the whole series; None means that it is not there."""

    path: str
    before: FileState | None
    after: FileState | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a series would do."""

    edits: tuple[Edit, ...]
    """Sorted by path; a file that ends as it began is left out."""

    patches: tuple[PatchOutcome, ...]

    @property
    def problems(self) -> tuple[PortError, ...]:
        """Give what stands in the way, patch by patch; empty when the plan can be carried out."""
        return tuple(problem for patch in self.patches for problem in patch.problems)
