"""The layers of a graph: how deep each patch stands, and the order in which layers cross least.

Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures": layers by the longest way, places for lines that cross a layer, order by barycentres.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from freebsd_port.engine.core.graph.needs import Need

_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Node:
    """A patch in its layer, or the place where the line of a need crosses a layer."""

    name: str
    """Of the patch; for a line the one that needs."""

    layer: int
    on: str = ""
    """For a line the patch that is needed."""

    @property
    def is_patch(self) -> bool:
        """Tell whether it is no line."""
        return not self.on


Links = Sequence[tuple[Node, Node]]
"""Neighbours in layers that follow each other."""


def find_depths(names: Iterable[str], needs: Iterable[Need]) -> dict[str, int]:
    """Give the layer of each patch, behind all that it needs; names are in series order."""
    needed: dict[str, list[str]] = {}
    for need in needs:
        needed.setdefault(need.patch, []).append(need.on)
    depth: dict[str, int] = {}
    for name in names:
        depth[name] = 1 + max((depth[on] for on in needed.get(name, ())), default=-1)
    return depth


def link_chain(need: Need, depth: Mapping[str, int]) -> tuple[Node, ...]:
    """Give the way of a need's line from the patch that is needed, a node a layer."""
    first, last = depth[need.on], depth[need.patch]
    between = (Node(need.patch, layer, need.on) for layer in range(first + 1, last))
    return (Node(need.on, first), *between, Node(need.patch, last))


def order_layers(
    depth: Mapping[str, int], chains: Iterable[Sequence[Node]], links: Links
) -> list[list[Node]]:
    """Order each layer from top to bottom by the places of the neighbours; the best of some."""
    order: list[list[Node]] = [[] for _ in range(max(depth.values()) + 1)]
    for name, level in depth.items():
        order[level].append(Node(name, level))
    for chain in chains:
        for node in chain[1:-1]:
            order[node.layer].append(node)
    before, behind = _neighbours(links)
    best, fewest = [list(layer) for layer in order], _crossings(order, links)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        near = behind if sweep % 2 else before
        for layer in order[-2::-1] if sweep % 2 else order[1:]:
            place = {node: at for nodes in order for at, node in enumerate(nodes)}
            layer.sort(key=partial(_mean, near=near, place=place))
        crossings = _crossings(order, links)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in order], crossings
    return best


def place_layers(order: Sequence[Sequence[Node]], links: Links) -> dict[Node, float]:
    """Give the row of each node: in order, at least one apart, near to its neighbours."""
    row = {node: float(at) for layer in order for at, node in enumerate(layer)}
    before, behind = _neighbours(links)
    for near, layers in ((before, order[1:]), (behind, order[-2::-1]), (before, order[1:])):
        for layer in layers:
            wanted = [_mean(node, near, row) for node in layer]
            at, moved = float("-inf"), 0.0
            for node, want in zip(layer, wanted, strict=True):
                at = max(at + 1, want)
                row[node] = at
                moved += at - want
            for node in layer:
                row[node] -= moved / len(layer)
    least = min(row.values())
    return {node: at - least for node, at in row.items()}


def _neighbours(links: Links) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
    before: dict[Node, list[Node]] = {}
    behind: dict[Node, list[Node]] = {}
    for one, other in links:
        before.setdefault(other, []).append(one)
        behind.setdefault(one, []).append(other)
    return before, behind


def _mean(node: Node, near: Mapping[Node, Sequence[Node]], place: Mapping[Node, float]) -> float:
    """Give the mean place of the neighbours, or the node's own where it has none."""
    places = [place[other] for other in near.get(node, ())]
    return sum(places) / len(places) if places else place[node]


def _crossings(order: Sequence[Sequence[Node]], links: Links) -> int:
    """Count the pairs of links between the same layers that cross."""
    place = {node: at for layer in order for at, node in enumerate(layer)}
    ends: dict[int, list[tuple[int, int]]] = {}
    for one, other in links:
        ends.setdefault(one.layer, []).append((place[one], place[other]))
    total = 0
    for pairs in ends.values():
        passed: list[int] = []
        for _, end in sorted(pairs):
            total += len(passed) - bisect_right(passed, end)
            insort(passed, end)
    return total
