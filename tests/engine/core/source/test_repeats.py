"""What stands twice: keys of a literal dictionary, names bound in one scope."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from pyflakes.checker import Checker
from pyflakes.messages import MultiValueRepeatedKeyLiteral, RedefinedWhileUnused

from freebsd_port.engine.core.source.repeats import find_repeats

CASES = [
    ("X = {\n    'a': 1,\n    'b': 2,\n    'a': 3,\n}", [("'a'", 2, 4)]),
    ("X = {\n    A.B: 1,\n    A.C: 2,\n    A.B: 3,\n}", [("A.B", 2, 4)]),
    ("X = {\n    1: 1,\n    '1': 2,\n    b'1': 2,\n    True: 3,\n}", [("True", 2, 5)]),
    ("X = {\n    f(): 1,\n    f(): 2,\n}", []),
    ("def f():\n    return {'a': 1,\n            'a': 2}", [("'a'", 2, 3)]),
    ("X = {'a',\n     'b',\n     'a'}", [("'a'", 1, 3)]),
    ("import os\nimport sys\nimport os", [("os", 1, 3)]),
    ("import os.path\nimport os", []),
    ("from a import b\nfrom c import b", [("b", 1, 2)]),
    ("try:\n    import a\nexcept ImportError:\n    a = None", []),
    ("def f():\n    pass\ndef g():\n    pass\ndef f():\n    pass", [("f", 1, 5)]),
    ("class A:\n    def f(self):\n        pass\n    def f(self):\n        pass", [("f", 2, 4)]),
    ("class A:\n    @property\n    def f(self):\n        pass\n    @f.setter\n    def f(self, x):\n"
     "        pass", []),
    ("A = 1\nB = 2\nA = 3", [("A", 1, 3)]),
    ("A = 1\nA = A + 1", []),
    ("A = [1]\nregister(A)\nA = [2]", []),
    ("def f():\n    a = 1\n    a = 2", []),
    ("def f():\n    import a\n    import a", [("a", 2, 3)]),
    ("if X:\n    def f():\n        pass\nelse:\n    def f():\n        pass", []),
    ("class A:\n    x = 1\n    x = property(x)", []),
]  # fmt: skip


def repeats(source: str) -> list[tuple[str, int, int]]:
    return [(one.name, one.first, one.second) for one in find_repeats(ast.parse(dedent(source)))]


@pytest.mark.parametrize(("source", "found"), CASES)
def test_what_stands_twice_is_found(source: str, found: list[tuple[str, int, int]]) -> None:
    assert repeats(source) == found


@pytest.mark.parametrize("source", [source for source, _ in CASES])
def test_whatever_pyflakes_finds_is_found(source: str) -> None:
    checker = Checker(ast.parse(source))
    kinds = (MultiValueRepeatedKeyLiteral, RedefinedWhileUnused)
    theirs = {one.lineno for one in checker.messages if isinstance(one, kinds)}
    assert theirs <= {line for _, *lines in repeats(source) for line in lines}


def test_an_argument_that_stands_twice_is_found() -> None:
    assert repeats("def f(a,\n      b, *, a=1):\n    pass") == [("a", 1, 2)]
