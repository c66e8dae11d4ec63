"""Drawings of a graph: nothing lies over anything, the same each time, in well-formed XML."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.graph.dot import render_dot
from freebsd_port.engine.core.graph.layout import HEIGHT, lay_out
from freebsd_port.engine.core.graph.needs import Kind, Need, PatchGraph, reduce_needs
from freebsd_port.engine.core.graph.svg import render_svg

SVG = "{http://www.w3.org/2000/svg}"


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


@given(graphs())
def test_what_is_drawn_has_the_same_consequences_and_nothing_to_spare(drawn: PatchGraph) -> None:
    reduced = reduce_needs(drawn)
    assert reach(reduced) == reach(drawn.needs)
    for need in reduced:
        rest = tuple(other for other in reduced if other is not need)
        assert (need.patch, need.on) not in reach(rest)


@settings(deadline=None)
@given(graphs())
def test_no_box_lies_over_another_and_needs_lead_to_the_left(drawn: PatchGraph) -> None:
    layout = lay_out(drawn)
    boxes = [*layout.boxes, *layout.alone]
    assert sorted(box.name for box in boxes) == sorted(drawn.patches)
    for one, other in combinations(boxes, 2):
        apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert apart_x or abs(one.y - other.y) >= HEIGHT
    for box in boxes:
        assert 0 < box.x < box.x + box.width < layout.width
        assert 0 < box.y < box.y + HEIGHT < layout.height
    assert {(a.need.patch, a.need.on) for a in layout.arrows} == {
        (need.patch, need.on) for need in reduce_needs(drawn)
    }
    for arrow in layout.arrows:
        xs = [x for x, _ in arrow.points]
        assert xs == sorted(xs)


@settings(deadline=None)
@given(graphs())
def test_no_line_crosses_a_box(drawn: PatchGraph) -> None:
    layout = lay_out(drawn)
    for arrow in layout.arrows:
        for (x, y), (to_x, to_y) in zip(arrow.points[1::2], arrow.points[2::2], strict=False):
            assert y == to_y
            for box in layout.boxes:
                beside = box.x >= to_x or box.x + box.width <= x
                assert beside or abs(box.y + HEIGHT / 2 - y) > HEIGHT / 2


def test_lines_do_not_cross_where_they_need_not() -> None:
    layout = lay_out(graph(4, (2, 1), (3, 0)))
    place = {box.name[-7]: (box.x, box.y) for box in layout.boxes}
    assert place["0"][1] == place["3"][1]
    assert place["1"][1] == place["2"][1]
    crossing = lay_out(graph(6, (2, 1), (3, 0), (4, 2), (4, 3), (5, 3)))
    rows = {box.name[-7]: box.y for box in crossing.boxes}
    assert (rows["0"] < rows["1"]) == (rows["3"] < rows["2"])


def test_a_drawing_is_well_formed_named_described_and_the_same_each_time() -> None:
    drawn = graph(5, (1, 0), (2, 1), kind="context")
    text = render_svg(drawn, "needs <of> & more")
    assert text == render_svg(drawn, "needs <of> & more")
    root = ElementTree.fromstring(text)
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    assert root.findtext(f"{SVG}title") == "needs <of> & more"
    assert "nova/patch-2.patch shares context with nova/patch-1.patch." in root.findtext(
        f"{SVG}desc", ""
    )
    paths = root.findall(f"{SVG}path")
    assert [path.get("class") for path in paths] == ["context", "context"]
    assert [node.findtext(f"{SVG}text") for node in root.findall(f"{SVG}g")] == list(drawn.patches)


HOSTILE = 'nova/</text><script>alert(1)</script>"\x1b[31m\u202e\\.patch'


@pytest.mark.parametrize("render", [render_svg, render_dot])
def test_a_hostile_name_is_text(render) -> None:
    drawn = PatchGraph((HOSTILE, "b"), (Need("b", HOSTILE, "needs", ()),))
    text = render(drawn, HOSTILE)
    assert "\x1b" not in text
    assert "\u202e" not in text
    if render is render_svg:
        root = ElementTree.fromstring(text)
        assert not list(root.iter(f"{SVG}script"))
        shown = 'nova/</text><script>alert(1)</script>"<^[>[31m<U+202E>\\.patch'
        assert root.findtext(f"{SVG}g/{SVG}text") == shown
    else:
        assert '\\"<^[>[31m<U+202E>\\\\.patch"' in text


def test_dot_has_every_patch_and_the_needs_that_are_drawn() -> None:
    assert render_dot(graph(3, (1, 0), (2, 0), (2, 1)), "t") == (
        'digraph "t" {\n  rankdir=RL;\n  node [shape=box, fontname="mono"];\n'
        '  "nova/patch-0.patch";\n  "nova/patch-1.patch";\n  "nova/patch-2.patch";\n'
        '  "nova/patch-1.patch" -> "nova/patch-0.patch";\n'
        '  "nova/patch-2.patch" -> "nova/patch-1.patch";\n}\n'
    )
