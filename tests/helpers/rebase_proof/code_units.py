"""The functions of Python files as the judge sees them: by ast, and as bags of tokens."""

from __future__ import annotations

import ast
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

Files = dict[str, bytes]
"""Content by path relative to the tree."""

Unit = tuple[str, str]
"""A path, and the dotted name of a function or method; '' is the rest of the module, and a name
that ends with '.' the rest of that class."""

Bag = Counter[str]
"""Tokens; a negative count is a token that went away."""


@dataclass(frozen=True)
class Function:
    """A function or method that is not inside another function."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    owner: ast.Module | ast.ClassDef


def functions(tree: ast.Module) -> Iterator[Function]:
    """Give every function that is not inside another, with its dotted name."""
    yield from _functions(tree, "")


def _functions(owner: ast.Module | ast.ClassDef, prefix: str) -> Iterator[Function]:
    for node in _statements(owner.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(prefix + node.name, node, owner)
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Give statements, and those in the branches of an `if` or `try` of a module or class."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _statements(node.body)
            yield from _statements(node.orelse)
            for handler in getattr(node, "handlers", ()):
                yield from _statements(handler.body)


def first_line(node: ast.stmt) -> int:
    """Give the 0-based line of a definition's first decorator, or of itself."""
    decorators = getattr(node, "decorator_list", ())
    return min((one.lineno for one in decorators), default=node.lineno) - 1


def spans(content: bytes) -> list[tuple[str, int, int]]:
    """Give name, first line and end (0-based, exclusive) of each function, in order of lines."""
    return sorted(
        ((one.name, first_line(one.node), one.node.end_lineno or 0) for one in
         functions(ast.parse(content))),
        key=lambda one: one[1],
    )  # fmt: skip


_SCOPE = re.compile(rb"( *)(?:async +def|def|class) +(\w+)")
_DECORATOR = re.compile(rb" *@\w")


@lru_cache(maxsize=256)
def unit_texts(content: bytes) -> Mapping[str, bytes]:
    """Give the text of each function and of what is left of each class and of the module.

    A quick reader by indentation; a test compares its names with those that ast finds.
    """
    texts: dict[str, list[bytes]] = {}
    stack: list[tuple[int, str, bool]] = []  # indentation, dotted name, is a function
    waiting: list[bytes] = []  # decorators, blank lines and comments before what they belong to
    inside: bytes | None = None  # the quotes of a string that goes on
    depth = 0
    for line in content.splitlines(keepends=True):
        bare = line.strip()
        if inside is None and depth == 0 and (not bare or bare.startswith(b"#")):
            waiting.append(line)
            continue
        if inside is None and depth == 0:
            indent = len(line) - len(line.lstrip(b" "))
            while stack and indent <= stack[-1][0]:
                stack.pop()
            found = _SCOPE.match(line)
            in_function = bool(stack and stack[-1][2])
            if found and not in_function:
                is_function = not bare.startswith(b"class")
                prefix = stack[-1][1] + "." if stack else ""
                stack.append((indent, prefix + found[2].decode(), is_function))
            elif _DECORATOR.match(line) and not in_function and not bare.startswith(b"@@"):
                inside, depth = _follow(line, inside, depth)
                waiting.append(line)
                continue
        name = ""
        if stack:
            name = stack[-1][1] if stack[-1][2] else stack[-1][1] + "."
        if waiting:
            texts.setdefault(name, []).extend(waiting)
            waiting = []
        texts.setdefault(name, []).append(line)
        inside, depth = _follow(line, inside, depth)
    texts.setdefault("", []).extend(waiting)
    return {name: b"".join(lines) for name, lines in texts.items()}


_PIECE = re.compile(rb"'''|\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|#.*|[\[({]|[\])}]|\\.")


def _follow(line: bytes, inside: bytes | None, depth: int) -> tuple[bytes | None, int]:
    """Tell in which string and how deep in brackets the next line begins."""
    if inside is None and not (b"'" in line or b'"' in line or b"#" in line):
        opened = line.count(b"(") + line.count(b"[") + line.count(b"{")
        closed = line.count(b")") + line.count(b"]") + line.count(b"}")
        return None, max(depth + opened - closed, 0)
    at = 0
    while at < len(line):
        if inside is not None:
            end = line.find(inside, at)
            while end > 0 and line[end - 1 : end] == b"\\" and line[end - 2 : end - 1] != b"\\":
                end = line.find(inside, end + 1)
            if end < 0:
                return inside, depth
            at, inside = end + 3, None
            continue
        found = _PIECE.search(line, at)
        if not found:
            break
        piece, at = found[0], found.end()
        if piece in (b"'''", b'"""'):
            inside = piece
        elif piece in (b"(", b"[", b"{"):
            depth += 1
        elif piece in (b")", b"]", b"}"):
            depth = max(depth - 1, 0)
    return inside, depth


_SILENT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip


def bag_of(text: bytes) -> Bag:
    """Count the tokens of a piece of code, whatever its layout, quotes, commas and brackets."""
    return Counter(token_list(text))


def token_list(text: bytes) -> list[str]:
    """Give the tokens that mean something, strings by their value; comments and layout go."""
    found = []
    lines = text.decode("utf-8", "replace").splitlines(keepends=True)
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            if token.type in _SILENT or token.string in ("(", ")", ","):
                continue
            if token.type == tokenize.STRING and token.end[0] > token.start[0]:
                found += token.string.split()  # a docstring, of which a line may change
            elif token.type == tokenize.STRING:
                found.append(_plain(token.string))
            else:
                found.append(token.string)
    except (tokenize.TokenError, IndentationError, StopIteration):
        pass
    return found


def _plain(string: str) -> str:
    try:
        return repr(ast.literal_eval(string))
    except (SyntaxError, ValueError):
        return string  # an f-string


def net_change(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[Unit, Bag]:
    """Give for each unit that differs the tokens that came, and those that went as negative."""
    found: dict[Unit, Bag] = {}
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        if before == after:
            continue
        if not path.endswith(".py"):
            units_before = {"": before or b""}
            units_after = {"": after or b""}
        else:
            units_before, units_after = unit_texts(before or b""), unit_texts(after or b"")
        for name in {*units_before, *units_after}:
            one, two = units_before.get(name, b""), units_after.get(name, b"")
            if one != two:
                bag = bag_of(two)
                bag.subtract(bag_of(one))
                bag = Counter({token: count for token, count in bag.items() if count})
                if bag:
                    found[(path, name)] = bag
    return found


class _Normaliser(ast.NodeTransformer):
    """Takes away what a reordered dictionary, or a docstring's layout, changes."""

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        self.generic_visit(node)
        if all(key is not None for key in node.keys):
            pairs = sorted(
                zip(node.keys, node.values, strict=True), key=lambda pair: ast.dump(pair[0])
            )
            node.keys, node.values = [p[0] for p in pairs], [p[1] for p in pairs]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            words = " ".join(node.value.value.split())
            return ast.Expr(ast.Constant(words))
        return self.generic_visit(node)


def meanings(content: bytes) -> dict[str, str]:
    """Give each unit's syntax tree as text, without positions. Raises SyntaxError.

    The order of functions, of top-level imports and of a dictionary's keys is left out, and so is
    the layout of docstrings.
    """
    tree = ast.parse(content)
    tree = _Normaliser().visit(tree)
    found: dict[str, str] = {}
    _meanings(tree, "", found)
    return found


def _meanings(owner: ast.Module | ast.ClassDef, prefix: str, found: dict[str, str]) -> None:
    rest = []
    if isinstance(owner, ast.ClassDef):
        rest += [ast.dump(one) for one in (*owner.bases, *owner.keywords, *owner.decorator_list)]
    for node in owner.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = prefix + node.name
            found[name] = found.get(name, "") + ast.dump(node)
        elif isinstance(node, ast.ClassDef):
            _meanings(node, f"{prefix}{node.name}.", found)
        else:
            rest.append(ast.dump(node))
    imports = [one for one in rest if one.startswith(("Import(", "ImportFrom("))]
    others = [one for one in rest if not one.startswith(("Import(", "ImportFrom("))]
    found[prefix] = "\n".join([*sorted(imports), *others])


def parse_fault(path: str, content: bytes) -> str | None:
    """Say why a Python file does not compile, or None."""
    if not path.endswith(".py"):
        return None
    try:
        compile(content, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{path}:{error.lineno}: {error.msg}"
    return None
