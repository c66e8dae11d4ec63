"""Run by path in the Python that is measured: runs a module, and writes which lines it ran.

    python line_recorder.py MEASURED REPORT MODULE [ARGUMENT...]

MEASURED has the path of a source file on each line. REPORT becomes JSON: path to line to the names
of the checks that ran it, an empty name for what no check did. Whoever runs the checks names them
with `enter`.

Only the measured files pay. As one is imported, a call is put before each of its statements, so
nothing has to trace the interpreter, which would then run all of nova several times slower. The
call sets a byte of memory that forks share: the lines of a child count, however it ends.
"""

from __future__ import annotations

import ast
import builtins
import json
import mmap
import os
import runpy
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType

RAN = "__freebsd_port_ran__"
"""The name, in builtins, of what a measured line calls."""

_WITHOUT_CODE = (ast.Global, ast.Nonlocal)


class Recorder:
    """The lines of some files, and who ran them."""

    def __init__(self, paths: list[str]) -> None:
        """Take the paths of the files; one that is not there has no lines."""
        self._pid = os.getpid()
        self._spans: dict[str, tuple[int, int, str]] = {}
        size = 0
        for path in paths:
            try:
                with open(path, "rb") as file:
                    lines = file.read().count(b"\n") + 2
            except OSError:
                continue
            self._spans[os.path.realpath(path)] = (size, lines, path)
            size += lines
        self._bytes = mmap.mmap(-1, max(size, 1))
        self._check = ""
        self._found: dict[int, set[str]] = {}

    def install(self) -> None:
        """Measure every import of these files from here on; their bytecode is not used."""
        setattr(builtins, RAN, self._bytes.__setitem__)
        plain = SourceFileLoader.get_code
        spans = self._spans

        def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
            span = spans.get(os.path.realpath(loader.path))
            if span is None:
                return plain(loader, name)
            tree = instrument(ast.parse(loader.get_data(loader.path), loader.path), span[0])
            code: CodeType = compile(tree, loader.path, "exec", dont_inherit=True)
            return code

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]

    def enter(self, check: str) -> None:
        """Let what runs from here on be this check's; in a fork nothing changes."""
        if os.getpid() == self._pid:
            self._collect()
            self._check = check

    def save(self, report: str) -> None:
        """Write what was found; in a fork nothing is written."""
        if os.getpid() != self._pid:
            return
        self._collect()
        found = {}
        for start, count, path in self._spans.values():
            ran = [line for line in range(count) if start + line in self._found]
            if ran:
                found[path] = {line: sorted(self._found[start + line]) for line in ran}
        with open(report, "w", encoding="utf-8") as file:
            json.dump(found, file)

    def _collect(self) -> None:
        """Note the lines since the last time, and forget these: a thread may run more."""
        now = self._bytes[:]
        index = now.find(1)
        while index >= 0:
            self._bytes[index] = 0
            self._found.setdefault(index, set()).add(self._check)
            index = now.find(1, index + 1)


def instrument(module: ast.Module, start: int) -> ast.Module:
    """Put the call for `start` plus its line before each statement of a parsed module; give it.

    A docstring stays the first statement, and imports from __future__ stay where they may be. What
    decides whether an `except` takes an error counts as soon as it is looked at, a `case` when it
    is taken.
    """
    for node in list(ast.walk(module)):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, _instrument_block(block, start, node))
        if isinstance(node, ast.ExceptHandler):
            _instrument_handler(node, start)
        pattern = getattr(node, "pattern", None)  # of a case, since Python 3.10
        body = getattr(node, "body", None)
        if isinstance(body, list) and pattern is not None:
            body.insert(0, _statement(pattern.lineno + start, body[0]))
    return ast.fix_missing_locations(module)


def _instrument_block(block: list[ast.stmt], start: int, owner: ast.AST) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for statement in block:
        lines = [one.lineno for one in getattr(statement, "decorator_list", ())]
        if not _is_idle(statement):
            lines.append(statement.lineno)
        first = lines and not _must_come_first(statement, owner)
        found += [_statement(line + start, statement) for line in lines if first]
        found.append(statement)
    return found


def _is_idle(statement: ast.stmt) -> bool:
    """Tell whether nothing is executed for it."""
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None
    if isinstance(statement, ast.Expr):
        value = statement.value
        return isinstance(value, ast.Constant) and isinstance(value.value, str)
    return isinstance(statement, _WITHOUT_CODE)


def _must_come_first(statement: ast.stmt, owner: ast.AST) -> bool:
    is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
    return is_future and isinstance(owner, ast.Module)


def _call(index: int, place: ast.expr | ast.stmt) -> ast.Call:
    """Give the call that says that a line ran, at the place of a node."""
    call = ast.Call(
        func=ast.Name(id=RAN, ctx=ast.Load()),
        args=[ast.Constant(value=index, kind=None), ast.Constant(value=1, kind=None)],
        keywords=[],
    )
    for node in ast.walk(call):
        if isinstance(node, ast.expr):
            ast.copy_location(node, place)
    return call


def _statement(index: int, place: ast.stmt) -> ast.Expr:
    return ast.copy_location(ast.Expr(value=_call(index, place)), place)


def _instrument_handler(handler: ast.ExceptHandler, start: int) -> None:
    """Let the line count when the error is compared with the class."""
    if handler.type is None:
        handler.body.insert(0, _statement(handler.lineno + start, handler.body[0]))
        return
    said = _call(handler.lineno + start, handler.type)  # None, so that `or` gives the class
    taken = ast.BoolOp(op=ast.Or(), values=[said, handler.type])
    handler.type = ast.copy_location(taken, handler.type)


def main(measured: str, report: str, module: str, *arguments: str) -> None:
    """Run the module as `python -m` does, and write the report however it ends."""
    own = sys.modules["line_recorder"] = sys.modules[__name__]
    with open(measured, encoding="utf-8") as file:
        recorder = Recorder(file.read().splitlines())
    recorder.install()
    own.current = recorder  # type: ignore[attr-defined]
    sys.argv = [module, *arguments]
    sys.path[0] = os.getcwd()
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        recorder.save(report)


if __name__ == "__main__":
    main(*sys.argv[1:])
