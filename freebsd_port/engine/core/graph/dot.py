"""A graph in the language of Graphviz. Source: graphviz.org, "DOT Language"."""

from __future__ import annotations

from freebsd_port.engine.core.graph.needs import PatchGraph, reduce_needs
from freebsd_port.engine.core.text.unseen import show_unseen

_LOOKS = {"needs": "", "context": " [style=dashed]", "name": " [style=dotted]"}


def render_dot(graph: PatchGraph, title: str) -> str:
    """Give the patches, and the needs that do not follow from others; ends with a newline."""
    lines = [f"digraph {_quote(title)} {{", "  rankdir=RL;", '  node [shape=box, fontname="mono"];']
    lines += [f"  {_quote(name)};" for name in graph.patches]
    for need in reduce_needs(graph):
        look = _LOOKS[need.kind]
        lines.append(f"  {_quote(need.patch)} -> {_quote(need.on)}{look};")
    return "\n".join([*lines, "}"]) + "\n"


def _quote(text: str) -> str:
    escaped = show_unseen(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
