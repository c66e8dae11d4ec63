"""What stands twice where once is meant: keys of a literal dictionary, names bound in one scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_REBINDERS = ("setter", "getter", "deleter", "overload", "register")
"""Decorators under which a name is bound again on purpose."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """One thing that stands twice."""

    name: str
    """The key as it is written, or the name."""

    first: int
    """1-based line."""

    second: int
    is_key: bool
    """Whether it is a key or member of a literal; else a name."""


def find_repeats(module: ast.Module) -> Iterator[Repeat]:
    """Give what stands twice anywhere in a module, or in a piece of one."""
    for node in ast.walk(module):
        if isinstance(node, ast.Dict | ast.Set):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            yield from _in_literal([part for part in parts if part is not None])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _in_arguments(node.args)
            yield from _in_block(node.body, is_function=True)
        elif isinstance(node, ast.ClassDef | ast.Module):
            yield from _in_block(node.body, is_function=False)
        elif isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.Try):
            for name in ("body", "orelse", "finalbody"):
                yield from _in_block(getattr(node, name, ()), is_function=True)


def _in_literal(parts: Sequence[ast.expr]) -> Iterator[Repeat]:
    seen: dict[object, int] = {}
    for part in parts:
        if not isinstance(part, ast.Constant | ast.Name | ast.Attribute | ast.Tuple):
            continue
        key = part.value if isinstance(part, ast.Constant) else (ast.dump(part),)
        if key in seen:
            yield Repeat(ast.unparse(part), seen[key], part.lineno, is_key=True)
        seen.setdefault(key, part.lineno)


def _in_arguments(arguments: ast.arguments) -> Iterator[Repeat]:
    seen: dict[str, int] = {}
    for node in ast.walk(arguments):
        if isinstance(node, ast.arg):
            if node.arg in seen:
                yield Repeat(node.arg, seen[node.arg], node.lineno, is_key=False)
            seen.setdefault(node.arg, node.lineno)


def _in_block(body: Sequence[ast.stmt], *, is_function: bool) -> Iterator[Repeat]:
    """Give the names that statements of one block bind twice, without a use in between.

    In a function, a variable may be bound as often as one likes.
    """
    bound: dict[str, int] = {}
    for stmt in body:
        names = list(_binds(stmt, is_function=is_function))
        used = {n.id for n in _outside(stmt) if isinstance(n, ast.Name) and _is_read(n)}
        for name in used:
            bound.pop(name, None)
        for name, line in names:
            if name in bound:
                yield Repeat(name, bound[name], line, is_key=False)
            bound[name] = line


def _binds(stmt: ast.stmt, *, is_function: bool) -> Iterator[tuple[str, int]]:
    if isinstance(stmt, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        heads = [ast.unparse(one) for one in stmt.decorator_list]
        if not any(part in _REBINDERS for head in heads for part in head.split("(")[0].split(".")):
            yield stmt.name, stmt.lineno
    elif isinstance(stmt, ast.Import | ast.ImportFrom):
        for alias in stmt.names:
            if alias.name != "*":
                yield alias.asname or alias.name, alias.lineno
    elif is_function:
        return
    elif isinstance(stmt, ast.Assign):
        for target in stmt.targets:
            if isinstance(target, ast.Name):
                yield target.id, stmt.lineno
    elif isinstance(stmt, ast.AnnAssign) and stmt.value and isinstance(stmt.target, ast.Name):
        yield stmt.target.id, stmt.lineno


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _outside(stmt: ast.stmt) -> Iterator[ast.AST]:
    """Give the nodes that are read when the statement runs: no body of a function."""
    nodes: list[ast.AST] = [stmt]
    while nodes:
        node = nodes.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            nodes += [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
        else:
            nodes += ast.iter_child_nodes(node)
