"""A graph as SVG: no script, no font to fetch, light and dark, a text for those who cannot see it.

Source: Scalable Vector Graphics (SVG) 2; WAI-ARIA Graphics Module for roles and names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from freebsd_port.engine.core.graph.layout import HEIGHT, Arrow, Box, lay_out
from freebsd_port.engine.core.graph.needs import Need, PatchGraph
from freebsd_port.engine.core.text.unseen import show_unseen

_STYLE = """\
text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328 }
rect { fill: #f6f8fa; stroke: #59636e }
path { fill: none; stroke: #59636e; stroke-width: 1.3 }
.context { stroke-dasharray: 5 4 }
.name { stroke-dasharray: 1 4; stroke-linecap: round }
#head { fill: #59636e; stroke: none }
svg { background: #ffffff }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } rect { fill: #161b22; stroke: #8b949e }
path { stroke: #8b949e } #head { fill: #8b949e } svg { background: #0d1117 }
}"""
_VERBS = {"needs": "needs", "context": "shares context with", "name": "uses a name of"}
_MARKER = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8"'
    ' markerHeight="8" orient="auto-start-reverse"><path id="head" d="M0 0L8 4L0 8z"/></marker>'
    "</defs>"
)


def render_svg(graph: PatchGraph, title: str) -> str:
    """Draw the patches and the needs that do not follow from others; ends with a newline."""
    layout = lay_out(graph)
    width, height = f"{layout.width:.0f}", f"{layout.height:.0f}"
    needs = [arrow.need for arrow in layout.arrows]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc"'
        f' width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f'<title id="title">{_text(title)}</title>',
        f'<desc id="desc">{_text(describe(graph, needs))}</desc>',
        f"<style>{_STYLE}</style>",
        _MARKER,
        *(_draw_arrow(arrow) for arrow in layout.arrows),
        *(_draw_box(box) for box in (*layout.boxes, *layout.alone)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def describe(graph: PatchGraph, needs: Sequence[Need]) -> str:
    """Say in words what the drawing shows."""
    return " ".join(_sentences(graph, needs))


def _sentences(graph: PatchGraph, needs: Sequence[Need]) -> Iterator[str]:
    yield (
        f"{len(graph.patches)} patches. An arrow leads to the patch that is needed; a dashed one"
        " where only context is shared, a dotted one where only a name is used."
    )
    for need in needs:
        yield f"{need.patch} {_VERBS[need.kind]} {need.on}."


def _draw_arrow(arrow: Arrow) -> str:
    (x, y), *points = arrow.points
    steps = [f"M{x:.1f} {y:.1f}"]
    is_crossing = False
    for to_x, to_y in points:
        if is_crossing:
            steps.append(f"H{to_x:.1f}")
        else:
            middle = (x + to_x) / 2
            steps.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}")
        is_crossing = not is_crossing
        x, y = to_x, to_y
    name = f"{arrow.need.patch} {_VERBS[arrow.need.kind]} {arrow.need.on}"
    look = "" if arrow.need.kind == "needs" else f' class="{arrow.need.kind}"'
    return (
        f'<path{look} marker-start="url(#arrow)" d="{"".join(steps)}">'
        f"<title>{_text(name)}</title></path>"
    )


def _draw_box(box: Box) -> str:
    return (
        f'<g><rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{HEIGHT:.0f}"'
        f' rx="4"/><text x="{box.x + 9:.1f}" y="{box.y + 16:.1f}">{_text(box.name)}</text></g>'
    )


def _text(text: str) -> str:
    return escape(show_unseen(text))
