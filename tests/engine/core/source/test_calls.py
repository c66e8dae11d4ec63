"""Whether a call fits a signature; Python itself is the judge: it makes the call."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.source.calls import find_misfit, read_signature
from freebsd_port.engine.core.text.file import split_lines


def misfit(head: str, call: str) -> str | None:
    takes = read_signature(split_lines(head.encode()))
    assert takes is not None
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    return find_misfit(node, takes)


@pytest.mark.parametrize(
    ("head", "call", "reason"),
    [
        ("def f(a, b):\n", "f(1)", "it needs the argument 'b'"),
        ("def f(a, *, b):\n", "f(1)", "it needs the argument 'b'"),
        ("def f(a):\n", "f(1, 2)", "it takes at most 1 positional argument, not 2"),
        ("def f(a):\n", "f(1, b=2)", "it takes no argument 'b'"),
        ("def f(a):\n", "f(1, a=2)", "it gets the argument 'a' twice"),
        ("def f(a, b):\n", "f(*x)", None),
        ("def f(a, b):\n", "f(**x)", None),
        ("async def f(a,\n            b=(1, ')'),  # (\n            ) -> 'x':\n", "f(1)", None),
        ("def f(a): return (a,\n", "f()", None),
    ],
)
def test_a_call_that_does_not_fit_is_told_why(head: str, call: str, reason: str | None) -> None:
    if head.startswith("def f(a): return"):
        assert read_signature(split_lines(head.encode())) is None  # not whole: nobody can tell
    else:
        assert misfit(head, call) == reason


@st.composite
def heads(draw: st.DrawFn) -> str:
    names = iter("abcdef")
    parts: list[str] = []
    has_default = False
    for _ in range(draw(st.integers(0, 2))):
        has_default = has_default or draw(st.booleans())
        parts.append(f"{next(names)}{'=0' if has_default else ''}")
    if parts and draw(st.booleans()):
        parts.append("/")
    for _ in range(draw(st.integers(0, 2))):
        has_default = has_default or draw(st.booleans())
        parts.append(f"{next(names)}{'=0' if has_default else ''}")
    named = draw(st.integers(0, 2))
    if draw(st.booleans()):
        parts.append("*more")
    elif named:
        parts.append("*")
    parts += [f"{next(names)}{draw(st.sampled_from(['', '=0']))}" for _ in range(named)]
    parts += ["**any"] if draw(st.booleans()) else []
    return f"def f({', '.join(parts)}):\n"


CALLS = st.builds(
    lambda count, names: f"f({', '.join(['1'] * count + [f'{n}=2' for n in names])})",
    st.integers(0, 4),
    st.lists(st.sampled_from("abcdef"), max_size=4, unique=True),
)


@settings(max_examples=150, deadline=None)
@given(heads(), CALLS)
def test_a_call_fits_where_python_makes_it(head: str, call: str) -> None:
    space: dict[str, object] = {}
    exec(f"{head}    pass\n", space)
    function = space["f"]
    assert callable(function)
    given_ = ast.parse(call, mode="eval").body
    assert isinstance(given_, ast.Call)
    names = {str(one.arg): 2 for one in given_.keywords}
    try:
        function(*[1] * len(given_.args), **names)
    except TypeError:
        assert misfit(head, call) is not None
    else:
        assert misfit(head, call) is None
