"""Refactorings of whole source trees, made by program from any wheel.

Each one is planned on the tree as it was published, and the plan is then carried out on that tree
(this is the new release) and on the tree with the series on it (this is the ideal result of a
rebase). A plan names functions and expressions, never lines, so that it means the same on both.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import io
import re
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .code_units import Files, Function, Unit, first_line, functions

Plan = dict[Unit, object]
"""What is to be done to each unit; the meaning of the value is the refactoring's."""


@dataclass(frozen=True)
class Subject:
    """What a refactoring is planned on."""

    old: Files
    """The files that the series touches, as published."""

    patched: Files
    """The same files with the whole series on."""

    touched: frozenset[Unit]
    """Functions that the series changes and that the published tree has."""

    near: Mapping[Unit, frozenset[str]]
    """Names in the lines around the series' changes, by function."""

    steps: tuple[Files, ...] = ()
    """The files as they are after each patch of the series."""


@dataclass(frozen=True)
class Refactoring:
    """A kind of change that a release makes to the code that the series touches."""

    name: str
    what: str
    """In words, for the table."""

    plan: Callable[[Subject], Plan]
    carry_out: Callable[[Files, Plan], Files]
    has_ideal: bool = True
    """Whether the plan on the patched tree gives what a rebase should give."""

    moves: Callable[[Unit, Plan], Unit] = field(default=lambda unit, plan: unit)
    """Where a unit is afterwards."""

    is_move_in_file: bool = False
    """Whether code only goes to another place of its file, which syntax-aware merges follow."""

    has_new_names: bool = False
    """Whether names in functions change; what the series binds itself may keep its own name."""

    must_tell: bool = False
    """Whether the result needs a person even where the merge is clean."""

    def common(self, units: dict[str, str]) -> dict[str, str]:
        """Give syntax trees without the difference of names, which pyflakes judges."""
        if not self.has_new_names:
            return units
        return {name: re.sub(r"'(\w+)_value'", r"'\1'", text) for name, text in units.items()}


# --- editing by position --------------------------------------------------------------------------


class Source:
    """One file with edits that are made at once."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.lines = content.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.tree = ast.parse(content)
        self.edits: list[tuple[int, int, bytes]] = []
        self._string_lines: set[int] | None = None

    def functions(self) -> dict[str, Function]:
        """Give the functions whose name the file has once."""
        found: dict[str, Function] = {}
        twice = set()
        for one in functions(self.tree):
            if one.name in found:
                twice.add(one.name)
            found[one.name] = one
        return {name: one for name, one in found.items() if name not in twice}

    def at(self, line: int, column: int) -> int:
        """Give the offset of a position as ast has it: 1-based line, column in bytes."""
        return self.starts[line - 1] + column

    def replace(self, start: int, end: int, text: str | bytes) -> None:
        self.edits.append((start, end, text.encode() if isinstance(text, str) else text))

    def insert_before_line(self, index: int, text: str) -> None:
        """Insert whole lines before a 0-based line."""
        self.replace(self.starts[index], self.starts[index], text)

    def segment(self, node: ast.AST) -> str:
        start, end = self.range(node)
        return self.content[start:end].decode()

    def range(self, node: ast.AST) -> tuple[int, int]:
        return (
            self.at(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self.at(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def done(self) -> bytes:
        """Give the content with every edit made; insertions at one place keep their order."""
        pieces, at = [], 0
        for start, end, text in sorted(self.edits, key=lambda one: (one[0], one[0] != one[1])):
            if start < at:
                raise AssertionError(f"edits overlap at {self.content[start:end][:80]!r}")
            pieces += [self.content[at:start], text]
            at = end
        return b"".join([*pieces, self.content[at:]])

    def import_line(self) -> int:
        """Give the 0-based line of the first import of the module itself."""
        for node in self.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                    continue
                return node.lineno - 1
        return 0 if not self.tree.body else self.tree.body[0].lineno - 1

    def add_import(self, text: str) -> None:
        line = f"{text}\n".encode()
        if line not in self.content and not any(made == line for _, _, made in self.edits):
            self.insert_before_line(self.import_line(), text + "\n")

    def body_start(self, function: Function) -> int:
        """Give the 0-based line at which what a function does begins, after its docstring."""
        body = function.node.body
        is_documented = (
            isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        )
        if is_documented and len(body) > 1:
            return int(body[0].end_lineno or 0)
        return first_line(body[0])

    def string_lines(self) -> set[int]:
        """Give the 0-based lines that begin inside a string."""
        if self._string_lines is not None:
            return self._string_lines
        found = self._string_lines = set()
        for token in tokenize.tokenize(io.BytesIO(self.content).readline):
            if token.type == tokenize.STRING and token.end[0] > token.start[0]:
                found.update(range(token.start[0], token.end[0]))
        return found


def by_function(edit: Callable[[Source, Function, object], None]) -> Callable[[Files, Plan], Files]:
    """Make of an edit of one function an edit of every function in the plan."""

    def carry_out(files: Files, plan: Plan) -> Files:
        made = dict(files)
        for path in {unit[0] for unit in plan} & files.keys():
            source = Source(files[path])
            known = source.functions()
            for (where, name), what in plan.items():
                if where == path and name in known:
                    edit(source, known[name], what)
            made[path] = source.done()
        return made

    return carry_out


def by_file(edit: Callable[[Source, object], None]) -> Callable[[Files, Plan], Files]:
    """Make of an edit of one file an edit of every file in the plan."""

    def carry_out(files: Files, plan: Plan) -> Files:
        made = dict(files)
        for (path, _), what in plan.items():
            if path in files:
                source = Source(files[path])
                edit(source, what)
                made[path] = source.done()
        return made

    return carry_out


def touched_functions(subject: Subject) -> Iterator[tuple[Unit, Source, Function]]:
    """Give every function that the series changes, where its name is unique in the file."""
    for path in sorted({unit[0] for unit in subject.touched}):
        if not path.endswith(".py") or path not in subject.old:
            continue
        source = Source(subject.old[path])
        for name, function in source.functions().items():
            if (path, name) in subject.touched:
                yield (path, name), source, function


def every_touched(subject: Subject) -> Plan:
    """Plan the same for every function that the series changes and that has several lines."""
    return {
        unit: True
        for unit, _, function in touched_functions(subject)
        if function.node.body[0].lineno > function.node.lineno
    }


def every_file(subject: Subject) -> Plan:
    """Plan the same for every Python file."""
    return {(path, ""): True for path in subject.old if path.endswith(".py")}


def indent_of(source: Source, line: int) -> str:
    text = source.lines[line].decode()
    return text[: len(text) - len(text.lstrip())]


# --- layout ---------------------------------------------------------------------------------------


def _reformat(files: Files, plan: Plan) -> Files:
    """Lay every file out as black does; ruff's formatter is made to agree with it."""
    made = dict(files)
    with tempfile.TemporaryDirectory() as name:
        paths = sorted(path for path, _ in plan if path in files)
        for number, path in enumerate(paths):
            (Path(name) / f"f{number}.py").write_bytes(files[path])
        ruff = Path(sys.executable).with_name("ruff")
        words = ["format", "--isolated", "--no-cache", "--quiet", "--line-length", "88", name]
        subprocess.run([ruff, *words], check=True)
        for number, path in enumerate(paths):
            made[path] = (Path(name) / f"f{number}.py").read_bytes()
    return made


def _double_quotes(source: Source, _: object) -> None:
    """Write every string in double quotes that can be."""
    text_lines = source.content.decode().splitlines(keepends=True)
    for token in tokenize.tokenize(io.BytesIO(source.content).readline):
        found = re.fullmatch(r"([bBuUrRfF]*)'([^'\"]*)'", token.string, re.S)
        is_triple = "'''" in token.string
        if token.type == tokenize.STRING and found and not is_triple:
            line, column = token.start
            start = source.at(line, len(text_lines[line - 1][:column].encode()))
            end = start + len(token.string.encode())
            source.replace(start, end, f'{found[1]}"{found[2]}"')


def _wrap(header: str, footer: str, needs: str | None) -> Callable[[Files, Plan], Files]:
    """Put the whole body of a function into a block."""

    def edit(source: Source, function: Function, what: object) -> None:
        start, end = source.body_start(function), function.node.end_lineno or 0
        indent = indent_of(source, first_line(function.node.body[-1]))
        inside = source.string_lines()
        if needs:
            source.add_import(needs)
        source.insert_before_line(start, f"{indent}{header}\n")
        for index in range(start, end):
            if index not in inside and source.lines[index].strip():
                source.insert_before_line(index, "    ")
        if footer:
            lines = "".join(f"{indent}{line}\n" for line in footer.split("\n"))
            source.insert_before_line(end, lines)

    return by_function(edit)


def _plan_dedent(subject: Subject) -> Plan:
    found: Plan = {}
    for unit, _, function in touched_functions(subject):
        last = function.node.body[-1]
        if isinstance(last, ast.If) and not last.orelse and last.body[0].lineno > last.lineno:
            found[unit] = ast.dump(last.test)
    return found


def _dedent(source: Source, function: Function, what: object) -> None:
    """Turn a last `if` into an early return, and its body outwards."""
    last = function.node.body[-1]
    if not isinstance(last, ast.If) or last.orelse or ast.dump(last.test) != what:
        return
    indent = indent_of(source, last.lineno - 1)
    start = source.starts[last.lineno - 1]
    header_end = source.starts[last.body[0].lineno - 1]
    between = source.content[source.range(last.test)[1] : header_end]
    header_end = source.range(last.test)[1] + between.index(b"\n") + 1
    source.replace(
        start, header_end, f"{indent}if not ({source.segment(last.test)}):\n{indent}    return\n"
    )
    inside = source.string_lines()
    first = source.content[:header_end].count(b"\n")
    for index in range(first, function.node.end_lineno or 0):
        if index not in inside and source.lines[index].startswith(b"    "):
            source.replace(source.starts[index], source.starts[index] + 4, b"")


def _comment(source: Source, function: Function, what: object) -> None:
    """Put a comment above every statement of a function."""
    start = source.body_start(function)
    for number, node in enumerate(function.node.body):
        line = first_line(node)
        if line >= start:
            source.insert_before_line(line, f"{indent_of(source, line)}# step {number}\n")


# --- signatures and names -------------------------------------------------------------------------


def _plan_annotations(subject: Subject) -> Plan:
    found: Plan = {}
    for path, content in subject.old.items():
        if path.endswith(".py"):
            for name, function in Source(content).functions().items():
                found[(path, name)] = tuple(one.arg for one in _arguments(function.node))
    return found


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    found = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return found + [one for one in (node.args.vararg, node.args.kwarg) if one]


def _annotate(source: Source, function: Function, what: object) -> None:
    """Annotate every argument and what is returned."""
    assert isinstance(what, tuple)
    source.add_import("import typing as ty")
    for one in _arguments(function.node):
        if one.arg in what and one.annotation is None and one.arg not in ("self", "cls"):
            end = source.range(one)[1]
            source.replace(end, end, ": ty.Any")
    if function.node.returns is None:
        colon = _header_colon(source, function.node)
        source.replace(colon, colon, " -> ty.Any")


def _header_colon(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Give the offset of the colon that ends a signature."""
    depth = 0
    lines = iter(source.lines[node.lineno - 1 :])
    for token in tokenize.tokenize(lambda: next(lines, b"")):
        depth += token.string in ("(", "[", "{") and token.type == tokenize.OP
        depth -= token.string in (")", "]", "}") and token.type == tokenize.OP
        if token.string == ":" and not depth:
            line, column = token.start
            return source.at(node.lineno + line - 1, column)
    raise AssertionError(node.name)


def _plan_argument(subject: Subject) -> Plan:
    return {
        unit: True
        for unit, _, function in touched_functions(subject)
        if not function.node.args.vararg and not function.node.args.kwonlyargs
        if function.node.args.args
    }


def _add_argument(source: Source, function: Function, what: object) -> None:
    """Give a signature one more argument, with a default."""
    args = function.node.args
    last = max((*args.args, *args.defaults), key=lambda one: (one.end_lineno, one.end_col_offset))
    end = source.range(last)[1]
    source.replace(end, end, ", request_id=None")


def _plan_rename(subject: Subject, *, of_arguments: bool) -> Plan:
    """Choose one name of each function: one that the series' own lines have around them, if any."""
    found: Plan = {}
    keywords = {
        match[1]
        for content in subject.old.values()
        for match in re.finditer(r"\b(\w+)=[^=]", content.decode())
    }
    for unit, _, function in touched_functions(subject):
        names = _renameable(function.node, of_arguments=of_arguments)
        if of_arguments:
            names = [name for name in names if name not in keywords]
        close = [name for name in names if name in subject.near.get(unit, ())]
        for name in [*close, *names][:1]:
            found[unit] = name
    return found


def _renameable(node: ast.FunctionDef | ast.AsyncFunctionDef, *, of_arguments: bool) -> list[str]:
    own = [one.arg for one in _arguments(node) if one.arg not in ("self", "cls")]
    stored: dict[str, None] = {}
    bad: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            stored[one.id] = None
        elif isinstance(one, ast.ExceptHandler) and one.name:
            bad.add(one.name)
        elif isinstance(one, ast.Global | ast.Nonlocal):
            bad.update(one.names)
        elif isinstance(one, ast.Import | ast.ImportFrom):
            bad.update((a.asname or a.name).partition(".")[0] for a in one.names)
        elif isinstance(one, ast.JoinedStr):  # ast has no right positions inside it
            bad.update(n.id for n in ast.walk(one) if isinstance(n, ast.Name))
        elif isinstance(one, ast.FunctionDef | ast.Lambda | ast.ClassDef) and one is not node:
            bad.add(getattr(one, "name", ""))
            if not isinstance(one, ast.ClassDef):
                args = one.args
                bad.update(a.arg for a in (*args.args, *args.kwonlyargs))
    names = own if of_arguments else [name for name in stored if name not in own]
    return [name for name in names if name not in bad and not name.startswith("_")]


def _rename(source: Source, function: Function, what: object) -> None:
    """Give one name in a function another spelling."""
    for one in ast.walk(function.node):
        if isinstance(one, ast.Name) and one.id == what:
            source.replace(*source.range(one), f"{what}_value")
    for arg in _arguments(function.node):
        if arg.arg == what:
            start = source.range(arg)[0]
            source.replace(start, start + len(arg.arg), f"{what}_value")


def _decorate(source: Source, function: Function, what: object) -> None:
    """Add a decorator."""
    marker = "def _traced(function):\n    return function\n\n\n"
    if not any(text == marker.encode() for _, _, text in source.edits):
        place = next(
            first_line(node) for node in source.tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        )  # fmt: skip
        source.insert_before_line(place, marker)
    line = first_line(function.node)
    source.insert_before_line(line, f"{indent_of(source, line)}@_traced\n")


def _document(source: Source, function: Function, what: object) -> None:
    """Say more in a docstring, or add one."""
    body = function.node.body[0]
    is_documented = isinstance(body, ast.Expr) and isinstance(
        getattr(body.value, "value", None), str
    )
    indent = indent_of(source, first_line(function.node)) + "    "
    if is_documented:
        end = source.range(body)[1]
        text = source.segment(body)
        size = 3 if text.endswith(('"""', "'''")) else 1
        if size == 3:
            note = f"\n\n{indent}More of it is in the guide for administrators.\n{indent}"
            source.replace(end - 3, end - 3, note)
    else:
        source.insert_before_line(first_line(body), f'{indent}"""Do what the name says."""\n')


# --- expressions and statements -------------------------------------------------------------------


def _plan_f_strings(subject: Subject) -> Plan:
    found: Plan = {}
    for path, content in subject.old.items():
        if path.endswith(".py"):
            known = {ast.dump(node) for node, _ in _formatted(Source(content))}
            if known:
                found[(path, "")] = frozenset(known)
    return found


def _formatted(source: Source) -> Iterator[tuple[ast.BinOp, str]]:
    """Give each `'...' % values` that can be an f-string, and that string."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mod):
            continue
        left = node.left
        if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "_":
            left = left.args[0]
        if not isinstance(left, ast.Constant) or not isinstance(left.value, str):
            continue
        text = left.value
        if "'" in text or '"' in text or "\n" in text or "\\" in text or "{" in text:
            continue
        made = _as_f_string(source, text, node.right)
        if made is not None:
            yield node, made


def _as_f_string(source: Source, text: str, right: ast.expr) -> str | None:
    if isinstance(right, ast.Dict):
        values = {
            key.value: value
            for key, value in zip(right.keys, right.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        names = re.findall(r"%\((\w+)\)s", text)
        if re.sub(r"%\(\w+\)s", "", text).count("%") or set(names) != set(values):
            return None
        pieces = {name: source.segment(value) for name, value in values.items()}
        if any(set("'\"{}\n\\") & set(piece) for piece in pieces.values()):
            return None
        return "f'" + re.sub(r"%\((\w+)\)s", lambda m: f"{{{pieces[m[1]]}}}", text) + "'"
    items = right.elts if isinstance(right, ast.Tuple) else [right]
    if not all(isinstance(one, ast.Name | ast.Attribute) for one in items):
        return None
    if text.count("%") != text.count("%s") or text.count("%s") != len(items):
        return None
    segments = iter(source.segment(one) for one in items)
    return "f'" + re.sub("%s", lambda match: f"{{{next(segments)}}}", text) + "'"


def _f_strings(source: Source, known: object) -> None:
    assert isinstance(known, frozenset)
    for node, text in _formatted(source):
        if ast.dump(node) in known:
            source.replace(*source.range(node), text)


def _reverse_dicts(source: Source, _: object) -> None:
    """Turn the order of dictionaries around that have each key on a line of its own."""
    taken = -1
    nodes = (node for node in ast.walk(source.tree) if isinstance(node, ast.Dict))
    for node in sorted(nodes, key=lambda one: one.lineno):
        blocks = _item_blocks(source, node)
        if blocks and blocks[0][0] > taken:
            for (start, end), (other, last) in zip(blocks, reversed(blocks), strict=True):
                text = source.content[source.starts[other] : source.starts[last]]
                source.replace(source.starts[start], source.starts[end], text)
            taken = blocks[-1][1]


def _item_blocks(source: Source, node: ast.Dict) -> list[tuple[int, int]]:
    """Give the lines of each item, if all of them have whole lines with a comma at the end."""
    if len(node.keys) < 2 or any(key is None for key in node.keys):
        return []
    starts = [key.lineno - 1 for key in node.keys if key is not None]
    ends = [*starts[1:], int(node.values[-1].end_lineno or 0)]
    if len(set(starts)) < len(starts) or starts[0] < node.lineno:
        return []
    for key, start, end in zip(node.keys, starts, ends, strict=True):
        assert key is not None
        lead = source.lines[start][: key.col_offset]
        if lead.strip() or not source.lines[end - 1].rstrip().endswith(b","):
            return []
        if any(line.strip().startswith(b"#") for line in source.lines[start:end]):
            return []
    return list(zip(starts, ends, strict=True))


def _plan_statements(subject: Subject) -> Plan:
    """Plan a statement before each one of a function that the series leaves as it is."""
    found: Plan = {}
    after: dict[str, dict[str, Function]] = {}
    for unit, _, function in touched_functions(subject):
        path, name = unit
        if path not in after:
            after[path] = Source(subject.patched[path]).functions()
        if name not in after[path]:
            continue
        dumps = [ast.dump(node) for node in function.node.body]
        there = [ast.dump(node) for node in after[path][name].node.body]
        kept = frozenset(one for one in dumps if dumps.count(one) == there.count(one) == 1)
        if kept:
            found[unit] = kept
    return found


def _add_statements(source: Source, function: Function, what: object) -> None:
    """Log before every statement."""
    assert isinstance(what, frozenset)
    start = source.body_start(function)
    for node in function.node.body:
        line = first_line(node)
        if line >= start and ast.dump(node) in what:
            name = function.name.rpartition(".")[2]
            source.insert_before_line(line, f"{indent_of(source, line)}print('{name}')\n")


def _plan_handled(subject: Subject) -> Plan:
    """Choose conditions of the series' that the release is to handle first."""
    found: Plan = {}
    sources: dict[str, Source] = {}
    for unit, source, function in touched_functions(subject):
        path, name = unit
        if path not in sources:
            sources[path] = Source(subject.patched[path])
        there = sources[path]
        new = there.functions().get(name)
        if new is None or function.node.body[0].lineno == function.node.lineno:
            continue
        before = {ast.dump(one.test) for one in ast.walk(function.node) if isinstance(one, ast.If)}
        known = {one.arg for one in _arguments(function.node)} | _module_names(source)
        for one in ast.walk(new.node):
            if not isinstance(one, ast.If) or ast.dump(one.test) in before:
                continue
            names = {n.id for n in ast.walk(one.test) if isinstance(n, ast.Name)}
            attributes = {
                n.attr for n in ast.walk(one.test)
                if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)
                and n.value.id == "self"
            }  # fmt: skip
            is_known = all(f".{a}".encode() in source.content for a in attributes)
            if names <= known and is_known and "\n" not in there.segment(one.test):
                found[unit] = there.segment(one.test)
                break
    return found


def _module_names(source: Source) -> set[str]:
    found = set(dir(builtins))
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update((one.asname or one.name).partition(".")[0] for one in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(one.id for one in node.targets if isinstance(one, ast.Name))
    return found


def _handle_first(source: Source, function: Function, what: object) -> None:
    """Return at the beginning where a condition holds."""
    line = source.body_start(function)
    indent = indent_of(source, first_line(function.node.body[-1]))
    source.insert_before_line(line, f"{indent}if {what}:\n{indent}    return None\n")


# --- where things are -----------------------------------------------------------------------------


def _reorder_imports(source: Source, _: object) -> None:
    """Turn around each run of imports that have a line each."""
    runs: list[list[int]] = [[]]
    for node in source.tree.body:
        is_plain = isinstance(node, ast.Import | ast.ImportFrom)
        is_plain = is_plain and node.lineno == node.end_lineno
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            is_plain = False
        if not is_plain or (runs[-1] and runs[-1][-1] != node.lineno - 2):
            runs.append([])
        if is_plain:
            runs[-1].append(node.lineno - 1)
    for run in runs:
        texts = [source.lines[index] for index in run]
        for index, text in zip(run, reversed(texts), strict=True):
            source.replace(source.starts[index], source.starts[index + 1], text)


def _plan_neighbours(subject: Subject) -> Plan:
    """Find where the series inserts into a module or class, outside functions."""
    found: Plan = {}
    for path, old in subject.old.items():
        new = subject.patched.get(path)
        if not path.endswith(".py") or new is None or old == new:
            continue
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
        source = Source(old)
        inner = [(first_line(f.node) + 1, f.node.end_lineno or 0) for f in functions(source.tree)]
        inner += [
            (node.lineno, node.end_lineno or 0)
            for node in ast.walk(source.tree)
            if isinstance(node, ast.stmt) and not isinstance(node, ast.ClassDef)
            and node.end_lineno != node.lineno
        ]  # fmt: skip
        places = []
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
        for word, start, stop, from_, to in matcher.get_opcodes():
            if word == "insert" and not any(a < start + 1 <= b for a, b in inner):
                places.append((start, stop, tuple(after[from_:to])))
        if places:
            found[(path, "")] = tuple(places)
    return found


def _add_neighbours(source: Source, places: object) -> None:
    """Insert something of the same kind where the series inserts."""
    assert isinstance(places, tuple)
    for number, (start, _, lines) in enumerate(places):
        source.insert_before_line(start, _like(b"".join(lines).decode(), number))


def _like(ours: str, number: int) -> str:
    """Write an import, a method, a function or a constant, as the series does there."""
    found = re.search(r"^( *)(import |from |def |@|class |\w+ = )?", ours.lstrip("\n"))
    assert found
    indent, word = found[1], found[2]
    if word in ("import ", "from "):
        return f"{indent}import zlib as _zlib{number}\n"
    if word in ("def ", "@", "class "):
        gap = "\n" if indent else "\n\n"
        argument = "self" if indent else ""
        text = f"{indent}def release_note_{number}({argument}):\n{indent}    return {number}\n"
        return gap + text if ours.startswith("\n") else text + gap
    text = f"{indent}_RELEASE_LIMIT_{number} = {number}\n"
    return "\n" + text if ours.startswith("\n") else text


def _rename_path(path: str) -> str:
    stem, _, suffix = path.rpartition(".")
    return f"{stem}_impl.{suffix}"


def _plan_files(subject: Subject) -> Plan:
    return {
        (path, ""): True
        for path in subject.old
        if path.endswith(".py") and not path.endswith("__init__.py")
    }


def _rename_files(files: Files, plan: Plan) -> Files:
    """Give every file another name, and leave a shim under the old one."""
    made = dict(files)
    for path, _ in plan:
        if path in files:
            new = _rename_path(path)
            module = new.removesuffix(".py").replace("/", ".")
            made[new] = files[path]
            made[path] = f"from {module} import *  # noqa\n".encode()
    return made


def _plan_moves(subject: Subject) -> Plan:
    """Choose every second of a class's functions that the series changes, by class."""
    found: Plan = {}
    for path in sorted({unit[0] for unit in subject.touched}):
        if not path.endswith(".py") or path not in subject.old:
            continue
        by_class: dict[str, list[str]] = {}
        for name, function in Source(subject.old[path]).functions().items():
            is_method = isinstance(function.owner, ast.ClassDef) and name.count(".") == 1
            if is_method and (path, name) in subject.touched:
                uses_super = any(
                    isinstance(n, ast.Name) and n.id == "super" for n in ast.walk(function.node)
                )
                if not uses_super:
                    by_class.setdefault(name.partition(".")[0], []).append(name)
        for name, methods in by_class.items():
            found[(path, name)] = tuple(methods[::2])
    return found


def _move_methods(*, elsewhere: bool, edit: bool = False) -> Callable[[Files, Plan], Files]:
    """Move methods to a new base class, in the same module or in a new one."""

    def carry_out(files: Files, plan: Plan) -> Files:
        made = dict(files)
        for path in {unit[0] for unit in plan} & files.keys():
            source = Source(files[path])
            known = source.functions()
            classes = {n.name: n for n in source.tree.body if isinstance(n, ast.ClassDef)}
            moved = ""
            names = []
            for (where, name), methods in plan.items():
                if where != path or name not in classes:
                    continue
                assert isinstance(methods, tuple)
                texts = [_cut(source, known[one], edit) for one in methods if one in known]
                text = f"class {name}Support:\n" + "\n".join(texts) + "\n\n"
                node = classes[name]
                names.append(f"{name}Support")
                if not elsewhere:
                    source.insert_before_line(first_line(node), text)
                moved += text
                _add_base(source, node, f"{name}Support")
                if sum(isinstance(n, ast.FunctionDef) for n in node.body) == len(texts):
                    source.insert_before_line(node.end_lineno or 0, "    pass\n")
            if elsewhere and names:
                module = path.removesuffix(".py") + "_support"
                head = _module_head(source)
                made[f"{module}.py"] = f"{head}\n\n{moved.rstrip()}\n".encode()
                line = f"from {module.replace('/', '.')} import {', '.join(names)}\n"
                source.insert_before_line(source.import_line(), line)
            made[path] = source.done()
        return made

    return carry_out


def _cut(source: Source, function: Function, edit: bool) -> str:
    """Take a method out with the comments above it, and give its text."""
    start, end = first_line(function.node), function.node.end_lineno or 0
    while source.lines[start - 1].strip().startswith(b"#"):
        start -= 1
    text = source.content[source.starts[start] : source.starts[end]].decode()
    if end < len(source.lines) and not source.lines[end].strip():
        end += 1
    source.replace(source.starts[start], source.starts[end], b"")
    if edit:
        text = _edit_text(text)
    return text


def _edit_text(text: str) -> str:
    """Annotate what a method returns, and let it log first and last."""
    inner = Source(b"class C:\n" + text.encode())
    function = next(iter(inner.functions().values()))
    _annotate_return(inner, function)
    line = inner.body_start(function)
    indent = indent_of(inner, first_line(function.node.body[-1]))
    inner.insert_before_line(line, f"{indent}print('begin')\n")
    return inner.done().decode().removeprefix("class C:\n")


def _annotate_return(source: Source, function: Function) -> None:
    if function.node.returns is None:
        colon = _header_colon(source, function.node)
        source.replace(colon, colon, " -> object")


def _add_base(source: Source, node: ast.ClassDef, name: str) -> None:
    inherited = [*node.bases, *node.keywords]
    if inherited:
        start = source.range(inherited[0])[0]
        source.replace(start, start, f"{name}, ")
        return
    line = source.lines[node.lineno - 1].decode()
    colon = line.rindex(":")
    head = line[:colon].removesuffix("()")
    start = source.starts[node.lineno - 1]
    source.replace(start, start + colon, f"{head}({name})")


def _module_head(source: Source) -> str:
    """Give the imports and plain assignments of a module."""
    kinds = (ast.Import, ast.ImportFrom, ast.Assign)
    return "\n".join(source.segment(n) for n in source.tree.body if isinstance(n, kinds))


def _moved_unit(elsewhere: bool) -> Callable[[Unit, Plan], Unit]:
    def moves(unit: Unit, plan: Plan) -> Unit:
        path, name = unit
        owner, _, method = name.partition(".")
        methods = plan.get((path, owner), ())
        if isinstance(methods, tuple) and name in methods:
            there = path.removesuffix(".py") + "_support.py" if elsewhere else path
            return there, f"{owner}Support.{method}"
        return unit

    return moves


def _plan_swap(subject: Subject) -> Plan:
    """Choose for each function the next one with which it changes places, each once."""
    found: Plan = {}
    taken: set[Unit] = set()
    for unit, source, function in touched_functions(subject):
        body = function.owner.body
        at = body.index(function.node) if function.node in body else len(body)
        after = body[at + 1] if at + 1 < len(body) else None
        if not isinstance(after, ast.FunctionDef):
            continue
        other = (unit[0], unit[1].rpartition(".")[0] + "." * ("." in unit[1]) + after.name)
        if unit in taken or other in taken or other[1] not in source.functions():
            continue
        taken |= {unit, other}
        found[unit] = other[1]
    return found


def _swap(source: Source, function: Function, what: object) -> None:
    other = source.functions().get(str(what))
    if other is None:
        return
    ranges = []
    for one in (function.node, other.node):
        start, end = first_line(one), one.end_lineno or 0
        ranges.append((source.starts[start], source.starts[end]))
    (a, b), (c, d) = ranges
    source.replace(a, b, source.content[c:d])
    source.replace(c, d, source.content[a:b])


def _plan_legacy(subject: Subject) -> Plan:
    """Keep the text of each function, and choose a name in it that changes."""
    found: Plan = {}
    renamed = _plan_rename(subject, of_arguments=False)
    for unit, source, function in touched_functions(subject):
        if function.node.decorator_list or function.node.body[0].lineno == function.node.lineno:
            continue
        start, end = function.node.lineno - 1, function.node.end_lineno or 0
        text = source.content[source.starts[start] : source.starts[end]].decode()
        name = function.node.name
        text = re.sub(rf"\bdef {name}\b", f"def {name}_legacy", text, count=1)
        found[unit] = (text, renamed.get(unit))
    return found


def _keep_legacy(source: Source, function: Function, what: object) -> None:
    """Put the old body beside a function under another name, and edit the function itself."""
    assert isinstance(what, tuple)
    text, name = what
    line = function.node.lineno - 1
    gap = "\n" if "." in function.name else "\n\n"
    source.insert_before_line(line, text + gap)
    if name:
        _rename(source, function, name)
    start = source.body_start(function)
    end = function.node.end_lineno or 0
    indent = indent_of(source, first_line(function.node.body[-1]))
    inside = source.string_lines()
    source.add_import("import contextlib")
    source.insert_before_line(start, f"{indent}with contextlib.ExitStack():\n")
    for index in range(start, end):
        if index not in inside and source.lines[index].strip():
            source.insert_before_line(index, "    ")


def _plan_wrapper(subject: Subject) -> Plan:
    return {
        unit: True
        for unit, _, function in touched_functions(subject)
        if not function.node.decorator_list and not function.node.name.startswith("__")
        if not function.node.args.posonlyargs
        if function.node.body[0].lineno > function.node.lineno
    }


def _make_wrapper(source: Source, function: Function, what: object) -> None:
    """Leave a thin function under the name, and move the body into another one below."""
    node = function.node
    args = node.args
    words = [one.arg for one in args.args if one.arg != "self"]
    words += [f"{one.arg}={one.arg}" for one in args.kwonlyargs]
    words += [f"*{args.vararg.arg}"] if args.vararg else []
    words += [f"**{args.kwarg.arg}"] if args.kwarg else []
    indent = indent_of(source, node.lineno - 1)
    is_method = bool(args.args) and args.args[0].arg == "self"
    target = ("self." if is_method else "") + f"_{node.name}_inner"
    colon = _header_colon(source, node)
    start = source.starts[node.lineno - 1]
    header = source.content[start : colon + 1].decode()
    is_generator = any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node))
    word = "yield from" if is_generator else "return"
    gap = "\n" if indent else "\n\n"
    body = f"\n{indent}    {word} {target}({', '.join(words)})\n{gap}"
    inner = re.sub(rf"\bdef {node.name}\b", f"def _{node.name}_inner", header, count=1)
    source.replace(start, colon + 1, header + body + inner)


def _wrapped_unit(unit: Unit, plan: Plan) -> Unit:
    if unit not in plan:
        return unit
    owner, dot, name = unit[1].rpartition(".")
    return unit[0], f"{owner}{dot}_{name}_inner"


def _plan_upstreamed(*, as_text: bool) -> Callable[[Subject], Plan]:
    """Choose every third step of the series, and give the tree that has only these."""

    def plan(subject: Subject) -> Plan:
        taken = dict(subject.old)
        steps = (subject.old, *subject.steps)
        chosen = []
        for number in range(1, len(steps), 3):
            before, after = steps[number - 1], steps[number]
            made = _carry_over(before, after, taken)
            if made is not None:
                taken = made
                chosen.append(number - 1)
        return {
            ("", ""): (tuple(chosen), _reword_tree(subject.old, taken, as_text=as_text)),
        }

    return plan


def _carry_over(before: Files, after: Files, onto: Files) -> Files | None:
    """Make on other files the same change of lines, where its place is plain."""
    made = dict(onto)
    for path in {*before, *after}:
        if before.get(path) == after.get(path):
            continue
        if path not in before or path not in after or path not in onto:
            return None
        text = _patch_text(before[path], after[path], onto[path])
        if text is None:
            return None
        made[path] = text
    return made


def _patch_text(before: bytes, after: bytes, onto: bytes) -> bytes | None:
    with tempfile.TemporaryDirectory() as name:
        places = [Path(name) / one for one in ("onto", "before", "after")]
        for place, content in zip(places, (onto, before, after), strict=True):
            place.write_bytes(content)
        done = subprocess.run(
            ["git", "merge-file", "-p", *map(str, places)], capture_output=True, check=False
        )
    return done.stdout if done.returncode == 0 else None


def _reword_tree(old: Files, new: Files, *, as_text: bool) -> Files:
    """Write what is new in files with other words: quotes and comments, or also the messages."""
    made = dict(new)
    for path, content in new.items():
        if content == old.get(path) or not path.endswith(".py"):
            continue
        before = set(old.get(path, b"").splitlines())
        source = Source(content)
        text_lines = content.decode().splitlines(keepends=True)
        for token in tokenize.tokenize(io.BytesIO(content).readline):
            if token.start[0] != token.end[0] or not token.start[0]:
                continue
            line, column = token.start
            if line > len(text_lines):
                break  # the end of the file
            if source.lines[line - 1].rstrip(b"\n") in before:
                continue
            start = source.at(line, len(text_lines[line - 1][:column].encode()))
            end = start + len(token.string.encode())
            if token.type == tokenize.COMMENT:
                source.replace(start, end, "# as it is done since this release")
            found = re.fullmatch(r"([bBuUrR]*)'([^'\"\\]*)'", token.string)
            if token.type == tokenize.STRING and found:
                is_message = as_text and found[2].count(" ") > 1
                words = "Now: " + found[2] if is_message else found[2]
                source.replace(start, end, f'{found[1]}"{words}"')
        made[path] = source.done()
    return made


def _upstreamed(files: Files, plan: Plan) -> Files:
    return dict(plan[("", "")][1])  # type: ignore[index]


def then(
    first: Callable[[Files, Plan], Files], second: Callable[[Files, Plan], Files]
) -> Callable[[Files, Plan], Files]:
    """Carry two refactorings out, one after the other, each with its part of the plan."""

    def carry_out(files: Files, plan: Plan) -> Files:
        one, two = plan[("", "plans")]  # type: ignore[misc]
        return second(first(files, one), two)

    return carry_out


def both(
    first: Callable[[Subject], Plan], second: Callable[[Subject], Plan]
) -> Callable[[Subject], Plan]:
    """Plan two refactorings."""
    return lambda subject: {("", "plans"): (first(subject), second(subject))}


def plan_locals(subject: Subject) -> Plan:
    """Plan another name for a local of each function."""
    return _plan_rename(subject, of_arguments=False)


def plan_arguments(subject: Subject) -> Plan:
    """Plan another name for an argument of each function."""
    return _plan_rename(subject, of_arguments=True)


REFACTORINGS = (
    Refactoring("black", "every file reformatted as black does", every_file, _reformat),
    Refactoring("annotations", "annotations on every signature", _plan_annotations,
                by_function(_annotate)),
    Refactoring("quotes", "double quotes everywhere", every_file, by_file(_double_quotes)),
    Refactoring("f-strings", "f-strings instead of %", _plan_f_strings, by_file(_f_strings)),
    Refactoring("imports", "imports in another order", every_file, by_file(_reorder_imports)),
    Refactoring("with", "bodies put into a `with`", every_touched,
                _wrap("with contextlib.ExitStack():", "", "import contextlib")),
    Refactoring("try", "bodies put into a `try`", every_touched,
                _wrap("try:", "finally:\n    pass", None)),
    Refactoring("if", "bodies put into an `if`", every_touched, _wrap("if True:", "", None)),
    Refactoring("early-return", "a last `if` turned into an early return", _plan_dedent,
                by_function(_dedent)),
    Refactoring("comments", "a comment above every statement", every_touched,
                by_function(_comment)),
    Refactoring("statements", "a statement before every statement", _plan_statements,
                by_function(_add_statements)),
    Refactoring("docstrings", "docstrings edited or added", every_touched, by_function(_document)),
    Refactoring("decorator", "a decorator added", every_touched, by_function(_decorate)),
    Refactoring("argument", "one more argument", _plan_argument, by_function(_add_argument)),
    Refactoring("local", "a local renamed", plan_locals, by_function(_rename), has_new_names=True),
    Refactoring("parameter", "a parameter renamed", plan_arguments, by_function(_rename),
                has_new_names=True),
    Refactoring("dict-order", "dictionaries in another order", every_file, by_file(_reverse_dicts)),
    Refactoring("neighbours", "constants, imports and methods beside ours", _plan_neighbours,
                by_file(_add_neighbours), has_ideal=False),
    Refactoring("swapped", "each function after its neighbour", _plan_swap, by_function(_swap),
                is_move_in_file=True),
    Refactoring("file", "every file renamed, a shim left", _plan_files, _rename_files,
                moves=lambda unit, plan: (_rename_path(unit[0]), unit[1])
                if (unit[0], "") in plan else unit),
    Refactoring("mixin", "methods moved to another class", _plan_moves,
                _move_methods(elsewhere=False), moves=_moved_unit(False), is_move_in_file=True),
    Refactoring("module", "methods moved to another module", _plan_moves,
                _move_methods(elsewhere=True), moves=_moved_unit(True)),
    Refactoring("moved-edited", "methods moved and edited at once", _plan_moves,
                _move_methods(elsewhere=True, edit=True), moves=_moved_unit(True)),
    Refactoring("wrapper", "a thin function left, its body moved", _plan_wrapper,
                by_function(_make_wrapper), moves=_wrapped_unit, is_move_in_file=True),
    Refactoring("legacy", "the old body kept beside the edited function", _plan_legacy,
                by_function(_keep_legacy), has_new_names=True),
    Refactoring("upstreamed", "a third of the patches contained, other quotes and comments",
                _plan_upstreamed(as_text=False), _upstreamed, has_ideal=False),
    Refactoring("reworded", "a third of the patches contained, other messages too",
                _plan_upstreamed(as_text=True), _upstreamed, has_ideal=False),
    Refactoring("handled", "our condition handled before", _plan_handled,
                by_function(_handle_first), must_tell=True),
    Refactoring("black+annotations", "annotations, then black",
                both(_plan_annotations, every_file), then(by_function(_annotate), _reformat)),
    Refactoring("local+with", "a local renamed and bodies put into a `with`",
                both(plan_locals, every_touched),
                then(by_function(_rename),
                     _wrap("with contextlib.ExitStack():", "", "import contextlib")),
                has_new_names=True),
)  # fmt: skip


def find_refactoring(name: str) -> Refactoring:
    """Give a refactoring by name."""
    return next(one for one in REFACTORINGS if one.name == name)
