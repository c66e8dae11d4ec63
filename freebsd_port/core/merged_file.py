"""What became of the hunks of one file change on another release."""

from __future__ import annotations

from dataclasses import dataclass, field

from freebsd_port.core.merge import Clash
from freebsd_port.core.rebase import RebasedHunk
from freebsd_port.core.splice import Splice


@dataclass(slots=True)
class FileMerge:
    """The hunks of one file change, carried as far as they could be."""

    path: str
    """The file on the other release."""

    hunks: list[RebasedHunk] = field(default_factory=list)
    splices: dict[str, list[Splice]] = field(default_factory=dict)
    """What is to be done, by path of the other release; moved code may be in another file."""

    clashes: dict[str, list[Clash]] = field(default_factory=dict)
    """What needs a person, by path as well."""

    is_alike: bool = True
    """Whether each splice is made in both versions alike, in the same file."""
