"""Scopes of Python source: classes and functions, where they begin and end, what they are called.

`find_scopes` parses the module. `name_scope` reads the indentation only: parsing takes a quarter
of a second for nova's largest module, too long for a review.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from freebsd_port.engine.core.text.splice import Splice, apply_splices

_HEAD = re.compile(rb"[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_NO_BEGINNING = (b"#", b")", b"]", b"}")
"""What a line may start with that says nothing about the block it is in."""

_QUOTES = (b'"""', b"'''")


def name_scope(lines: Sequence[bytes], index: int, indent: int) -> str | None:
    """Give the dotted name of what encloses code at a 0-based line, or None for the module.

    `indent` is that of the code, which may be yet to come before the line. The head of a
    function is enclosed by what it is in, not by itself.
    """
    names: list[str] = []
    margin, at = indent, index - 1
    while margin > 0:
        while at >= 0 and lines[at][:margin].isspace():
            at -= 1
        if at < 0:
            break
        bare = lines[at].lstrip()
        match = _HEAD.match(lines[at])
        if match or (bare and not bare.startswith(_NO_BEGINNING) and not is_text(lines, at)):
            margin = indent_of(lines[at])
            names += [match[1].decode()] if match else []
        at -= 1
    return ".".join(reversed(names)) or None


def is_text(lines: Sequence[bytes], index: int) -> bool:
    """Tell whether the line begins inside a string of several lines."""
    before = b"".join(lines[:index])
    return any(before.count(quotes) % 2 for quotes in _QUOTES)


def indent_of(line: bytes) -> int:
    """Count the blanks before the line's text."""
    return len(line) - len(line.lstrip())


_LOOSE = (b"#", b")", b"]", b"}")
"""How a comment begins, and the end of what is in brackets, such as a long signature."""


def is_loose(line: bytes) -> bool:
    """Tell whether the indentation of a line says nothing about the block that it is in."""
    text = line.lstrip()
    return not text or text.startswith(_LOOSE)


DEFINITIONS = (b"def ", b"class ", b"async def ")
"""How the line that names a class or function begins."""

_INDENT = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """One class or function."""

    name: str
    """Dotted, from the module down: `LibvirtDriver.init_host`."""

    start: int
    """0-based first line, decorators included."""

    stop: int
    """The line behind the last."""


UNPARSED = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What the parser raises for a file that is not Python; the last two for one nested too deep."""


def find_scopes(source: bytes) -> tuple[Scope, ...]:
    """Give every class and function, outer before inner; none for what does not parse.

    Outermost functions and methods are parsed one by one, because versions of a file have most of
    them in common; the whole module only where that does not do.
    """
    found = _find_by_parts(source)
    if found is not None:
        return tuple(found)
    try:
        module = ast.parse(source)
    except UNPARSED:
        return ()
    return tuple(_walk(module.body, ""))


_OUTERMOST = re.compile(
    rb"^(?:(?:async )?def |(?P<class>class )|(?P<decorator>@)|(?P<other>[^\s#)\]}]))", re.MULTILINE
)
_INNER = re.compile(rb"^    (?:(?:async )?def |class |(?P<decorator>@))", re.MULTILINE)
_LONG = 2000
"""A class with fewer bytes is read as a whole."""


def _find_by_parts(source: bytes) -> list[Scope] | None:
    """Read a module part by part; None if that does not do.

    Where every part parses by itself, so does the module: a part that ends within a string, a
    bracket or a statement is an error by itself.
    """
    if b"\r" in source or b"\f" in source or b"coding" in source[:200]:
        return None  # lines are counted in another way, or bytes mean something else
    found: list[Scope] = []
    number = 0
    for text, is_class in _cut_outermost(source):
        inner = _cut_inner(text) if is_class and len(text) > _LONG else [text]
        part = _read_class(inner) if len(inner) > 1 else _read_part(text, is_inner=False)
        if part is None:
            return None
        found += [Scope(one.name, one.start + number, one.stop + number) for one in part.scopes]
        number += text.count(b"\n")
    return found


def _cut_outermost(source: bytes) -> Iterator[tuple[bytes, bool]]:
    """Cut a module before its outermost definitions, and behind; tell which are classes."""
    start, is_definition, is_class, is_decorated = 0, False, False, False
    for match in _OUTERMOST.finditer(source):
        kind = match.lastgroup
        if is_decorated:
            is_class |= kind == "class"
        elif kind != "other" or is_definition:
            if match.start():
                yield source[start : match.start()], is_class
            start, is_definition, is_class = match.start(), kind != "other", kind == "class"
        is_decorated = kind == "decorator"
    yield source[start:], is_class


def _cut_inner(text: bytes) -> list[bytes]:
    """Cut a class before each of its methods; its head comes first."""
    parts, start, is_decorated = [], 0, False
    for match in _INNER.finditer(text):
        if not is_decorated:
            parts.append(text[start : match.start()])
            start = match.start()
        is_decorated = match.lastgroup == "decorator"
    return [*parts, text[start:]]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a module that parses by itself, lines counted from its own beginning."""

    scopes: tuple[Scope, ...]
    stop: int
    """The line behind its last statement."""


@lru_cache(maxsize=2048)  # two versions of a long file; with more, memory grows
def _read_part(text: bytes, *, is_inner: bool) -> _Part | None:
    """Read a part; one from inside a class is a single block, indented by four."""
    try:
        body = ast.parse(b"if 1:\n" + text if is_inner else text).body
    except UNPARSED:
        return None
    if is_inner:
        (block, *others) = body
        if others or not isinstance(block, ast.If) or block.orelse:
            return None
        body = block.body
    scopes = [Scope(s.name, s.start - is_inner, s.stop - is_inner) for s in _walk(body, "")]
    return _Part(tuple(scopes), (body[-1].end_lineno or 0) - is_inner if body else 0)


def _read_class(parts: Sequence[bytes]) -> _Part | None:
    """Read a class that was cut into its head and its methods."""
    head, *methods = parts
    first = _read_part(head + b"    pass\n", is_inner=False)  # so its block is indented by four
    if first is None or not first.scopes:
        return None
    owner, *scopes = first.scopes
    number, stop = head.count(b"\n"), 0
    for text in methods:
        part = _read_part(text, is_inner=True)
        if part is None:
            return None
        scopes += [
            Scope(f"{owner.name}.{s.name}", s.start + number, s.stop + number) for s in part.scopes
        ]
        stop = number + part.stop
        number += text.count(b"\n")
    return _Part((Scope(owner.name, owner.start, stop), *scopes), stop)


_COMPOUND = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.Try, ast.TryStar, ast.With,
    ast.AsyncWith, ast.For, ast.AsyncFor, ast.While, ast.Match, ast.ExceptHandler, ast.match_case,
)  # fmt: skip


def _walk(body: Sequence[ast.AST], prefix: str) -> list[Scope]:
    found: list[Scope] = []
    for node in body:
        if not isinstance(node, _COMPOUND):
            continue
        name = prefix
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{node.name}"
            first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
            found.append(Scope(name, first - 1, node.end_lineno or node.lineno))
            name += "."
        for inner in ("body", "orelse", "handlers", "finalbody", "cases"):
            found += _walk(getattr(node, inner, ()), name)
    return found


def innermost_scope(scopes: Sequence[Scope], start: int, stop: int) -> Scope | None:
    """Give the smallest scope that holds lines [start, stop) whole, None for the module itself.

    An insertion (both equal) is in a scope when it is behind its first line.
    """
    holding = [s for s in scopes if s.start <= start and max(stop, start + 1) <= s.stop]
    return min(holding, key=lambda scope: scope.stop - scope.start, default=None)


def find_functions(lines: Sequence[bytes], scopes: Sequence[Scope]) -> list[Scope]:
    """Give the functions that lie in no other function, in order."""
    found: list[Scope] = []
    for scope in sorted(scopes, key=lambda one: (one.start, -one.stop)):
        texts = (line.lstrip() for line in lines[scope.start : scope.stop])
        head = next((text for text in texts if text.startswith(DEFINITIONS)), b"")
        if not head.startswith(b"class ") and not (found and scope.stop <= found[-1].stop):
            found.append(scope)
    return found


def shift_scopes(
    scopes: Sequence[Scope], lines: Sequence[bytes], splices: Sequence[Splice]
) -> tuple[Scope, ...] | None:
    """Give the scopes after splices in these lines, or None when some class or function changed.

    Reading a long module anew takes far longer than anything else about a patch. Of what is put in
    right before a class or function only the new lines are read.
    """
    shifted = list(scopes)
    for splice in reversed(splices):
        changed = (*lines[splice.start : splice.stop], *splice.lines)
        made: list[Scope] | None = []
        if any(line.lstrip().startswith((*DEFINITIONS, b"@")) for line in changed):
            made = _read_put_in(scopes, lines, splice)
        if made is None:
            return None
        grown = len(splice.lines) - (splice.stop - splice.start)
        shifted = [
            scope
            if scope.stop <= splice.start or not grown
            else Scope(
                scope.name,
                scope.start + (grown if scope.start >= splice.stop else 0),
                scope.stop + grown,
            )
            for scope in shifted
        ]
        shifted += made
    return tuple(sorted(shifted, key=lambda scope: (scope.start, -scope.stop)))


def _read_put_in(
    scopes: Sequence[Scope], lines: Sequence[bytes], splice: Splice
) -> list[Scope] | None:
    """Give the scopes in lines that are put in right before a scope, and beside it; None if unsure.

    They are counted as if no other splice were made.
    """
    at, blank = splice.start, 0
    while at < len(lines) and not lines[at].strip():
        at += 1
    while blank < len(splice.lines) and not splice.lines[blank].strip():
        blank += 1
    following = next((scope for scope in scopes if scope.start == at), None)
    text = splice.lines[blank:]
    if splice.start < splice.stop or following is None or not text:
        return None
    if indent_of(text[0]) != indent_of(lines[at]):
        return None
    try:
        module = ast.parse(as_module(b"".join(text)))
    except UNPARSED:
        return None
    is_indented = text[0][:1].isspace()
    if is_indented and len(module.body) > 1:
        return None
    owner = following.name.rpartition(".")[0]
    first = splice.start + blank - is_indented
    return [
        Scope(one.name, one.start + first, one.stop + first)
        for one in _walk(module.body, f"{owner}." if owner else "")
    ]


def find_tops(lines: Sequence[bytes]) -> tuple[int, ...]:
    """Give the 0-based lines that begin a class or function without indentation, in order."""
    text = b"\n" + b"".join(lines)
    found = []
    for head in DEFINITIONS:
        at = text.find(b"\n" + head)
        while at >= 0:
            found.append(at)
            at = text.find(b"\n" + head, at + 1)
    tops: list[int] = []
    number = before = 0
    for at in sorted(found):
        number += text.count(b"\n", before, at)
        before = at
        tops.append(number)
    return tuple(tops)


def shift_tops(
    tops: Sequence[int], lines: Sequence[bytes], splices: Sequence[Splice]
) -> tuple[int, ...] | None:
    """Give them after splices in these lines, or None when one of them was touched."""
    changed = (line for s in splices for line in (*lines[s.start : s.stop], *s.lines))
    if any(line.startswith(DEFINITIONS) for line in changed):
        return None
    shifted: list[int] = []
    grown = at = 0
    for splice in (*splices, Splice(len(lines), len(lines), ())):
        end = bisect_left(tops, splice.stop)
        shifted += [top + grown for top in tops[at:end]]
        grown, at = grown + len(splice.lines) - (splice.stop - splice.start), end
    return tuple(shifted)


def heads_around(lines: Sequence[bytes], index: int, tops: Sequence[int]) -> tuple[bytes, bytes]:
    """Give the heads of the nearest block around a line, by indentation, and of the outermost one.

    Text that is indented less than the code around it misleads it; so it decides nothing, but
    whether to look closer. `tops` is find_tops(lines).
    """
    at = min(index, len(lines) - 1)
    top = bisect_right(tops, at)
    outermost = lines[tops[top - 1]].partition(b"(")[0] if top else b""
    margin = None
    while at >= 0:
        line = lines[at]
        text = line.lstrip()
        if text and not text.startswith(_LOOSE):
            indent = len(line) - len(text)
            if margin is not None and indent < margin and text.startswith(DEFINITIONS):
                return text.partition(b"(")[0], outermost
            margin = indent if margin is None else min(margin, indent)
            if margin <= _INDENT:  # only an outermost one can be around it
                return (outermost, outermost) if margin else (b"", b"")
        at -= 1
    return b"", b""


def as_module(text: bytes) -> bytes:
    """Give source that stands by itself, although its lines may be indented."""
    return b"if 1:\n" + text if text[:1].isspace() else text


def parses_with(lines: Sequence[bytes], scopes: Sequence[Scope], splices: Sequence[Splice]) -> bool:
    """Tell whether the module still parses with splices in it, which it does without.

    The function around a splice is looked at, or the two that it lies between; and the whole
    module only where those do not parse by themselves. The splices are in order.
    """
    functions = find_functions(lines, scopes)
    regions: list[tuple[int, int]] = []
    for splice in splices:
        first = max((s.start for s in functions if s.start < splice.start), default=0)
        last = min((s.stop for s in functions if s.stop > splice.stop), default=len(lines))
        if regions and first < regions[-1][1]:
            start, stop = regions.pop()
            first, last = min(first, start), max(last, stop)
        regions.append((first, last))
    for first, last in regions:
        inside = [one for one in splices if first <= one.start and one.stop <= last]
        if not _parses(b"".join(apply_splices(lines, inside, first, last))):
            return _parses(b"".join(apply_splices(lines, splices)))
    return True


def _parses(text: bytes) -> bool:
    try:
        ast.parse(as_module(text))
    except UNPARSED:
        return False
    return True


def owner_of(lines: Sequence[bytes], scopes: Sequence[Scope], splice: Splice) -> Scope | None:
    """Give the smallest scope that the lines of a splice belong to, None for the module itself.

    Lines put in between two definitions belong to the first one if they are indented further
    than it is, and to what is around both if not.
    """
    if splice.start < splice.stop:
        return innermost_scope(scopes, splice.start, splice.stop)
    texts = (line for line in splice.lines if line.strip() and not line.lstrip().startswith(b"#"))
    indent = next((indent_of(line) for line in texts), None)
    at = splice.start
    while at > 0 and not lines[at - 1].strip():
        at -= 1
    holding = [
        s
        for s in scopes
        if s.start < splice.start
        and at <= s.stop
        and (splice.start < s.stop or (indent is not None and indent > indent_of(lines[s.start])))
    ]
    return min(holding, key=lambda scope: scope.stop - scope.start, default=None)
