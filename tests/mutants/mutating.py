"""The mutants of a Python file: small mistakes in chosen lines, one at a time.

Standard library only: the plugin imports it in the target's interpreter. Both sides number the
mutants of a file in the same order, so a number names one.

Not mutated: imports, annotations, docstrings, and what only a person reads, that is the arguments
of `_()` and of `LOG`, and the help of options.
"""

import ast
import copy

COMPARED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SHOWN = 100
"""Characters of code that name a mutant."""


class Mutation:
    """One change of a tree: where, what it was and becomes, and how to make it."""

    def __init__(self, line, owner, before, after, make):
        self.line = line
        self.owner = owner
        """The class definitions and the outermost function around it; empty for the module."""
        self.before = before
        self.after = after
        self.make = make
        """Change the tree in place; for good."""


def find_mutations(tree, lines):
    """List the mutations of the nodes that begin in these lines, always in the same order."""
    return list(_Walk(frozenset(lines)).module(tree))


def _shown(node):
    if isinstance(node, ast.AST):
        node = " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
    text = str(node)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _is_for_people(node):
    """Tell whether it is a call whose arguments only a person reads."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Name):
        return function.id == "_"
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "LOG"
    )


def _is_docstring(node):
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, (str, type(...)))
    )


class _Walk:
    def __init__(self, lines):
        self.lines = lines

    def module(self, tree):
        yield from self.body(tree, "body", (), in_function=False)

    def body(self, parent, field, owner, in_function):
        for index, statement in enumerate(getattr(parent, field)):
            place = (parent, field, index)
            yield from self.statement(statement, place, owner, in_function)

    def one(self, node, place, owner, before, after, what=None):
        """Give a mutation that puts `after` in the place of a node, if its line is asked for."""
        if node.lineno not in self.lines:
            return
        parent, field, index = place

        def make():
            ast.copy_location(after, node)
            if index is None:
                setattr(parent, field, after)
            else:
                getattr(parent, field)[index] = after
            ast.fix_missing_locations(parent)

        yield Mutation(
            node.lineno, owner, _shown(before), what if what is not None else _shown(after), make
        )

    def without(self, node, items, index, owner):
        """Give a mutation that takes one of a node's items out."""
        if items[index] is None or items[index].lineno not in self.lines:
            return
        short = copy.copy(node)

        def make():
            del items[index]

        yield Mutation(
            items[index].lineno, owner, _shown(short), "without " + _shown(items[index]), make
        )

    def statement(self, node, place, owner, in_function):
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Pass)):
            return
        if _is_docstring(node):
            return
        if isinstance(node, ast.ClassDef):
            inner = owner if in_function else (*owner, node)
            yield from self.body(node, "body", inner, in_function)
            return
        if isinstance(node, FUNCTIONS):
            outside = owner if in_function else ()
            for field in ("defaults", "kw_defaults"):
                for index, value in enumerate(getattr(node.args, field)):
                    if value is not None:
                        yield from self.expression(value, (node.args, field, index), outside)
            inner = owner if in_function else (*owner, node)
            yield from self.body(node, "body", inner, True)
            return
        where = owner if in_function else ()
        nothing = ast.Pass()
        if isinstance(node, ast.Raise):
            yield from self.one(node, place, where, node, nothing)
        elif isinstance(node, (ast.Break, ast.Continue)):
            other = ast.Continue() if isinstance(node, ast.Break) else ast.Break()
            yield from self.one(node, place, where, node, other)
        elif isinstance(node, ast.Expr):
            if _is_for_people(node.value):
                return
            if isinstance(node.value, ast.Call):
                yield from self.one(node, place, where, node, nothing)
        elif isinstance(node, ast.Return):
            if node.value is not None and not isinstance(node.value, ast.Constant):
                none = ast.Constant(None)
                yield from self.one(node, place, where, node, ast.Return(none))
        elif isinstance(node, ast.Assign):
            if not isinstance(node.value, ast.Constant):
                none = ast.Assign(node.targets, ast.Constant(None))
                yield from self.one(node, place, where, node, none)
        elif isinstance(node, ast.AugAssign):
            yield from self.one(node, place, where, node, nothing)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            plain = ast.If(ast.Constant(True), node.body, [])
            before = "with " + ", ".join(_shown(item) for item in node.items)
            yield from self.one(node, place, where, before, plain, "its body only")
        elif isinstance(node, (ast.If, ast.While)) and not isinstance(
            node.test, (ast.Compare, ast.Constant)
        ):
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield from self.one(node.test, (node, "test", None), where, node.test, negated)
        yield from self.children(node, owner, in_function, where)

    def children(self, node, owner, in_function, where):
        """Go into a statement: its expressions first, then the statements in it."""
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "type_comment", "decorator_list"):
                continue
            if isinstance(value, ast.expr):
                yield from self.expression(value, (node, field, None), where)
            elif isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield from self.body(node, field, owner, in_function)
            elif isinstance(value, list):
                for index, each in enumerate(value):
                    if isinstance(each, ast.expr):
                        yield from self.expression(each, (node, field, index), where)
                    elif isinstance(each, ast.ExceptHandler):
                        yield from self.handler(each, owner, in_function, where)
                    elif isinstance(each, ast.withitem):
                        yield from self.expression(
                            each.context_expr, (each, "context_expr", None), where
                        )

    def handler(self, node, owner, in_function, where):
        if isinstance(node.type, ast.Tuple):
            for index in range(len(node.type.elts)):
                yield from self.without(node.type, node.type.elts, index, where)
        yield from self.body(node, "body", owner, in_function)

    def expression(self, node, place, owner):
        if _is_for_people(node) or isinstance(node, (ast.JoinedStr, ast.Lambda)):
            return
        if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
            return
        if isinstance(node, ast.Constant):
            yield from self.constant(node, place, owner)
            return
        if isinstance(node, ast.Compare):
            yield from self.compare(node, owner)
        elif isinstance(node, ast.BoolOp):
            yield from self.bool_op(node, place, owner)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield from self.one(node, place, owner, node, node.operand)
        elif isinstance(node, ast.IfExp):
            yield from self.one(node, place, owner, node, node.body)
            yield from self.one(node, place, owner, node, node.orelse)
        elif isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Mod):  # formatting, but for numbers
                if not isinstance(node.right, (ast.Dict, ast.Tuple)) and not _is_text(node.left):
                    yield from self.expression(node.left, (node, "left", None), owner)
                return
            if type(node.op) in COMPUTED and not (_is_text(node.left) or _is_text(node.right)):
                other = ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)
                yield from self.one(node, place, owner, node, other)
        elif isinstance(node, (ast.Tuple, ast.List, ast.Set)) and len(node.elts) > 1:
            for index in range(len(node.elts)):
                yield from self.without(node, node.elts, index, owner)
        elif isinstance(node, ast.Dict) and len(node.keys) > 1:
            for index, key in enumerate(node.keys):
                yield from self.pair(node, key, index, owner)
        elif isinstance(node, ast.Call):
            for index, keyword in enumerate(node.keywords):
                if keyword.arg not in ("help", None):
                    yield from self.keyword(node, keyword, index, owner)
        yield from self.parts(node, owner)

    def parts(self, node, owner):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                yield from self.expression(value, (node, field, None), owner)
            elif isinstance(value, list):
                for index, each in enumerate(value):
                    if isinstance(each, ast.expr):
                        yield from self.expression(each, (node, field, index), owner)
                    elif isinstance(each, ast.keyword) and each.arg != "help":
                        yield from self.expression(each.value, (each, "value", None), owner)
                    elif isinstance(each, ast.comprehension):
                        yield from self.comprehension(each, owner)

    def comprehension(self, node, owner):
        yield from self.expression(node.iter, (node, "iter", None), owner)
        for index, test in enumerate(node.ifs):
            yield from self.without(node, node.ifs, index, owner)
            yield from self.expression(test, (node, "ifs", index), owner)

    def constant(self, node, place, owner):
        value = node.value
        if isinstance(value, bool):
            other = not value
        elif isinstance(value, int):
            other = value + 1
        elif isinstance(value, (str, bytes)):
            other = value + value[:0].__class__(b"XX") if isinstance(value, bytes) else value + "XX"
        else:
            return
        yield from self.one(node, place, owner, node, ast.Constant(other))

    def compare(self, node, owner):
        if node.lineno not in self.lines or len(node.ops) != 1:
            return
        for table in (COMPARED, BOUNDARY):
            other = table.get(type(node.ops[0]))
            if other is not None:
                changed = ast.Compare(node.left, [other()], node.comparators)

                def make(other=other):
                    node.ops[0] = other()

                yield Mutation(node.lineno, owner, _shown(node), _shown(changed), make)

    def bool_op(self, node, place, owner):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield from self.one(node, place, owner, node, ast.BoolOp(other, node.values))
        for index in range(len(node.values)):
            rest = node.values[:index] + node.values[index + 1 :]
            short = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield from self.one(node, place, owner, node, short)

    def pair(self, node, key, index, owner):
        if key is None or key.lineno not in self.lines:
            return

        def make():
            del node.keys[index], node.values[index]

        yield Mutation(key.lineno, owner, _shown(node), "without " + _shown(key), make)

    def keyword(self, node, keyword, index, owner):
        if keyword.value.lineno not in self.lines:
            return

        def make():
            del node.keywords[index]

        line = keyword.value.lineno
        yield Mutation(line, owner, _shown(node), "without " + _shown(keyword), make)


def _is_text(node):
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    )
