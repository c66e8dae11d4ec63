"""Which names a function takes from outside of it: by a glance at its lines, or for certain."""

from __future__ import annotations

import ast
import symtable
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

from freebsd_port.core.scope import as_module

_HEADS = (b"def ", b"async def ")
_METHOD = 4
"""Indentation of a method, outside of which there is its class only."""


class Outside:
    """Which names a line takes from outside of the function that it is in, for certain."""

    def __init__(self, module: ast.Module, table: symtable.SymbolTable) -> None:
        tables = {(one.get_lineno(), one.get_name()): one for one in _functions_in(table)}
        self._spans = [
            (node.body[0].lineno, node.end_lineno or node.lineno, _taken(tables[key]))
            for node in ast.walk(module)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (key := (node.lineno, node.name)) in tables
        ]

    def holds(self, line: int, name: str, *, or_outside: bool) -> bool:
        """Tell it of a name; `or_outside` is the answer for a line in no function."""
        spans = [names for first, last, names in self._spans if first <= line <= last]
        return any(name in names for names in spans) if spans else or_outside


def _functions_in(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Give the outermost functions, those of classes too."""
    for inner in table.get_children():
        if inner.get_type() == "class":
            yield from _functions_in(inner)
        else:
            yield inner


def _taken(table: symtable.SymbolTable) -> set[str]:
    """Give what a function takes from outside and binds nowhere inside, not even in a part."""
    return _globals_of(table) - _locals_of(table)


def _locals_of(table: symtable.SymbolTable) -> set[str]:
    found = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_local()}
    for inner in table.get_children():
        found |= _locals_of(inner)
    return found


def read_globals(lines: Sequence[bytes], head: int) -> set[str]:
    """Give the names that the function at a line takes from outside of it, as far as seen."""
    margin = _indent(lines[head])
    inside = takewhile(
        lambda line: _indent(line) > margin or _is_loose(line), islice(lines, head + 1, None)
    )
    source = b"".join((lines[head], *inside))
    try:
        table = symtable.symtable(as_module(source).decode(), "", "exec")
    except (SyntaxError, ValueError):
        return set()
    return _globals_of(table)


def find_function(lines: Sequence[bytes], at: int, tops: Sequence[int]) -> int | None:
    """Give the line of the outermost function or method around a line, by its indentation."""
    number = bisect_right(tops, at)
    if not number:
        return None
    top = tops[number - 1]
    if lines[top].startswith(_HEADS):
        return top
    found, margin = None, _indent(lines[at]) + 1
    while at > top and margin > _METHOD:
        line = lines[at]
        if not _is_loose(line) and _indent(line) < margin:
            margin = _indent(line)
            if line.lstrip().startswith(_HEADS):
                found = at
        at -= 1
    return found


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())


def _is_loose(line: bytes) -> bool:
    """Tell whether the indentation of a line says nothing about the block that it is in."""
    text = line.lstrip()
    return not text or text.startswith((b"#", b")", b"]", b"}"))


def _globals_of(table: symtable.SymbolTable) -> set[str]:
    """Give the names that functions read from the module or beyond."""
    found = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    for inner in table.get_children():
        found |= _globals_of(inner)
    return found
