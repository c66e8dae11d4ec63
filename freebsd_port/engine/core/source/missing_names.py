"""Names that the lines of a series read on a release where nothing binds them.

A merge knows lines only: what it puts in its place may use a constant, a class or an import that
the release does not have. Only names of modules are looked at, and attributes of modules of the
tree; what an object has nobody can tell before it runs.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import symtable
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.source.names import (
    OF_MODULES,
    Bindings,
    Modules,
    Outside,
    cut_functions,
    find_end,
    find_function,
    functions_in,
    imported,
    read_globals,
)
from freebsd_port.engine.core.source.scope import UNPARSED, find_tops
from freebsd_port.engine.core.text.splice import find_splices

_IMPORT = re.compile(rb"^\s*(?:from|import)\s+(\w+)")
_WORDS = re.compile(rb"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ALWAYS = frozenset(dir(builtins)) | frozenset(keyword.kwlist) | OF_MODULES
_TRIED = {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "Exception"}


@dataclass(frozen=True, slots=True)
class Missing:
    """One name that is read and not there."""

    path: str
    line: int
    """1-based, in the file with the whole series on it."""

    name: str
    """Dotted, as far as it is missing: `nova.exception.NoSuchError`; plain, if of no module."""

    text: bytes
    """The line."""


@dataclass(frozen=True, slots=True)
class TouchedFile:
    """A Python file that the series touches and leaves there."""

    path: str
    lines: Sequence[bytes]
    """As the series leaves it."""

    added: tuple[int, ...]
    """0-based lines that the series put in, sorted."""

    removed: tuple[bytes, ...]
    """Lines that it took out."""

    tops: tuple[int, ...]
    """0-based lines that begin an outermost class or function."""

    heads: tuple[int | None, ...]
    """For each added line the head of the function or method around it."""


def read_touched(
    files: Mapping[str, tuple[Sequence[bytes], Sequence[bytes]]],
) -> tuple[TouchedFile, ...]:
    """Compare each file as released and as the series leaves it; sorted by path."""
    found = []
    for path, (before, after) in sorted(files.items()):
        if path.endswith(".py") and after:
            added: list[int] = []
            removed: list[bytes] = []
            for splice in find_splices(before, after):
                start = splice.start + len(added) - len(removed)
                added += range(start, start + len(splice.lines))
                removed += before[splice.start : splice.stop]
            tops = find_tops(after)
            heads = tuple(_find_heads(after, added, tops))
            found.append(TouchedFile(path, after, tuple(added), tuple(removed), tops, heads))
    return tuple(found)


def _find_heads(
    lines: Sequence[bytes], added: Sequence[int], tops: Sequence[int]
) -> Iterator[int | None]:
    head, stop = None, 0
    for at in added:
        if at >= stop:
            head = find_function(lines, at, tops)
            stop = 0 if head is None else find_end(lines, head)
        yield head


def find_missing(files: Sequence[TouchedFile], reader: Modules) -> tuple[Missing, ...]:
    """Find the names that added lines read and that are not there; sorted by path and line.

    `reader` has the modules of the release with the series on it. What is tried, as in
    `except ImportError`, may be missing. A file that does not parse has no findings.
    """
    found: list[Missing] = []
    for file in files:
        if file.added and _is_doubtful(reader, file):
            found += _read_whole(reader, file.path, file.lines, file.added)
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.name)))


def mentions(text: bytes, name: str) -> bool:
    """Tell whether the last part of a dotted name stands in a text."""
    return re.search(rb"\b%s\b" % re.escape(name.rpartition(".")[2].encode()), text) is not None


def _is_doubtful(reader: Modules, file: TouchedFile) -> bool:
    """Tell whether a name in the added lines, comments and texts included, may be missing."""
    bound = reader.bindings(file.path)
    if bound is None:
        return True
    outer: dict[int, set[str]] = {}
    for at, head in zip(file.added, file.heads, strict=True):
        line = file.lines[at]
        if any(reader.find_module(name.decode()) for name in _IMPORT.findall(line)):
            return True
        for word in _WORDS.findall(line):
            first, *rest = word.decode().split(".")
            if first in bound.modules and rest:
                if reader.find_missing(bound.modules[first], rest):
                    return True
            elif first not in bound.names and first not in _ALWAYS:
                if head is not None and head not in outer:
                    outer[head] = read_globals(file.lines, head)
                if head is not None and first in outer[head]:
                    return True
    return False


def _read_whole(
    reader: Modules, path: str, lines: Sequence[bytes], added: Sequence[int]
) -> Iterator[Missing]:
    """Read the whole module, and give what is missing in the added lines for certain."""
    source = b"".join(lines)
    asked = sorted(at + 1 for at in added)
    try:
        table = symtable.symtable(source.decode(), path, "exec")
        nodes = list(_walk_near(_parse_near(source, lines, added, table), asked))
        outer = Outside(nodes, table)
    except UNPARSED:
        return
    bound = reader.bindings(path) or Bindings(frozenset(), {}, is_open=True)
    wanted = set(asked) - find_tried(nodes)
    seen: set[tuple[int, str]] = set()
    for node in nodes:
        for name in _missing_of(node, reader, bound, outer) if _line(node) in wanted else ():
            place = (_line(node), name)
            if place not in seen:
                seen.add(place)
                yield Missing(path, place[0], name, lines[place[0] - 1])


def _parse_near(
    source: bytes, lines: Sequence[bytes], added: Sequence[int], table: symtable.SymbolTable
) -> ast.Module:
    """Parse a module, of which only the functions with added lines are needed.

    The others are left out, which takes a third of the time, if the symbol table of the whole
    module has the same functions at the same lines.
    """
    try:
        module = ast.parse(b"".join(cut_functions(lines, sorted(added))))
    except UNPARSED:
        return ast.parse(source)
    functions = {(one.get_lineno(), one.get_name()) for one in functions_in(table)}
    named = {one for one in functions if one[1] not in _NAMELESS}
    return module if named == set(_outermost_functions(module)) else ast.parse(source)


_NAMELESS = frozenset({"lambda", "genexpr", "listcomp", "setcomp", "dictcomp"})
"""What the symbol table calls what is a function only to the compiler."""


def _outermost_functions(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Give line and name of every function that is in no other."""
    waiting: list[ast.AST] = [module]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.lineno, node.name
            elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
                waiting.append(node)


def _walk_near(module: ast.Module, lines: Sequence[int]) -> Iterator[ast.AST]:
    """Give every node that has one of these 1-based lines, which are in order, or is around one."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield node
        for child in ast.iter_child_nodes(node):
            decorators = getattr(child, "decorator_list", ())
            first = min([_line(child), *(one.lineno for one in decorators)])
            at = bisect_left(lines, first)
            last = getattr(child, "end_lineno", lines[-1])  # a node without lines is looked into
            if at < len(lines) and lines[at] <= last:
                waiting.append(child)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _missing_of(node: ast.AST, reader: Modules, bound: Bindings, outer: Outside) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = reader.find_unimportable(alias.name)
            if name:
                yield name
    elif isinstance(node, ast.ImportFrom):
        for dotted in imported(node).values():
            name = reader.find_unimportable(dotted.removesuffix(".*"))
            if name:
                yield name
    elif isinstance(node, ast.Attribute):
        first, rest = _chain(node)
        if first in bound.modules and outer.holds(node.lineno, first, or_outside=True):
            name = reader.find_missing(bound.modules[first], rest)
            if name:
                yield name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        is_bound = bound.is_open or node.id in bound.names or node.id in _ALWAYS
        if not is_bound and outer.holds(node.lineno, node.id, or_outside=False):
            yield node.id


def _chain(node: ast.Attribute) -> tuple[str, list[str]]:
    """Give the name that attributes are taken of, "" for another expression, and them."""
    rest = [node.attr]
    value = node.value
    while isinstance(value, ast.Attribute):
        rest.insert(0, value.attr)
        value = value.value
    return (value.id if isinstance(value, ast.Name) else ""), rest


def find_tried(nodes: Iterable[ast.AST]) -> set[int]:
    """Give the lines of which a missing name is caught by one of these nodes."""
    found: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Try) and any(_catches(one) for one in node.handlers):
            found.update(range(node.body[0].lineno, (node.body[-1].end_lineno or 0) + 1))
    return found


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _TRIED for node in ast.walk(handler.type))
