"""Branches that are never reached, because the same was tested before.

What a condition says is read for comparisons with constants, memberships, their negations, `and`
and `or`; any other expression is only ever compared with the same expression. What may have
changed between two tests is forgotten.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Value = tuple[str, object]
"""A constant with its type, or a dotted name taken for one."""

_FLIPPED = {ast.NotEq: ast.Eq, ast.NotIn: ast.In, ast.IsNot: ast.Is}
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Unreached:
    """One branch or statement that never runs."""

    lines: range
    """1-based: its condition and everything in it."""

    cause: int
    """The line that tests the same before, or that always leaves."""

    is_left: bool
    """Whether the line at `cause` leaves the block; else it tests the same."""


_MOST = 64
"""How many conditions are remembered at a time: a long chain must not cost its square."""


@dataclass(frozen=True, slots=True, eq=False)
class _Fact:
    """One condition that holds, or does not."""

    test: ast.expr
    holds: bool
    line: int


def find_unreached(module: ast.Module) -> Iterator[Unreached]:
    """Give every branch and statement that never runs, outermost first."""
    yield from _Walk(_Reader({})).block(module.body, [])


def find_tested_before(body: Sequence[ast.stmt]) -> Iterator[Unreached]:
    """Give every branch before which an `if` with the same condition leaves.

    What may have changed in between is not looked at, so these may run all the same.
    """
    yield from _find_tested_before(body, {})


def _find_tested_before(body: Sequence[ast.stmt], before: Mapping[str, int]) -> Iterator[Unreached]:
    known = dict(before)
    for stmt in body:
        if isinstance(stmt, ast.If):
            tests = (stmt.test, *find_conjuncts(stmt.test))
            cause = next((known[key] for one in tests if (key := ast.dump(one)) in known), None)
            if cause is not None:
                last = stmt.body[-1].end_lineno or stmt.body[-1].lineno
                yield Unreached(range(stmt.lineno, last + 1), cause, is_left=False)
        blocks = [getattr(stmt, name, []) for name in ("body", "orelse", "finalbody")]
        inner = (*getattr(stmt, "handlers", ()), *getattr(stmt, "cases", ()))
        for block in (*blocks, *(one.body for one in inner)):
            yield from _find_tested_before(block, known)
        if isinstance(stmt, ast.If) and not stmt.orelse and isinstance(stmt.body[-1], _ENDS):
            known[ast.dump(stmt.test)] = stmt.lineno


def find_conjuncts(test: ast.expr) -> list[ast.expr]:
    """Give the conditions that `and` joins to this one, or it alone."""
    is_joined = isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And)
    return test.values if isinstance(test, ast.BoolOp) and is_joined else [test]


@dataclass(slots=True)
class _Walk:
    """Goes through one scope in the order in which it runs."""

    reader: _Reader
    ended: bool = field(default=False, init=False)
    """Whether the block that was gone through last always leaves."""

    def block(self, body: Sequence[ast.stmt], facts: list[_Fact]) -> Iterator[Unreached]:
        """Go through statements; `facts` hold before them and, changed, behind them."""
        leaving: int | None = None
        for stmt in body:
            if leaving is not None and not _is_yield(stmt):
                last = body[-1].end_lineno or body[-1].lineno
                yield Unreached(range(_first(stmt), last + 1), leaving, is_left=True)
                break
            yield from self._statement(stmt, facts)
            if self.ended:
                leaving = leaving or stmt.lineno
        self.ended = leaving is not None

    def _statement(self, stmt: ast.stmt, facts: list[_Fact]) -> Iterator[Unreached]:
        self.ended = False
        if isinstance(stmt, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            aliases = {} if isinstance(stmt, ast.ClassDef) else _find_aliases(stmt)
            yield from _Walk(_Reader(aliases)).block(stmt.body, [])
            _forget(facts, stmt, is_deep=False)
        elif isinstance(stmt, ast.If):
            yield from self._branches(stmt, facts)
        elif isinstance(stmt, ast.Try | ast.TryStar):
            yield from self._try(stmt, facts)
        elif isinstance(stmt, ast.Match):
            ends = []
            for case in stmt.cases:
                yield from self.block(case.body, list(facts))
                ends.append(self.ended)
            _forget(facts, stmt)
            self.ended = False
        elif isinstance(stmt, ast.For | ast.AsyncFor | ast.While):
            _forget(facts, stmt)
            inside = list(facts)
            if isinstance(stmt, ast.While):
                inside.append(_Fact(stmt.test, True, stmt.lineno))
            yield from self.block(stmt.body, inside)
            yield from self.block(stmt.orelse, list(facts))
            self.ended = False
        elif isinstance(stmt, ast.With | ast.AsyncWith):
            for item in stmt.items:
                _forget(facts, item)
            yield from self.block(stmt.body, facts)
            self.ended = False  # it may swallow what is raised
        else:
            _forget(facts, stmt)
            self.ended = isinstance(stmt, _ENDS)

    def _branches(self, stmt: ast.If, facts: list[_Fact]) -> Iterator[Unreached]:
        _forget(facts, stmt.test, is_test=True)
        cause = self._refuted(stmt.test, True, facts)
        if cause is not None:
            last = stmt.body[-1].end_lineno or stmt.body[-1].lineno
            yield Unreached(range(stmt.lineno, last + 1), cause, is_left=False)
        facts[:] = facts[-_MOST:]
        yes = [*facts, _Fact(stmt.test, True, stmt.lineno)]
        no = [*facts, _Fact(stmt.test, False, stmt.lineno)]
        if stmt.orelse and cause is None:
            implied = self._refuted(stmt.test, False, facts)
            if implied is not None:
                last = stmt.orelse[-1].end_lineno or stmt.orelse[-1].lineno
                yield Unreached(range(_first(stmt.orelse[0]), last + 1), implied, is_left=False)
        if cause is None:
            yield from self.block(stmt.body, yes)
        is_yes_over = self.ended if cause is None else True
        yield from self.block(stmt.orelse, no)
        is_no_over = self.ended
        if is_yes_over != is_no_over:
            facts[:] = no if is_yes_over else yes
        else:
            left = set(yes) & set(no)
            facts[:] = [fact for fact in facts if fact in left]
        self.ended = is_yes_over and is_no_over

    def _try(self, stmt: ast.Try | ast.TryStar, facts: list[_Fact]) -> Iterator[Unreached]:
        inside = list(facts)
        yield from self.block([*stmt.body, *stmt.orelse], inside)
        ends = [self.ended]
        _forget(facts, ast.Module([*stmt.body, *stmt.orelse], []))
        caught: list[tuple[str, int]] = []
        for handler in stmt.handlers:
            names = _caught(handler)
            by = [next((n for one, n in caught if _covers(one, name)), None) for name in names]
            if by and all(by):
                last = handler.body[-1].end_lineno or handler.body[-1].lineno
                lines = range(handler.lineno, last + 1)
                yield Unreached(lines, max(n for n in by if n), is_left=False)
            caught += [(name, handler.lineno) for name in names]
            yield from self.block(handler.body, list(facts))
            ends.append(self.ended)
        _forget(facts, ast.Module([s for h in stmt.handlers for s in h.body], []))
        yield from self.block(stmt.finalbody, facts)
        self.ended = self.ended or all(ends)

    def _refuted(self, test: ast.expr, holds: bool, facts: Sequence[_Fact]) -> int | None:
        """Give the line of the condition that lets another one never be so."""
        known = _Known(self.reader)
        if known.refutes(test, holds):
            return None  # by itself: the writer's own matter
        for fact in facts:
            known.assume(fact.test, fact.holds)
            if known.refutes(test, holds):
                return fact.line
        return None


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a condition says."""

    test: ast.expr
    """Without negations."""

    is_negated: bool
    domain: tuple[str, frozenset[Value]] | None
    """The expression and the values, one of which it has where the test holds."""

    key: str
    """The test itself; empty for one that has a domain."""


@dataclass(slots=True)
class _Reader:
    """Reads each condition of a scope once."""

    aliases: Mapping[str, ast.expr]
    """Names that are bound once, to an attribute of something that is not of the scope."""

    _read: dict[int, _Meaning] = field(default_factory=dict, init=False)
    """By the identity of the condition, which its tree keeps alive."""

    def read(self, test: ast.expr) -> _Meaning:
        """Give what a condition of the tree says."""
        if id(test) not in self._read:
            plain, holds = _flip(test, True)
            domain = self._domain(plain)
            key = "" if domain else self._key(plain)
            self._read[id(test)] = _Meaning(plain, not holds, domain, key)
        return self._read[id(test)]

    def _domain(self, test: ast.expr) -> tuple[str, frozenset[Value]] | None:
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
            parts = [self._domain(part) for part in test.values]
            found = [part for part in parts if part is not None]
            keys = {key for key, _ in found}
            if len(found) == len(parts) and len(keys) == 1:
                return keys.pop(), frozenset().union(*(values for _, values in found))
            return None
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return None
        left, right, op = test.left, test.comparators[0], test.ops[0]
        if isinstance(op, ast.In) and isinstance(right, ast.Tuple | ast.List | ast.Set):
            values = [_value(one) for one in right.elts]
        elif isinstance(op, ast.Eq | ast.Is):
            if isinstance(left, ast.Constant):
                left, right = right, left
            values = [_value(right)]
        else:
            return None
        known = frozenset(value for value in values if value is not None)
        if len(known) != len(values) or not known or isinstance(left, ast.Constant):
            return None
        return self._key(left), known

    def _key(self, node: ast.expr) -> str:
        return ast.dump(_Replaced(self.aliases).visit(node)) if self.aliases else ast.dump(node)


@dataclass(slots=True)
class _Known:
    """What is known of expressions."""

    reader: _Reader
    allowed: dict[str, frozenset[Value]] = field(default_factory=dict)
    excluded: dict[str, frozenset[Value]] = field(default_factory=dict)
    truth: dict[str, bool] = field(default_factory=dict)

    def assume(self, test: ast.expr, holds: bool) -> None:
        """Take a condition for so, or not so."""
        said = self.reader.read(test)
        holds = holds is not said.is_negated
        if isinstance(said.test, ast.BoolOp) and isinstance(said.test.op, ast.And) == holds:
            for part in said.test.values:
                self.assume(part, holds)
        if said.domain is None:
            self.truth[said.key] = holds
        else:
            key, values = said.domain
            if holds:
                self.allowed[key] = self.allowed.get(key, values) & values
            else:
                self.excluded[key] = self.excluded.get(key, frozenset()) | values

    def refutes(self, test: ast.expr, holds: bool) -> bool:
        """Tell whether it cannot be so."""
        said = self.reader.read(test)
        holds = holds is not said.is_negated
        if said.domain is not None:
            return self._refutes_values(*said.domain, holds)
        if self.truth.get(said.key) is (not holds):
            return True
        if not isinstance(said.test, ast.BoolOp):
            return False
        if isinstance(said.test.op, ast.And) != holds:
            return all(self.refutes(part, holds) for part in said.test.values)
        known = _Known(self.reader, dict(self.allowed), dict(self.excluded), dict(self.truth))
        for part in said.test.values:
            if known.refutes(part, holds):
                return True
            known.assume(part, holds)
        return False

    def _refutes_values(self, key: str, values: frozenset[Value], holds: bool) -> bool:
        allowed = self.allowed.get(key)
        if not holds:
            return allowed is not None and bool(allowed) and allowed <= values
        if values <= self.excluded.get(key, frozenset()):
            return True
        if allowed is None:
            return False
        left = allowed - self.excluded.get(key, frozenset())
        are_literal = not any(kind == _SYMBOL for kind, _ in left | values)
        return are_literal and not left & values


class _Replaced(ast.NodeTransformer):
    """Puts what a name stands for in its place; the tree that it is given stays as it is."""

    def __init__(self, aliases: Mapping[str, ast.expr]) -> None:
        self.aliases = aliases

    def generic_visit(self, node: ast.AST) -> ast.AST:
        parts = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                parts[name] = [
                    self.visit(one) if isinstance(one, ast.AST) else one for one in value
                ]
            else:
                parts[name] = self.visit(value) if isinstance(value, ast.AST) else value
        return type(node)(**parts)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.aliases.get(node.id, node)


def _flip(test: ast.expr, holds: bool) -> tuple[ast.expr, bool]:
    """Write a negation as what it negates."""
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, holds = test.operand, not holds
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _FLIPPED:
        plain = _FLIPPED[type(test.ops[0])]()
        return ast.Compare(test.left, [plain], test.comparators), not holds
    return test, holds


def _value(node: ast.expr) -> Value | None:
    if isinstance(node, ast.Constant):
        return type(node.value).__name__, node.value
    dotted = _dotted(node)
    is_constant = dotted is not None and dotted.rpartition(".")[2].isupper()
    return (_SYMBOL, dotted) if is_constant else None


def _dotted(node: ast.expr) -> str | None:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join(reversed([*names, node.id])) if isinstance(node, ast.Name) else None


def _find_aliases(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    """Find names that are bound once, to an attribute of something from outside the function."""
    bound = [node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)]
    values: dict[str, ast.expr] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.append(node.id)
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and isinstance(node.value, ast.Attribute):
                values[target.id] = node.value
    return {
        name: value
        for name, value in values.items()
        if bound.count(name) == 1
        and (dotted := _dotted(value)) is not None
        and dotted.partition(".")[0] not in bound
    }


def _forget(
    facts: list[_Fact], node: ast.AST, *, is_test: bool = False, is_deep: bool = True
) -> None:
    """Drop the facts that a statement may change."""
    if not facts:
        return
    bound: set[str] = set()
    touched: set[str] = set()
    has_call = False
    for part in ast.walk(node) if is_deep else (node,):
        if isinstance(part, ast.Name | ast.Attribute | ast.Subscript):
            if not isinstance(part.ctx, ast.Load):
                bound |= _names(part)
        elif isinstance(part, ast.Call | ast.Await | ast.Yield | ast.YieldFrom):
            has_call = has_call or not is_test
            touched |= _names(part)
        elif isinstance(part, ast.alias):
            bound.add((part.asname or part.name).partition(".")[0])
        elif isinstance(part, _NAMED) and part.name:
            bound.add(part.name)
    facts[:] = [
        fact
        for fact in facts
        if not _names(fact.test) & bound and not (has_call and _may_change(fact.test, touched))
    ]


_NAMED = (ast.ExceptHandler, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _may_change(test: ast.expr, touched: set[str]) -> bool:
    """Tell whether a call that mentions these names may change what a condition says.

    What is read through a name in lower case, or by a call, may be another thing after any call;
    a settings object such as CONF stays.
    """
    for node in ast.walk(test):
        if isinstance(node, ast.Call | ast.Subscript):
            return True
        if isinstance(node, ast.Attribute):
            root = (_dotted(node) or "").partition(".")[0]
            if not root.isupper():
                return True
    is_compared = isinstance(test, ast.Compare)
    return not is_compared and bool(_names(test) & touched)


def _is_yield(stmt: ast.stmt) -> bool:
    """Tell whether a statement only makes its function a generator."""
    return isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Yield | ast.YieldFrom)


def _first(stmt: ast.stmt) -> int:
    if isinstance(stmt, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return min([stmt.lineno, *(one.lineno for one in stmt.decorator_list)])
    return stmt.lineno


def _caught(handler: ast.ExceptHandler) -> list[str]:
    if handler.type is None:
        return ["BaseException"]
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [_dotted(part) or ast.dump(part) for part in parts]


def _covers(first: str, second: str) -> bool:
    """Tell whether a handler of the first exception takes the second one too, for certain."""
    if first == second:
        return True
    one, two = (getattr(builtins, name, None) for name in (first, second))
    return isinstance(one, type) and isinstance(two, type) and issubclass(two, one)
