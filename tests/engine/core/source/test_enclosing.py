"""The class or function around a line, by indentation."""

from __future__ import annotations

import ast
import inspect
import random
import textwrap
import types
import typing
from pathlib import Path

import pytest

from freebsd_port.engine.core.source.scope import (
    find_scopes,
    indent_of,
    innermost_scope,
    is_text,
    name_scope,
    shift_scopes,
)
from freebsd_port.engine.core.text.splice import Splice, apply_splices

SOURCE = b'''\
TABLE = {
    "a": 1,
}


class Host(
    Base,
):
    """A host.

not indented, but text
    """

    def first(
        self,
    ):
        text = """
<xml>
"""
        return text

    async def second(self):
        def inner():
            return 1

        if inner():
            return 2
# a comment that stands out
        return 3


LAST = 1
'''


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        (b'    "a": 1,', None),
        (b"        return text", "Host.first"),
        (b"            return 1", "Host.second.inner"),
        (b"            return 2", "Host.second"),
        (b"        return 3", "Host.second"),
        (b"    async def second(self):", "Host"),
        (b"LAST = 1", None),
    ],
)
def test_a_line_is_in_the_nearest_block_around_it(line: bytes, scope: str | None) -> None:
    lines = SOURCE.splitlines(keepends=True)
    at = lines.index(line + b"\n")
    assert name_scope(lines, at, indent_of(lines[at])) == scope


def test_what_is_to_come_behind_the_last_line_is_placed_by_its_indentation() -> None:
    lines = SOURCE.splitlines(keepends=True)[:-3]
    assert name_scope(lines, len(lines), 8) == "Host.second"
    assert name_scope(lines, len(lines), 4) == "Host"
    assert name_scope(lines, len(lines), 0) is None


@pytest.mark.parametrize("module", [ast, inspect, textwrap, types, typing])
def test_it_agrees_with_the_parser_on_real_modules(module: types.ModuleType) -> None:
    source = inspect.getsource(module).encode()
    lines = source.splitlines(keepends=True)
    scopes = find_scopes(source)
    heads = (b")", b"]", b"}", b"#", b"@", b"def ", b"class ", b"async def ")
    asked = agreed = 0
    for at, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith(heads) and not is_text(lines, at):
            asked += 1
            scope = innermost_scope(scopes, at, at + 1)
            agreed += name_scope(lines, at, indent_of(line)) == (scope.name if scope else None)
    assert asked > 100
    assert agreed >= 0.99 * asked


MODULE = b"""\
import os


class A:
    x = 1

    @property
    def first(self):
        def inner():
            return 1

        return inner

    def last(self):
        pass


@wraps
def f():
    pass
"""
NEW_METHOD = b"""\
    @cached
    def new(self):
        class B:
            y = 2
        return B

"""
NEW_FUNCTION = b"\ndef g():\n    pass\n\n\nclass C:\n    def h(self):\n        pass\n\n\n"


@pytest.mark.parametrize(
    ("line", "text", "is_read"),
    [
        (6, NEW_METHOD, True),
        (5, NEW_METHOD, True),
        (8, b"        def other():\n            pass\n\n", True),
        (13, NEW_METHOD, True),
        (17, NEW_FUNCTION, True),
        (15, NEW_FUNCTION, True),
        (18, NEW_METHOD, False),  # between a decorator and its function
        (15, NEW_METHOD, False),  # at the end of a class
        (13, NEW_METHOD + NEW_FUNCTION, False),  # it ends the class before one of its methods
        (4, b"    def new(self):\n        pass\n", False),  # before no function
        (13, b"    def new(self:\n", False),
    ],
)
def test_what_is_put_in_before_a_function_is_read_without_the_rest(
    line: int, text: bytes, is_read: bool
) -> None:
    lines, new = MODULE.splitlines(keepends=True), text.splitlines(keepends=True)
    splices = [Splice(0, 1, (b"import re\n", b"\n")), Splice(line, line, tuple(new))]
    shifted = shift_scopes(find_scopes(MODULE), lines, splices)
    wanted = find_scopes(b"".join(apply_splices(lines, splices)))
    assert shifted == (wanted if is_read else None)


def scopes_of_the_tree(source: bytes) -> list[tuple[str, int, int]]:
    """Give what `find_scopes` is to find, from the syntax tree of the whole module."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    found = []
    waiting: list[tuple[ast.AST, str]] = [(module, "")]
    while waiting:
        node, prefix = waiting.pop()
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                first = min([child.lineno, *(one.lineno for one in child.decorator_list)])
                found.append((prefix + child.name, first - 1, child.end_lineno or 0))
                name = f"{prefix}{child.name}."
            waiting.append((child, name))
    return sorted(found)


def found_scopes(source: bytes) -> list[tuple[str, int, int]]:
    return sorted((one.name, one.start, one.stop) for one in find_scopes(source))


LIMITS = b"    LIMIT = 1\n" * 200
LOOSE = b"    # loose\n"
LONG_CLASS = (
    b'@one(\n    1,\n)\n@two\nclass Long(Base):\n    """Text."""\n'
    + LIMITS
    + b"    @name\n    @other\n    def first(self):\n        pass\n\n"
    + LOOSE
    + b"    async def second(self):\n        def inner():\n            pass\n    AFTER = 1\n"
    + b"    def third(self): return 1\n# comment\n"
)


@pytest.mark.parametrize(
    "source",
    [
        LONG_CLASS,
        LONG_CLASS + b"TAIL = 1\nif TAIL:\n    X = 1\n    def not_a_method():\n        pass\n",
        b"\n" + LONG_CLASS + b"else:\n    pass\n",
        LONG_CLASS.replace(LIMITS, b""),
        LONG_CLASS.replace(b'    """Text."""\n' + LIMITS, b"    # nothing\n" * 200),
        LONG_CLASS.replace(LIMITS, b"  LIMIT = 1\n" * 200),
        LONG_CLASS.replace(LIMITS, b"\tLIMIT = 1\n" * 200),
        LONG_CLASS.replace(b'    """Text."""\n' + LIMITS, b"        LIMIT = 1\n" * 200),
        LONG_CLASS.replace(b"Text.", b"Text.\n    def no(self):\nclass No:\n    x\n"),
        LONG_CLASS.replace(LOOSE, b"    x = (\n"),
        LONG_CLASS.replace(LOOSE, b"    x = 1 + \\\n"),
        LONG_CLASS.replace(LOOSE, b"    try:\n        pass\n"),
        LONG_CLASS.replace(b"\n", b"\r\n"),
        b'"""Text.\n\ndef no():\n    pass\n"""\n' + LONG_CLASS,
        b"def f(\n):\n    return '''\nclass No:\n'''\n@one\n@two\nasync def g(): pass\nX = 1\n",
        b"@one\n",
        b"",
    ],
)
def test_scopes_found_part_by_part_are_those_of_the_whole_module(source: bytes) -> None:
    assert found_scopes(source) == scopes_of_the_tree(source)


def test_scopes_of_damaged_modules_are_those_of_the_whole_module() -> None:
    dice = random.Random(1)
    modules = [Path(one.__file__ or "").read_bytes() for one in (textwrap, inspect, typing)]
    for number in range(15):
        lines = modules[number % 3].splitlines(keepends=True)
        for _ in range(dice.randrange(3)):
            at = dice.randrange(len(lines))
            lines[at] = dice.choice([b"", b"    " + lines[at], lines[at][4:], lines[at] * 2])
        assert found_scopes(b"".join(lines)) == scopes_of_the_tree(b"".join(lines))
