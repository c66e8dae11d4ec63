"""Branches that are never reached; Python itself is the judge: it runs them with every value."""

from __future__ import annotations

import ast
from itertools import product
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.source.reach import find_unreached

VALUES = ("kvm", "lxc", "bhyve", None)


def dead(source: str) -> list[tuple[int, int]]:
    """Give the first line of what is never reached, and the line that is to blame."""
    found = find_unreached(ast.parse(dedent(source)))
    return [(one.lines.start, one.cause) for one in found]


def in_function(body: str, arguments: str = "virt, arch") -> list[tuple[int, int]]:
    return dead(f"def f({arguments}):\n" + "".join(f"    {x}\n" for x in dedent(body).splitlines()))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("if virt == 'bhyve':\n    a()\nelif virt == 'bhyve':\n    b()", [(4, 2)]),
        ("if virt in ('kvm', 'bhyve'):\n    a()\nelif virt == 'bhyve':\n    b()", [(4, 2)]),
        ("if virt == 'kvm':\n    a()\nelif virt == 'bhyve':\n    b()", []),
        ("if virt == 'bhyve':\n    return 1\nb()\nif virt == 'bhyve':\n    c()", [(5, 2)]),
        ("if virt != 'bhyve':\n    return 1\nif virt == 'kvm':\n    c()", [(4, 2)]),
        ("if virt == 'bhyve':\n    return 1\nvirt = 'bhyve'\nif virt == 'bhyve':\n    c()", []),
        ("if virt in ('kvm', 'lxc'):\n    if virt == 'bhyve':\n        a()", [(3, 2)]),
        ("if virt == 'bhyve' and arch:\n    a()\nelif virt == 'bhyve':\n    b()", []),
        ("if virt == 'bhyve' or arch:\n    a()\nelif virt == 'bhyve':\n    b()", [(4, 2)]),
        ("if not arch:\n    return 1\nif arch:\n    a()\nelse:\n    b()", [(7, 2)]),
        ("return 1\na()", [(3, 2)]),
        ("raise NotImplementedError()\nyield", []),
        ("if a():\n    b()\nelif a():\n    c()", [(4, 2)]),
        ("if a():\n    return 1\nb()\nif a():\n    c()", []),  # the call may give another answer
        ("if not arch:\n    return 1\narch.pop()\nif not arch:\n    c()", []),
        ("if arch.closed:\n    return 1\nb()\nif arch.closed:\n    c()", []),
        ("if virt == VIR_A:\n    a()\nelif virt == VIR_B:\n    b()", []),  # may be the same value
        ("try:\n    a()\nexcept OSError:\n    b()\nexcept FileNotFoundError:\n    c()", [(6, 4)]),
        ("try:\n    a()\nexcept KeyError:\n    b()\nexcept LookupError:\n    c()", []),
        ("try:\n    a()\nexcept m.E:\n    b()\nexcept (m.E, m.F):\n    c()", []),
        ("for x in arch:\n    if virt == 'a':\n        continue\n    if virt == 'a':\n        b()",
         [(5, 3)]),
        ("while virt == 'kvm':\n    if virt == 'bhyve':\n        a()\n    virt = b()", [(3, 2)]),
        ("while arch:\n    if virt == 'a':\n        a()\n    elif virt == 'a':\n        b()",
         [(5, 3)]),
        ("with a():\n    return 1\nb()", []),
    ],
)  # fmt: skip
def test_a_branch_whose_condition_was_tested_before_is_never_reached(
    body: str, found: list[tuple[int, int]]
) -> None:
    assert in_function(body) == found


def test_a_settings_object_stays_and_a_name_for_it_is_the_same() -> None:
    body = """\
        virt = CONF.libvirt.virt_type
        if CONF.libvirt.virt_type == 'bhyve':
            return a()
        log('next')
        if virt == 'kvm':
            b()
        elif virt == 'bhyve':
            c()
        """
    assert in_function(body, "arch") == [(8, 3)]


TESTS = st.recursive(
    st.builds(
        lambda name, op, value: f"{name} {op} {value!r}",
        st.sampled_from(["x", "y"]), st.sampled_from(["==", "!="]), st.sampled_from(VALUES),
    )
    | st.builds(
        lambda name, op, values: f"{name} {op} {tuple(values)!r}",
        st.sampled_from(["x", "y"]), st.sampled_from(["in", "not in"]),
        st.lists(st.sampled_from(VALUES), min_size=1, max_size=3, unique=True),
    ),
    lambda inner: st.builds(
        lambda a, op, b: f"({a} {op} {b})", inner, st.sampled_from(["and", "or"]), inner
    )
    | st.builds(lambda a: f"not ({a})", inner),
    max_leaves=3,
)  # fmt: skip
CHAIN = st.lists(st.tuples(TESTS, st.booleans(), st.booleans()), min_size=2, max_size=5)


def run_every_way(source: str) -> set[int]:
    """Run a function with every value of its arguments; gives the marks that it passed."""
    passed: set[int] = set()
    space: dict[str, object] = {"mark": passed.add}
    exec(source, space)
    for x, y in product(VALUES, VALUES):
        space["f"](x, y)  # type: ignore[operator]
    return passed


@settings(max_examples=60, deadline=None)
@given(CHAIN)
def test_what_is_said_to_be_never_reached_never_runs(chain: list[tuple[str, bool, bool]]) -> None:
    lines = ["def f(x, y):"]
    for number, (test, is_else, leaves) in enumerate(chain):
        word = "elif" if is_else and number and lines[-1].startswith("        ") else "if"
        lines += [f"    {word} {test}:", f"        mark({len(lines) + 1})"]
        if leaves:
            lines.append("        return")
    source = "\n".join(lines) + "\n"
    passed = run_every_way(source)
    for one in find_unreached(ast.parse(source)):
        assert not passed & set(one.lines)
