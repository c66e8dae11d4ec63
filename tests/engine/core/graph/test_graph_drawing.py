"""A graph for Graphviz: the needs that say all, and names that are only text."""

from __future__ import annotations

from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.graph.dot import render_dot
from freebsd_port.engine.core.graph.needs import Kind, Need, PatchGraph, reduce_needs


def graph(count: int, *pairs: tuple[int, int], kind: Kind = "needs") -> PatchGraph:
    names = tuple(f"nova/patch-{number}.patch" for number in range(count))
    needs = (Need(names[patch], names[on], kind, ()) for patch, on in sorted(pairs))
    return PatchGraph(names, tuple(needs))


@st.composite
def graphs(draw: st.DrawFn) -> PatchGraph:
    count = draw(st.integers(0, 14))
    possible = list(combinations(range(count), 2))
    chosen = draw(st.sets(st.sampled_from(possible), max_size=30)) if possible else set()
    return graph(count, *((later, earlier) for earlier, later in chosen))


def reach(needs: tuple[Need, ...]) -> set[tuple[str, str]]:
    found = {(need.patch, need.on) for need in needs}
    while True:
        more = {(a, d) for a, b in found for c, d in found if b == c} - found
        if not more:
            return found
        found |= more


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_what_is_drawn_has_the_same_consequences_and_nothing_to_spare(drawn: PatchGraph) -> None:
    reduced = reduce_needs(drawn)
    assert reach(reduced) == reach(drawn.needs)
    for need in reduced:
        rest = tuple(other for other in reduced if other is not need)
        assert (need.patch, need.on) not in reach(rest)


HOSTILE = 'nova/</text><script>alert(1)</script>"\x1b[31m\u202e\\.patch'


def test_a_hostile_name_is_text() -> None:
    drawn = PatchGraph((HOSTILE, "b"), (Need("b", HOSTILE, "needs", ()),))
    text = render_dot(drawn, HOSTILE)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert '\\"<^[>[31m<U+202E>\\\\.patch"' in text


def test_dot_has_every_patch_and_the_needs_that_are_drawn() -> None:
    assert render_dot(graph(3, (1, 0), (2, 0), (2, 1)), "t") == (
        'digraph "t" {\n  rankdir=RL;\n  node [shape=box, fontname="mono"];\n'
        '  "nova/patch-0.patch";\n  "nova/patch-1.patch";\n  "nova/patch-2.patch";\n'
        '  "nova/patch-1.patch" -> "nova/patch-0.patch";\n'
        '  "nova/patch-2.patch" -> "nova/patch-1.patch";\n}\n'
    )
