"""Where a graph's boxes and lines go on a page: layers from left to right, what is needed first.

Which layer, and which order in it, is `layers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from freebsd_port.engine.core.graph.needs import Need, PatchGraph, reduce_needs
from freebsd_port.engine.core.graph.ranks import (
    Node,
    find_depths,
    link_chain,
    order_layers,
    place_layers,
)

CHARACTER = 7.3
"""Width of a character of the font, which is of one width."""

HEIGHT = 24.0
MARGIN = 16.0
_PADDING = 9.0
_ROW = 36.0
_COLUMN = 70.0


@dataclass(frozen=True, slots=True)
class Box:
    """A patch; x and y are its upper left corner."""

    name: str
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A need; its points lead from the right side of the needed box to the left of the other."""

    need: Need
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole page."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    alone: tuple[Box, ...]
    """Patches without any need, below the others."""

    width: float
    height: float


def lay_out(graph: PatchGraph, *, page_width: float = 1200.0) -> Layout:
    """Place every patch, and the needs that do not follow from others; the same each time."""
    needs = reduce_needs(graph)
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    top = width = MARGIN
    for names in _components(graph.patches, needs):
        part = [need for need in needs if need.patch in names]
        drawing = _Drawing([name for name in graph.patches if name in names], part, top)
        boxes += drawing.boxes()
        arrows += drawing.arrows()
        top, width = drawing.bottom + MARGIN, max(width, drawing.right)
    linked = {box.name for box in boxes}
    alone = [name for name in graph.patches if name not in linked]
    rows, right, bottom = _in_rows(alone, top, max(page_width, width))
    return Layout(tuple(boxes), tuple(arrows), rows, max(width, right) + MARGIN, bottom + MARGIN)


def _in_rows(
    names: Sequence[str], top: float, page_width: float
) -> tuple[tuple[Box, ...], float, float]:
    """Place boxes side by side in columns of one width; give them and how far they go."""
    if not names:
        return (), 0.0, top
    wide = max(map(_box_width, names))
    columns = max(int((page_width - MARGIN) // (wide + MARGIN)), 1)
    columns = min(columns, len(names))
    boxes = tuple(
        Box(
            name,
            MARGIN + (number % columns) * (wide + MARGIN),
            top + number // columns * _ROW,
            _box_width(name),
        )
        for number, name in enumerate(names)
    )
    return boxes, MARGIN + columns * (wide + MARGIN) - MARGIN, boxes[-1].y + HEIGHT


def _box_width(name: str) -> float:
    return round(len(name) * CHARACTER + 2 * _PADDING, 1)


def _components(names: Iterable[str], needs: Iterable[Need]) -> list[set[str]]:
    """Give the sets of patches that needs connect, by their first patch; none of one alone."""
    part: dict[str, set[str]] = {}
    for need in needs:
        joined = part.get(need.patch, {need.patch}) | part.get(need.on, {need.on})
        part.update(dict.fromkeys(joined, joined))
    seen: set[str] = set()
    found = []
    for name in names:
        if name in part and name not in seen:
            found.append(part[name])
            seen |= part[name]
    return found


class _Drawing:
    """One connected part of the graph."""

    def __init__(self, names: Sequence[str], needs: Sequence[Need], top: float) -> None:
        self._needs = needs
        self._depth = find_depths(names, needs)
        self._chains = [link_chain(need, self._depth) for need in needs]
        links = [link for chain in self._chains for link in pairwise(chain)]
        order = order_layers(self._depth, self._chains, links)
        self._y = {node: top + row * _ROW for node, row in place_layers(order, links).items()}
        self._wide = [max(_box_width(n.name) for n in layer if n.is_patch) for layer in order]
        self._x: list[float] = [MARGIN]
        for wide in self._wide:
            self._x.append(self._x[-1] + wide + _COLUMN)
        self.right = self._x[-1] - _COLUMN
        self.bottom = max(self._y.values()) + HEIGHT

    def boxes(self) -> list[Box]:
        """Give the boxes in the order of the series."""
        return [
            Box(name, self._x[layer], round(self._y[Node(name, layer)], 1), _box_width(name))
            for name, layer in self._depth.items()
        ]

    def arrows(self) -> list[Arrow]:
        """Give the lines, which go between the boxes of the layers that they cross."""
        found = []
        for need, chain in zip(self._needs, self._chains, strict=True):
            first, *between, last = chain
            points = [(self._x[first.layer] + _box_width(need.on), self._middle(first))]
            for node in between:
                left, y = self._x[node.layer], self._middle(node)
                points += [(left, y), (left + self._wide[node.layer], y)]
            points.append((self._x[last.layer], self._middle(last)))
            found.append(Arrow(need, tuple(points)))
        return found

    def _middle(self, node: Node) -> float:
        return round(self._y[node] + HEIGHT / 2, 1)
