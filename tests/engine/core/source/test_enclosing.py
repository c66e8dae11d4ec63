"""The class or function around a line, by indentation."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
import typing

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
