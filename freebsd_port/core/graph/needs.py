"""The needs of a series: which patch needs which, and what follows.

Finding them is `commute`, and `names`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["needs", "context", "name"]
"""Needs: the changed lines touch. Context: only lines around them overlap, so that with less
context, or after a merge, the two could change places. Name: no lines meet, and the two would
change places, but one seems to use what the other defines."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where two patches meet."""

    path: str
    number: int
    """Hunk of the later patch, 1-based within its file change; 0 for the file as a whole."""

    on_number: int
    """Hunk of the earlier one; 0 for the file as a whole."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Need:
    """A patch that cannot go before another one."""

    patch: str
    on: str
    """The earlier patch."""

    kind: Kind
    """Context only when no contact is more than that, name only without a contact."""

    contacts: tuple[Contact, ...]
    names: tuple[str, ...] = ()
    """What a need by name is about, sorted."""


@dataclass(frozen=True, slots=True)
class PatchGraph:
    """A series and its needs."""

    patches: tuple[str, ...]
    """In the order of the series."""

    needs: tuple[Need, ...]
    """In the order of the series, by the later patch, then by the earlier one."""

    def among(self, names: Iterable[str]) -> PatchGraph:
        """Keep these patches and the needs between them."""
        kept = set(names)
        return PatchGraph(
            tuple(name for name in self.patches if name in kept),
            tuple(need for need in self.needs if need.patch in kept and need.on in kept),
        )


def reduce_needs(graph: PatchGraph) -> tuple[Need, ...]:
    """Leave out each need that follows from others: what is left is enough to draw.

    From needs by name, which are guesses, only such needs follow.
    """
    index = {name: number for number, name in enumerate(graph.patches)}
    reached = [0] * len(graph.patches)
    """A bit for each patch that one needs, directly or not."""
    firmly = [0] * len(graph.patches)
    """The same without needs by name."""
    kept: list[Need] = []
    for name, needs in _by_patch(graph).items():
        at, found = index[name], []
        for need in sorted(needs, key=lambda need: index[need.on], reverse=True):
            on = index[need.on]
            follows = (reached if need.kind == "name" else firmly)[at] >> on & 1
            if not follows:
                found.append(need)
            reached[at] |= 1 << on | reached[on]
            if need.kind != "name":
                firmly[at] |= 1 << on | firmly[on]
        kept += reversed(found)
    return tuple(kept)


def find_related(graph: PatchGraph, names: Iterable[str], *, reverse: bool = False) -> set[str]:
    """Give these patches and all that they need, directly or not; reverse: all that need them."""
    found = set(names)
    for need in graph.needs if reverse else reversed(graph.needs):
        near, far = (need.on, need.patch) if reverse else (need.patch, need.on)
        if near in found:
            found.add(far)
    return found


def _by_patch(graph: PatchGraph) -> Mapping[str, Sequence[Need]]:
    grouped: dict[str, list[Need]] = {name: [] for name in graph.patches}
    for need in graph.needs:
        grouped[need.patch].append(need)
    return grouped
