"""Python source by statement: which lines belong together, and which are no statement at all."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from freebsd_port.core.file import split_lines

_WITHOUT_CODE = ast.Global | ast.Nonlocal
"""Statements that nothing is executed for."""


@lru_cache(maxsize=64)  # a module is asked about once for each of its hunks
def statement_lines(source: bytes) -> Mapping[int, int]:
    """Map each line of Python source to the first line of the statement that it belongs to.

    Comments, blank lines, docstrings and what nothing is executed for have no entry; a decorator
    is a statement of its own, and so is the head of a compound statement, of an `except` and of
    a `case`. Lines are 1-based. Empty for source that does not parse.
    """
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return MappingProxyType({})
    lines: dict[int, int] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.stmt | ast.ExceptHandler) and not _is_idle(node):
            for line in range(node.lineno, _head_end(node) + 1):
                lines[line] = max(lines.get(line, 0), node.lineno)
    for node in ast.walk(module):
        for part in _parts(node):
            for line in range(part.lineno, (part.end_lineno or part.lineno) + 1):
                lines[line] = part.lineno
    text = split_lines(source)
    return MappingProxyType(
        {
            line: first
            for line, first in lines.items()
            if text[line - 1].strip() and not text[line - 1].lstrip().startswith(b"#")
        }
    )


def _is_idle(node: ast.stmt | ast.ExceptHandler) -> bool:
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(node, _WITHOUT_CODE)


def _parts(node: ast.AST) -> list[ast.expr] | list[ast.pattern]:
    """Give what stands before the head of a definition or a case, and runs by itself."""
    if isinstance(node, ast.match_case):
        return [node.pattern]
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return decorators


def _head_end(node: ast.stmt | ast.ExceptHandler) -> int:
    """Give the last line of a statement without the statements inside it."""
    inner = [
        child.lineno
        for child in ast.walk(node)
        if isinstance(child, ast.stmt | ast.ExceptHandler) and child is not node
    ]
    end = node.end_lineno or node.lineno
    return max(node.lineno, min(inner) - 1) if inner else end
