"""Needs by name: what one patch brings, and a later one uses elsewhere."""

from __future__ import annotations

import pytest
from memory_tree import MemoryTree
from small_overlay import diff

from freebsd_port.engine.core.graph.needs import find_needs
from freebsd_port.engine.core.graph.shared_names import add_name_needs
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry

FILES = {f"{top}/{name}.py": b"import os\nold = 1\n" for top in ("nova", "oslo") for name in "ab"}
FILES["nova/a.txt"] = b"text\n"


def needs_between(
    first: str, second: str, second_path: str = "nova/b.py"
) -> list[tuple[str, tuple[str, ...]]]:
    """Add a line to one file, then to another; give what the second patch needs of the first."""
    patches = []
    for number, (path, line) in enumerate((("nova/a.py", first), (second_path, second)), 1):
        old = FILES[path]
        data = diff(path, old, old + line.encode() + b"\n")
        patches.append((SeriesEntry(f"p{number}", 1, False, "", number), parse_patch("p", data)))
    tree = MemoryTree(FILES)
    graph = add_name_needs(find_needs(tree, patches), tree, patches)
    return [(need.kind, need.names) for need in graph.needs]


FOUND = [("name", ("fresh",))]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("def fresh(self):", "x = self.fresh()", FOUND),
        ("    async def fresh():", "await fresh()", FOUND),
        ("class fresh(object):", "x = fresh", FOUND),
        ("        self.fresh = None", "x.fresh", FOUND),
        ("fresh: int = 1", "a.fresh", FOUND),
        ("fresh = 1", "pass  # fresh", []),
        ("    fresh = 1", "x = fresh", []),
        ("x = fresh == 1", "y = fresh", []),
        ("def old(self):", "old()", []),
        ("import fresh", "fresh.x", []),
    ],
)
def test_a_name_that_is_brought_and_used_is_a_need(first: str, second: str, found) -> None:
    assert needs_between(first, second) == found


def test_an_import_serves_its_own_file() -> None:
    patches = []
    old = b"one\n" * 9 + b"last\n"
    new = b"from os import fresh\n" + old
    for number, (before, after) in enumerate(
        ((old, new), (new, new.replace(b"last", b"fresh.last"))), 1
    ):
        data = diff("nova/c.py", before, after)
        patches.append((SeriesEntry(f"p{number}", 1, False, "", number), parse_patch("p", data)))
    tree = MemoryTree({"nova/c.py": old})
    (need,) = add_name_needs(find_needs(tree, patches), tree, patches).needs
    assert (need.kind, need.names) == ("name", ("fresh",))


def test_another_package_and_what_is_no_python_have_names_of_their_own() -> None:
    assert needs_between("def fresh():", "fresh()", "oslo/b.py") == []
    assert needs_between("def fresh():", "fresh()", "nova/a.txt") == []
