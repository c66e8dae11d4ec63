"""What lines do not say about a series on a release: names that are missing, calls that do not fit,
keys and names that stand twice, branches that are never reached.

Only the functions that the series touches are looked at. Where another release is known on which
the series was fine, a function that is the same there is not looked at again.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

from freebsd_port.engine.core.source.calls import Signature, find_misfit, read_head
from freebsd_port.engine.core.source.classes import Definitions, Found, uses
from freebsd_port.engine.core.source.missing_names import (
    Missing,
    TouchedFile,
    find_missing,
    find_tried,
    read_touched,
)
from freebsd_port.engine.core.source.names import (
    Modules,
    Read,
    cut_functions,
    find_end,
    find_function,
    read_globals,
)
from freebsd_port.engine.core.source.reach import (
    Unreached,
    find_conjuncts,
    find_tested_before,
    find_unreached,
)
from freebsd_port.engine.core.source.repeats import find_repeats
from freebsd_port.engine.core.source.scope import UNPARSED, as_module

Files = Mapping[str, tuple[Sequence[bytes], Sequence[bytes]]]
"""Each file that the series touches, as released and as the series leaves it."""

Kind = Literal["call", "repeated", "unreached"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing about a line of the series that is wrong on the release, although it merges."""

    path: str
    line: int
    """1-based, in the file with the whole series on it."""

    kind: Kind
    reason: str
    """In words, without a full stop."""

    text: bytes
    """The line."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found, each sorted by path and line."""

    missing: tuple[Missing, ...] = ()
    faults: tuple[Fault, ...] = ()


def examine(files: Files, read: Read, known: Read | None = None) -> Findings:
    """Look at the lines that a series puts in, and at what they touch.

    `read` gives any file of the release with the series on it, `known` those of a release on which
    the series was fine. A file that does not parse has no findings.
    """
    here = Definitions(Modules(read))
    there = Definitions(Modules(known)) if known is not None else None
    touched = read_touched(files)
    missing = set(find_missing(touched, here.modules))
    faults: set[Fault] = set()
    for one in touched:
        file = _File(one, here, there)
        missing |= set(file.missing())
        faults |= set(file.faults())
    return Findings(
        tuple(sorted(missing, key=lambda one: (one.path, one.line, one.name))),
        tuple(sorted(faults, key=lambda one: (one.path, one.line, one.kind, one.reason))),
    )


_CALLEE = re.compile(rb"(?<![\w.)\]'\"])((?:\w+\.)*\w+)\(")
_OF_OBJECT = re.compile(rb"(?<![\w.])([A-Za-z_]\w*)\.(\w+)(?:\.(\w+))?")
_BOUND = re.compile(
    rb"[ \t]*(?:(\w+)[ \t]*(?::[^=\n]+)?=(?!=)|import[ \t]+(\w+)|from[ \t]+[\w.]+[ \t]+import"
    rb"[ \t]+(?:\w+[ \t]+as[ \t]+)?(\w+)|with\b.*\bas[ \t]+(\w+)|for[ \t]+(\w+))"
)
_LOOSE = re.compile(
    rb"[ \t]*(?:(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|import[ \t]+([\w.]+)"
    rb"|from\b.*\bimport[ \t]+(\w+)|(['\"]?[\w.]+['\"]?)[ \t]*[:,]|(\w+)[ \t]*=(?!=))"
)
_INTRODUCES = re.compile(rb"[ \t]*(?:(?:async[ \t]+)?(?:def|class|import|from\b.*\bimport)[ \t]+)?")
_INTRODUCED = re.compile(rb"[ \t]*(?:[(:,=]|as\b|$)")
_KEYED = re.compile(
    rb"[ \t]*(?:(?:async |)def|class|import|from)\b|.*\{|[ \t]*[\w.'\"]+[ \t]*:|.*def\b"
)
_SPEAKS = re.compile(
    rb"[ \t]*(?:(?:if|elif|else|except|return|raise|while|continue|break|case|async|def|class"
    rb"|import|from)\b|.*\{|[ \t]*[\w.'\"]+[ \t]*:)"
)
_ASSIGNED = re.compile(rb"[ \t]*(?:(?:,[^=(]*)?=(?!=)|:=)")
_TAKEN = re.compile(rb"\b(?:for|as|def|class|import)[ \t]+(?:[\w.]+,[ \t]*)*$")
_MADE = re.compile(rb"[ \t]*=[ \t]*((?:\w+\.)*\w+)\(")
_NAME = re.compile(rb"[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_HEADS = (b"def ", b"async def ", b"class ")
_OPEN_ENDS = (b"(", b"[", b"{", b",")
_STAYING = (b"self", b"cls", b"_")


@dataclass(slots=True)
class _File:
    """One file of the release with the series on it."""

    touched: TouchedFile
    here: Definitions
    there: Definitions | None
    parts: list[_Part] = field(init=False)
    loose: list[int] = field(init=False)
    """Added lines that are in no function, and heads."""

    def __post_init__(self) -> None:
        by_function: dict[int, list[int]] = {}
        self.loose = []
        for at, head in zip(self.touched.added, self.touched.heads, strict=True):
            if head is not None:
                by_function.setdefault(head, []).append(at)
            if head is None or self.lines[at].lstrip().startswith(_HEADS):
                self.loose.append(at)
        self.parts = [_Part(self, head, added) for head, added in by_function.items()]

    @property
    def path(self) -> str:
        """Give its path."""
        return self.touched.path

    @property
    def lines(self) -> Sequence[bytes]:
        """Give its lines."""
        return self.touched.lines

    def text(self) -> bytes:
        """Give its lines as one."""
        text = self.here.text(self.path)
        return text.bytes if text else b""

    def text_there(self) -> bytes:
        """Give the file on the release on which the series was fine; empty without one."""
        text = self.there.text(self.path) if self.there else None
        return text.bytes if text else b""

    def missing(self) -> Iterator[Missing]:
        """Give attributes of objects that are gone, and names that the series takes away."""
        for part in self.parts:
            yield from part.gone()
        yield from self._unbound()

    def faults(self) -> Iterator[Fault]:
        """Give everything else."""
        for part in self.parts:
            yield from part.misfits()
            if part.may_be_wrong():
                faults = list(self._local(part.tree(), part.offset, part.added))
                yield from faults
                yield from part.tested_before({one.line for one in faults})
        if self._is_doubtful():
            yield from self._local(_parse(b"".join(cut_functions(self.lines))), 0, self.loose)

    def _is_doubtful(self) -> bool:
        """Tell whether a line in no function may bind or hold what stands elsewhere too."""
        for at in self.loose:
            line = self.lines[at]
            match = _LOOSE.match(line)
            word = next((one for one in match.groups() if one), b"") if match else b""
            is_test = line.startswith((b"if ", b"elif "))
            if (is_test and self._has_other_tests()) or (word and self._stands_twice(word)):
                return True
        return False

    def _stands_twice(self, word: bytes) -> bool:
        """Tell whether two lines may bind a word, or have it as a key, one more than before."""
        here = _introductions(self.text(), word)
        return here > 1 and (not self.there or here > _introductions(self.text_there(), word))

    def _has_other_tests(self) -> bool:
        """Tell whether the module tests something at its top level that it did not before."""
        here, there = (
            text.count(b"\nif ") + text.count(b"\nelif ")
            for text in (self.text(), self.text_there())
        )
        return here != there

    def _local(self, tree: ast.Module | None, offset: int, added: Sequence[int]) -> Iterator[Fault]:
        """Give what a piece of source shows by itself; `offset` is what its lines are short of."""
        if tree is None:
            return
        wanted = {at + 1 for at in added}
        may_repeat = any(_KEYED.match(self.lines[at]) for at in added)
        for repeat in find_repeats(tree) if may_repeat else ():
            lines = (repeat.second + offset, repeat.first + offset)
            mine = next((line for line in lines if line in wanted), None)
            if mine is not None:
                other = lines[0] if mine == lines[1] else lines[1]
                also = f", also in line {other}" if other != mine else ""
                what = (
                    f"the key {repeat.name} stands"
                    if repeat.is_key
                    else f"the name {repeat.name} is bound"
                )
                yield self.fault(mine, "repeated", f"{what} twice{also}")
        for dead in _find_unreached(tree):
            span = range(dead.lines.start + offset, dead.lines.stop + offset)
            cause = dead.cause + offset
            mine = next((line for line in span if line in wanted), None)
            if mine is not None:
                why = "always leaves before" if dead.is_left else "tests the same before"
                yield self.fault(mine, "unreached", f"never reached: line {cause} {why}")
            elif cause in wanted:
                why = "this always leaves before" if dead.is_left else "this tests the same before"
                reason = f"line {span.start} is never reached any more: {why}"
                yield self.fault(cause, "unreached", reason)

    def fault(self, line: int, kind: Kind, reason: str) -> Fault:
        """Make a fault of one of its lines, 1-based."""
        return Fault(self.path, line, kind, reason, self.lines[line - 1])

    def _unbound(self) -> Iterator[Missing]:
        """Give names that lines which the series takes out bound, and that are still read."""
        bound = self.here.modules.bindings(self.path)
        if bound is None or bound.is_open:
            return
        for line in self.touched.removed:
            match = _BOUND.match(line)
            name = next((one for one in match.groups() if one), b"") if match else b""
            if name and name.decode() not in bound.names and name not in _STAYING:
                is_local = line[:1].isspace()
                parts = self.parts if is_local else self._parts_with(name)
                for part in parts:
                    yield from part.unbound(name, line)

    def _parts_with(self, word: bytes) -> list[_Part]:
        """Give every function that mentions a word."""
        heads = {
            find_function(self.lines, at, self.touched.tops)
            for at, line in enumerate(self.lines)
            if word in line
        }
        return [_Part(self, head, []) for head in sorted(one for one in heads if one is not None)]


def _read_name(head: bytes) -> str:
    """Give the name of what a head defines."""
    match = _NAME.match(head)
    return match[1].decode() if match else ""


def _find_unreached(tree: ast.Module) -> list[Unreached]:
    """Give what never runs; nothing for what is nested too deep."""
    try:
        return list(find_unreached(tree))
    except RecursionError:
        return []


def _is_bound(head: bytes, rest: bytes) -> bool:
    """Tell whether a line binds the word between its two parts."""
    is_target = not head.endswith(b".") and _ASSIGNED.match(rest) is not None
    return is_target or _TAKEN.search(head) is not None


def _introductions(text: bytes, word: bytes) -> int:
    """Count the lines that may bind a word, or have it as a key."""
    return sum(
        _INTRODUCES.fullmatch(head) is not None and _INTRODUCED.match(rest) is not None
        for head, rest in uses(text, word)
    )


def _parse(source: bytes) -> ast.Module | None:
    try:
        return ast.parse(source)
    except UNPARSED:
        return None


@dataclass(slots=True)
class _Part:
    """One function that the series touches, that is in no other function."""

    file: _File
    head: int
    """0-based line of its head."""

    added: list[int]
    """0-based lines of the file."""

    lines: Sequence[bytes] = field(init=False)
    name: str = field(init=False)
    owner: str | None = field(init=False)
    """The class that it is a method of."""

    _tree: ast.Module | None = field(default=None, init=False)
    _is_read: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        lines = self.file.lines
        self.lines = lines[self.head : find_end(lines, self.head)]
        self.name = _read_name(lines[self.head])
        top = self.file.touched.tops[bisect_right(self.file.touched.tops, self.head) - 1]
        is_method = top != self.head and lines[top].startswith(b"class ")
        self.owner = _read_name(lines[top]) if is_method else None

    @property
    def offset(self) -> int:
        """Give what the lines of its tree are short of."""
        return self.head - (1 if self.lines[0][:1].isspace() else 0)

    def tree(self) -> ast.Module | None:
        """Parse it, once."""
        if not self._is_read:
            self._is_read = True
            self._tree = _parse(as_module(b"".join(self.lines)))
        return self._tree

    def is_known(self) -> bool:
        """Tell whether the function is the same on the release on which the series was fine."""
        return b"".join(self.lines) in self.file.text_there()

    def unbound(self, name: bytes, line: bytes) -> Iterator[Missing]:
        """Give the lines that read a name which a line bound and that is bound nowhere now."""
        word = name.decode()
        if not any(name in one for one in self.lines) or self.is_known():
            return
        if word in read_globals(self.file.lines, self.head) and (tree := self.tree()) is not None:
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and node.id == word:
                    yield Missing(self.file.path, node.lineno + self.offset, word, line)

    def may_be_wrong(self) -> bool:
        """Tell whether a line that tests, leaves or has a key is another one than there."""
        there = self.file.text_there()
        if not there:
            return True
        if b"".join(self.lines) in there:
            return False
        text = self.file.there.text(self.file.path) if self.file.there else None
        name = f"{self.owner}.{self.name}" if self.owner else self.name
        known = text.function_lines(name) if text else []
        left = Counter(line for line in self.lines if _SPEAKS.match(line))
        left.subtract(known)
        return max(left.values(), default=0) > 0

    def tested_before(self, told: Set[int]) -> Iterator[Fault]:
        """Give branches of added lines before which the release now leaves on the same condition.

        `told` are the lines that are known to be never reached, 1-based.
        """
        text, tree = self.file.there and self.file.there.text(self.file.path), self.tree()
        if not text or tree is None:
            return
        there = text.function_lines(f"{self.owner}.{self.name}" if self.owner else self.name)
        more = Counter(one.strip() for one in self.lines)
        more.subtract(one.strip() for one in there)
        for branch in find_tested_before(tree.body):
            line, cause = branch.lines.start + self.offset, branch.cause + self.offset
            is_new = cause - 1 not in self.added and more[self.file.lines[cause - 1].strip()] > 0
            if line - 1 in self.added and line not in told and is_new:
                reason = f"may never be reached: line {cause} tests the same before and leaves"
                yield self.file.fault(line, "unreached", reason)

    def gone(self) -> Iterator[Missing]:
        """Give attributes that added lines read of self and the like, and that no object has."""
        yield from self._gone_of_checked()
        scope = _Scope(self.file.here, self.file.path, self.owner, self.lines)
        doubtful: dict[tuple[str, str], str] = {}
        seen: set[tuple[bytes, bytes, bytes]] = set()
        for at in self.added:
            for match in _OF_OBJECT.findall(self.file.lines[at]):
                if match in seen:
                    continue
                seen.add(match)
                first, second, third = (part.decode() for part in match)
                for receiver, name in ((first, second), (f"{first}.{second}", third)):
                    dotted = self._name_gone(scope, receiver, name) if name else None
                    if dotted is not None:
                        doubtful[receiver, name] = dotted
        tree = self.tree() if doubtful else None
        if tree is None:
            return
        tried = find_tried(ast.walk(tree))
        guarded = set(_guarded(tree))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            line = (node.end_lineno or node.lineno) + self.offset
            dotted = doubtful.get((ast.unparse(node.value), node.attr))
            is_added = line - 1 in self.added
            if dotted and is_added and node.lineno not in tried and node.attr not in guarded:
                yield Missing(self.file.path, line, dotted, self.file.lines[line - 1])

    def _gone_of_checked(self) -> Iterator[Missing]:
        """Give attributes that added lines read of what isinstance() says is of another class."""
        text = b"".join(self.lines)
        names = {match[0] for at in self.added for match in _OF_OBJECT.findall(self.file.lines[at])}
        if not any(b"isinstance(%s," % name in text for name in names):
            return
        tree = self.tree()
        if tree is None:
            return
        tried = find_tried(ast.walk(tree))
        guarded = set(_guarded(tree))
        for name, checked, branch in _find_checked(tree):
            owner = self.file.here.find(self.file.path, checked)
            if owner is None or not owner.is_class:
                continue
            for node in branch:
                if not isinstance(node, ast.Attribute) or ast.unparse(node.value) != name:
                    continue
                line = (node.end_lineno or node.lineno) + self.offset
                is_told = line - 1 in self.added and isinstance(node.ctx, ast.Load)
                if is_told and node.lineno not in tried and node.attr not in guarded:
                    dotted = self._gone_from(owner, node.attr)
                    if dotted is not None:
                        yield Missing(self.file.path, line, dotted, self.file.lines[line - 1])

    def _gone_from(self, owner: Found, name: str) -> str | None:
        """Give what an object of a class does not have, by its dotted name."""
        here, there = self.file.here, self.file.there
        if here.has_member(owner, name):
            return None
        if here.is_open(owner) and not (there and there.has_member(owner, name)):
            return None
        return f"{owner.dotted}.{name}"

    def _name_gone(self, scope: _Scope, receiver: str, name: str) -> str | None:
        """Give what an object does not have, by its dotted name; None if it has it, or may."""
        here, there = self.file.here, self.file.there
        owner = scope.class_of(receiver)
        if owner is None:
            if there is None or not scope.is_object(receiver):
                return None
            places = here.places_near(self.file.path, receiver)
            was = there.methods_in(places, name)
            is_gone = len(was) == 1 and not here.methods_in(places, name)
            return was[0].dotted if is_gone else None
        return self._gone_from(owner, name)

    def misfits(self) -> Iterator[Fault]:
        """Give calls in added lines that do not fit what they call."""
        here, there = self.file.here, self.file.there
        scope = _Scope(here, self.file.path, self.owner, self.lines)
        doubtful: dict[str, tuple[Found, list[Signature]]] = {}
        for callee in self._callees():
            receiver, _, name = callee.rpartition(".")
            found = scope.callable(callee)
            if found is not None:
                runs = scope.runs(found)
                was = runs if there is not None else None
            elif there is not None and receiver and scope.is_object(receiver):
                now = here.methods_in(here.places_near(self.file.path, receiver), name)
                found = runs = was = now[0] if len(now) == 1 else None
            if found is None or runs is None:
                continue
            if there is not None and was is not None:
                heads = [one.compact for one in there.heads(was)]
                if heads == [one.compact for one in here.heads(runs)]:
                    continue
            takes = scope.takes(found, runs, callee)
            if takes:
                doubtful[callee] = found, takes
        tree = self.tree() if doubtful else None
        for node in ast.walk(tree) if tree is not None else ():
            if not isinstance(node, ast.Call):
                continue
            lines = range(node.lineno + self.offset, (node.end_lineno or 0) + self.offset + 1)
            mine = next((line for line in lines if line - 1 in self.added), None)
            target = doubtful.get(ast.unparse(node.func))
            reasons = [find_misfit(node, takes) for takes in target[1]] if target else []
            if mine is not None and target is not None and all(reasons):
                reason = f"{target[0].dotted}() does not take this call: {reasons[0]}"
                yield self.file.fault(mine, "call", reason)

    def _callees(self) -> set[str]:
        """Give what is called in the added lines, and in those that they go on."""
        found: set[bytes] = set()
        lines = self.file.lines
        for at in self.added:
            found.update(_CALLEE.findall(lines[at]))
            while at > self.head and lines[at - 1].rstrip().endswith(_OPEN_ENDS):
                at -= 1
                found.update(_CALLEE.findall(lines[at]))
        return {one.decode() for one in found}


def _find_checked(tree: ast.Module) -> Iterator[tuple[str, str, list[ast.AST]]]:
    """Give each name that an `if` finds to be of one class, that class, and what runs then.

    A name that is bound again there is left out.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.If):
            continue
        branch = [inner for stmt in node.body for inner in ast.walk(stmt)]
        for test in find_conjuncts(node.test):
            if not isinstance(test, ast.Call) or len(test.args) != 2 or test.keywords:
                continue
            name, checked = map(ast.unparse, test.args)
            is_one = isinstance(test.args[0], ast.Name) and not isinstance(test.args[1], ast.Tuple)
            is_bound = any(
                isinstance(inner, ast.Name) and inner.id == name
                and not isinstance(inner.ctx, ast.Load)
                for inner in branch
            )  # fmt: skip
            if ast.unparse(test.func) == "isinstance" and is_one and not is_bound:
                yield name, checked, branch


def _guarded(tree: ast.Module) -> Iterator[object]:
    """Give the attributes that the source asks for before it reads them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > 1:
            asked = node.args[1]
            if node.func.id in ("hasattr", "getattr", "setattr") and isinstance(
                asked, ast.Constant
            ):
                yield asked.value


@dataclass(slots=True)
class _Scope:
    """What names mean inside one function, as far as can be told without running it."""

    definitions: Definitions
    path: str
    owner: str | None
    lines: Sequence[bytes]
    _classes: dict[str, Found | None] = field(default_factory=dict, init=False)
    _locals: dict[str, bool] = field(default_factory=dict, init=False)
    _head: bytes = field(init=False)
    _text: bytes = field(init=False)
    """What is behind the head."""

    def __post_init__(self) -> None:
        self._head = read_head(self.lines)
        self._text = b"\n" + b"".join(self.lines)[len(self._head) :]

    def class_of(self, receiver: str, depth: int = 0) -> Found | None:
        """Find the class of what an expression of names stands for."""
        if receiver not in self._classes:
            self._classes[receiver] = None  # while it is looked for
            self._classes[receiver] = self._find_class(receiver, depth)
        return self._classes[receiver]

    def _find_class(self, receiver: str, depth: int) -> Found | None:
        first, _, attribute = receiver.partition(".")
        if depth > 3 or "." in attribute:
            return None
        if attribute:
            owner = self.class_of(first, depth)
            return self.definitions.find_attribute_class(owner, attribute) if owner else None
        if first in ("self", "cls"):
            return self.definitions.find(self.path, self.owner) if self.owner else None
        return self._class_of_variable(first, depth)

    def _class_of_variable(self, name: str, depth: int) -> Found | None:
        """Find the class of a variable that is bound once, by a call."""
        made = [rest for head, rest in uses(self._text, name.encode()) if _is_bound(head, rest)]
        match = _MADE.match(made[0]) if len(made) == 1 and not self._is_argument(name) else None
        found = self.callable(match[1].decode(), depth + 1) if match else None
        if found is None or found.is_class:
            return found
        return self.definitions.find_result_class(found)

    def callable(self, callee: str, depth: int = 0) -> Found | None:
        """Find what a call calls: a class or function; None when nobody can tell."""
        receiver, _, name = callee.rpartition(".")
        if receiver:
            owner = self.class_of(receiver, depth)
            if owner is not None:
                return self.definitions.find_method(owner, name)
            first = receiver.partition(".")[0]
            if first in ("self", "cls") or self._is_local(first):
                return None
        elif self._is_local(name):
            return None
        return self.definitions.find(self.path, callee)

    def is_object(self, receiver: str) -> bool:
        """Tell whether it stands for an object of a class that nobody can tell."""
        first, _, rest = receiver.partition(".")
        if first in ("self", "cls"):
            return bool(rest)
        return self._is_local(first)

    def _is_local(self, name: str) -> bool:
        """Tell whether the function binds a name itself."""
        if name not in self._locals:
            self._locals[name] = self._is_argument(name) or any(
                _is_bound(head, rest) for head, rest in uses(self._text, name.encode())
            )
        return self._locals[name]

    def _is_argument(self, name: str) -> bool:
        return any(
            not head.strip() or head.rstrip(b" *").endswith((b"(", b","))
            for head, rest in uses(self._head, name.encode())
        )

    def runs(self, found: Found) -> Found | None:
        """Give the function that a call of it runs; None when nobody can tell."""
        if not found.is_class:
            return found
        definitions = self.definitions
        text = definitions.text(found.path)
        head = text.class_text(found.name)[:400].partition(b":")[0] if text else b"metaclass"
        is_plain = b"metaclass" not in head and text is not None
        if not is_plain or text is None or text.has_decorator(found.name):
            return None
        if definitions.find_method(found, "__new__") is not None:
            return None
        return definitions.find_method(found, "__init__")

    def takes(self, found: Found, runs: Found, callee: str) -> list[Signature]:
        """Give the signatures as they are for the caller; none when nobody can tell."""
        signatures = []
        for head in self.definitions.heads(runs):
            takes = head.signature
            if takes is None or b"property" in head.decorators or b"patch" in head.decorators:
                return []
            is_bound = runs.owner is not None and b"staticmethod" not in head.decorators
            if is_bound and not found.is_class and b"classmethod" not in head.decorators:
                receiver = callee.rpartition(".")[0]
                is_bound = self.class_of(receiver) is not None or self.is_object(receiver)
            signatures.append(takes.without_first() if is_bound else takes)
        return signatures
