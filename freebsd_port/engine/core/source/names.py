"""The names that a module binds at its top level, and those that a function takes from outside."""

from __future__ import annotations

import ast
import re
import symtable
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from freebsd_port.engine.core.source.scope import UNPARSED, as_module, indent_of, is_loose

_GLOBAL = re.compile(rb"\n[ \t]+global[ \t]+([\w, \t]+)")
_DYNAMIC = (b"__getattr__", b"globals()", b"sys.modules[", b"vars()")
"""Where one of these stands, names may come to be in ways that cannot be read."""


OF_MODULES = frozenset({"__file__", "__name__", "__doc__", "__path__", "__package__", "__spec__"})
"""What every module has."""

Read = Callable[[str], Sequence[bytes] | None]
"""Gives the lines of a file as the series leaves it, or None when there is no such file."""


@dataclass(frozen=True, slots=True)
class Bindings:
    """The names that a module has, and which of them are modules."""

    names: frozenset[str]
    modules: Mapping[str, str]
    """Dotted name of what an import may have bound a name to; often a class or function."""

    is_open: bool
    """Whether there may be other names, as after `import *`."""


def read_bindings(lines: Sequence[bytes]) -> Bindings | None:
    """Read what a module binds; None for what does not parse without its functions.

    Bodies of outermost classes and functions are left out, which takes a tenth of the time.
    """
    source = b"".join(lines)
    try:
        module = ast.parse(_outermost(source))
    except UNPARSED:
        return None
    names: set[str] = set()
    modules: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules |= imported(node)
    names |= modules.keys()
    if b"global " in source:
        for found in _GLOBAL.findall(source):
            names.update(name.strip() for name in found.decode("ascii", "replace").split(","))
    is_open = "*" in names or any(mark in source for mark in _DYNAMIC)
    return Bindings(frozenset(names), modules, is_open)


def imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Give the dotted name that an import binds each name to.

    Of a relative import it begins with dots, as nothing does that is in a tree.
    """
    if isinstance(node, ast.ImportFrom):
        module = f"{'.' * node.level}{node.module or ''}"
        return {alias.asname or alias.name: f"{module}.{alias.name}" for alias in node.names}
    found = {}
    for alias in node.names:
        dotted = alias.name if alias.asname else alias.name.partition(".")[0]
        found[alias.asname or dotted] = dotted
    return found


_TOP = re.compile(rb"\n(?:async )?(?:def|class)[ \t]+(\w+)")
_BEHIND = re.compile(rb"\n(?=[^\s#)\]}])")


def _outermost(source: bytes) -> bytes:
    """Give the source with the outermost classes and functions cut to one line each."""
    source = b"\n" + source
    parts: list[bytes] = []
    at = 0
    while (head := _TOP.search(source, at)) is not None:
        parts += [source[at : head.start()], b"\nclass %s: pass" % head[1]]
        behind = _BEHIND.search(source, head.end())
        if behind is None:
            return b"".join((*parts, b"\n"))
        at = behind.start()
    return b"".join((*parts, source[at:]))


@dataclass(slots=True)
class Modules:
    """The modules of a tree, each read once."""

    read: Read
    _known: dict[str, Bindings | None] = field(default_factory=dict, init=False)

    def bindings(self, path: str) -> Bindings | None:
        """Give what the module in a file binds; None when that cannot be read."""
        if path not in self._known:
            lines = self.read(path)
            self._known[path] = None if lines is None else read_bindings(lines)
        return self._known[path]

    def find_module(self, dotted: str) -> str | None:
        """Give the file of a module of the tree."""
        if not dotted or dotted.startswith("."):
            return None  # of a relative import
        place = dotted.replace(".", "/")
        return next(
            (p for p in (f"{place}.py", f"{place}/__init__.py") if self.read(p) is not None), None
        )

    def find_missing(self, dotted: str, attributes: Sequence[str]) -> str | None:
        """Give what of a chain of attributes no module of the tree has, or None."""
        for attribute in attributes:
            path = self.find_module(dotted)
            if path is None:
                return None
            dotted = f"{dotted}.{attribute}"
            if self.find_module(dotted) is not None:
                continue
            bound = self.bindings(path)
            known = bound is None or bound.is_open or attribute in bound.names
            return None if known or attribute in OF_MODULES else dotted
        return None

    def find_unimportable(self, dotted: str) -> str | None:
        """Give the module or name that an import of the tree would not find, or None."""
        package, *rest = dotted.split(".")
        return self.find_missing(package, rest)


_HEADS = (b"def ", b"async def ")
_METHOD = 4
"""Indentation of a method, outside of which there is its class only."""


class Outside:
    """Which names a line takes from outside of the function that it is in, for certain."""

    def __init__(self, nodes: Iterable[ast.AST], table: symtable.SymbolTable) -> None:
        """Read the functions among these nodes."""
        tables = {(one.get_lineno(), one.get_name()): one for one in functions_in(table)}
        self._spans = [
            (node.body[0].lineno, node.end_lineno or node.lineno, _taken(tables[key]))
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (key := (node.lineno, node.name)) in tables
        ]

    def holds(self, line: int, name: str, *, or_outside: bool) -> bool:
        """Tell it of a name; `or_outside` is the answer for a line in no function."""
        spans = [names for first, last, names in self._spans if first <= line <= last]
        return any(name in names for names in spans) if spans else or_outside


def functions_in(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Give the outermost functions, those of classes too."""
    for inner in table.get_children():
        if inner.get_type() == "class":
            yield from functions_in(inner)
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
    source = b"".join(lines[head : find_end(lines, head)])
    try:
        table = symtable.symtable(as_module(source).decode(), "", "exec")
    except UNPARSED:
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
    found, margin = None, indent_of(lines[at]) + 1
    while at > top and margin > _METHOD:
        line = lines[at]
        if not is_loose(line) and indent_of(line) < margin:
            margin = indent_of(line)
            if line.lstrip().startswith(_HEADS):
                found = at
        at -= 1
    return found


def find_end(lines: Sequence[bytes], head: int) -> int:
    """Give the line behind the function at a line, by its indentation."""
    margin, at = indent_of(lines[head]), head + 1
    while at < len(lines) and (indent_of(lines[at]) > margin or is_loose(lines[at])):
        at += 1
    return at


def cut_functions(lines: Sequence[bytes], kept: Sequence[int] = ()) -> list[bytes]:
    """Give a module's lines with every outermost function or method cut to one line.

    Those that have one of the `kept` lines, which are 0-based and in order, stay whole. No line
    comes to stand elsewhere.
    """
    text = list(lines)
    at = number = 0
    while at < len(lines):
        bare = lines[at].lstrip()
        if not bare.startswith(_HEADS):
            at += 1
            continue
        stop = find_end(lines, at)
        while number < len(kept) and kept[number] < at:
            number += 1
        if number == len(kept) or kept[number] >= stop:
            indent = len(lines[at]) - len(bare)
            name = re.split(rb"[\s(]+", bare.removeprefix(b"async "))[1]
            text[at] = b"%sdef %s(): pass\n" % (b" " * indent, name)
            text[at + 1 : stop] = [b"\n"] * (stop - at - 1)
        at = stop
    return text


def _globals_of(table: symtable.SymbolTable) -> set[str]:
    """Give the names that functions read from the module or beyond."""
    found = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    for inner in table.get_children():
        found |= _globals_of(inner)
    return found
