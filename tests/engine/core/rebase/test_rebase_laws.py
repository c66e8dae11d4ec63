"""Laws of carrying a patch over drawn Python modules: it comes out right, or it is a conflict."""

from __future__ import annotations

from dataclasses import dataclass

from drawn_diffs import unified
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from memory_tree import MemoryTree

from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.rebase.outcome import RebasedPatch
from freebsd_port.engine.core.rebase.rebaser import Rebaser
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.series.series import SeriesEntry

PATH, OTHER = "pkg/m.py", "pkg/n.py"
ENTRY = SeriesEntry(name="p", strip=1, reverse=False, comment="", line=1)
NAMES = [f"work{number}" for number in range(5)]
NEW = "    patched = True\n"


@dataclass(frozen=True)
class Function:
    """A function whose lines, its own and those that it shares with others, have an order."""

    name: str
    lines: tuple[str, ...]

    def text(self, name: str | None = None) -> str:
        return f"def {name or self.name}(self):\n" + "".join(self.lines)


@st.composite
def functions(draw: st.DrawFn) -> list[Function]:
    """Draw a module's functions; each has lines like those of the others, and of its own."""
    found = []
    for name in NAMES[: draw(st.integers(2, 5))]:
        count = draw(st.integers(3, 8))
        lines = [
            draw(st.sampled_from([f"    {name}_{n} = {n}\n", f"    self.shared({n})\n", "\n"]))
            for n in range(count)
        ]
        found.append(Function(name, (f"    first = '{name}'\n", *lines, f"    return {name!r}\n")))
    return found


def module(parts: list[str]) -> bytes:
    return "\n\n".join(["import os\n", *parts]).encode()


def rebase(base: bytes, after: bytes, new: dict[str, bytes]) -> tuple[RebasedPatch, Rebaser, bytes]:
    diff = unified(base, after, 3).replace(b"/f\n", b"/pkg/m.py\n")
    patch = parse_patch("p", diff)
    rebaser = Rebaser(
        Version(MemoryTree({PATH: base})), Version(MemoryTree(new)),
        "old", "new", "2026-11-21", lambda clash: None,
    )  # fmt: skip
    return rebaser.rebase(ENTRY, patch, patch), rebaser, diff


def made_of(new: dict[str, bytes], done: RebasedPatch, diff: bytes) -> dict[str, bytes]:
    """Apply what was carried to the release as `apply` does."""
    if done.state in ("conflict", "upstreamed"):
        return new
    plan = plan_series(MemoryTree(new), [(ENTRY, parse_patch("p", done.text or diff))])
    assert plan.problems == ()
    return {**new, **{edit.path: edit.after.content for edit in plan.edits if edit.after}}


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Function], int, int]:
    """Draw functions, which of them the patch changes, and behind which of its lines."""
    drawn = draw(functions())
    chosen = draw(st.integers(0, len(drawn) - 1))
    return drawn, chosen, draw(st.integers(1, len(drawn[chosen].lines) - 1))


def patched(function: Function, at: int) -> Function:
    return Function(function.name, (*function.lines[:at], NEW, *function.lines[at:]))


@settings(max_examples=150, deadline=None)
@given(cases(), st.data())
def test_a_renamed_or_moved_function_takes_the_change_with_it_or_conflicts(
    drawn: tuple[list[Function], int, int], data: st.DataObject
) -> None:
    before, chosen, at = drawn
    function = before[chosen]
    name = data.draw(st.sampled_from([function.name, "renamed"]))
    others = [f.text() for f in before if f is not function]
    place = data.draw(st.integers(0, len(others)))
    fate = data.draw(st.sampled_from(["here", "elsewhere", "gone"]))
    new = {PATH: module(others), OTHER: module(["def other(self):\n    pass\n"])}

    def release(text: str) -> dict[str, bytes]:
        if fate == "gone":
            return new
        if fate == "elsewhere":
            return {**new, OTHER: module(["def other(self):\n    pass\n", text])}
        return {**new, PATH: module([*others[:place], text, *others[place:]])}

    base = module([f.text() for f in before])
    after = module([patched(f, at).text() if f is function else f.text() for f in before])
    there = release(function.text(name))
    done, rebaser, diff = rebase(base, after, there)
    made = made_of(there, done, diff)
    for path, content in made.items():
        assert b"".join(rebaser.other.lines(path) or []) == content
    if done.state == "conflict":
        return
    assert fate != "gone"
    made_texts = [made[path] for path in sorted(made)]
    wanted = release(patched(function, at).text(name))
    assert made_texts == [wanted[path] for path in sorted(wanted)]


@settings(max_examples=150, deadline=None)
@given(cases(), st.data())
def test_an_edit_beside_the_patch_is_kept_with_it_or_conflicts(
    drawn: tuple[list[Function], int, int], data: st.DataObject
) -> None:
    before, chosen, at = drawn
    function = before[chosen]
    other = data.draw(st.integers(0, len(before) - 1))
    line = data.draw(st.integers(0, len(before[other].lines) - 1))
    assume(other != chosen or line not in (at - 1, at))

    def release(functions: list[Function]) -> bytes:
        texts = []
        for number, one in enumerate(functions):
            lines = list(one.lines)
            if number == other:
                place = line + (number == chosen and NEW in lines and line >= at)
                lines[place] = "    edited = True\n"
            texts.append(Function(one.name, tuple(lines)).text())
        return module(texts)

    both = [patched(f, at) if f is function else f for f in before]
    there = {PATH: release(before)}
    done, _, diff = rebase(
        module([f.text() for f in before]), module([f.text() for f in both]), there
    )
    if done.state != "conflict":
        assert made_of(there, done, diff) == {PATH: release(both)}


@settings(max_examples=100, deadline=None)
@given(cases(), st.data())
def test_a_change_that_the_release_has_is_upstreamed_whatever_else_is_new(
    drawn: tuple[list[Function], int, int], data: st.DataObject
) -> None:
    before, chosen, at = drawn
    base = module([f.text() for f in before])
    texts = [patched(f, at).text() if n == chosen else f.text() for n, f in enumerate(before)]
    place = data.draw(st.integers(0, len(texts)))
    there = {PATH: module([*texts[:place], "def added(self):\n    return 1\n", *texts[place:]])}
    done, _, diff = rebase(base, module(texts), there)
    assert done.state in ("upstreamed", "conflict")
    assert made_of(there, done, diff) == there
    if not data.draw(st.booleans()):
        return
    done, _, _ = rebase(base, module(texts), {PATH: module(texts)})
    assert done.state == "upstreamed"
