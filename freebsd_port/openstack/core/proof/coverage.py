"""Which hunks the checks ran: executed statements compared with the lines of each hunk."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from freebsd_port.engine.core.apply.provenance import HunkLines
from freebsd_port.engine.core.text.file import split_lines

_WITHOUT_CODE = ast.Global | ast.Nonlocal
"""Statements that nothing is executed for."""


@lru_cache(maxsize=64)  # a module is asked about once for each of its hunks
def statement_lines(source: bytes) -> Mapping[int, int]:
    """Map each line of Python source to the first line of the statement that it belongs to.

    Comments, blank lines, docstrings and what nothing is executed for have no entry; a decorator
    is a statement of its own, and so is the head of a compound statement, of an `except` and of
    a `case`. Lines are 1-based. Empty for source that does not parse.
    """
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return MappingProxyType({})
    lines: dict[int, int] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.stmt | ast.ExceptHandler) and not _is_idle(node):
            for line in range(node.lineno, _head_end(node) + 1):
                lines[line] = max(lines.get(line, 0), node.lineno)
    for node in ast.walk(module):
        for part in _parts(node):
            for line in range(part.lineno, (part.end_lineno or part.lineno) + 1):
                lines[line] = part.lineno
    text = split_lines(source)
    return MappingProxyType(
        {
            line: first
            for line, first in lines.items()
            if text[line - 1].strip() and not text[line - 1].lstrip().startswith(b"#")
        }
    )


def _is_idle(node: ast.stmt | ast.ExceptHandler) -> bool:
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(node, _WITHOUT_CODE)


def _parts(node: ast.AST) -> list[ast.expr] | list[ast.pattern]:
    """Give what stands before the head of a definition or a case, and runs by itself."""
    if isinstance(node, ast.match_case):
        return [node.pattern]
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return decorators


def _head_end(node: ast.stmt | ast.ExceptHandler) -> int:
    """Give the last line of a statement without the statements inside it."""
    inner = [
        child.lineno
        for child in ast.walk(node)
        if isinstance(child, ast.stmt | ast.ExceptHandler) and child is not node
    ]
    end = node.end_lineno or node.lineno
    return max(node.lineno, min(inner) - 1) if inner else end


Executed = Mapping[str, Mapping[int, frozenset[str]]]
"""Path to executed line (1-based) to the checks that ran it; an empty name is the import."""


@dataclass(frozen=True, slots=True)
class HunkCoverage:
    """What ran of one hunk."""

    hunk: HunkLines
    statements: int
    """Added lines that begin or continue a statement; 0 for a hunk that adds none."""

    executed: int
    """How many of them ran."""

    missed: tuple[int, ...]
    """The lines that no check ran."""

    checks: tuple[str, ...]
    """Names of the checks that ran them, sorted; `import` stands for running at import."""

    excused: tuple[int, ...] = ()
    """The lines that no check ran and that the patch calls native only."""

    @property
    def is_covered(self) -> bool:
        """Tell whether no line of it was missed, as `review` counts too."""
        return not self.missed

    @property
    def is_run(self) -> bool:
        """Tell whether a check ran some of it, or there is nothing in it that could run here."""
        return self.executed > 0 or self.statements == len(self.excused)


def cover_hunk(
    hunk: HunkLines, source: bytes, executed: Executed, native_only: Collection[str] = ()
) -> HunkCoverage:
    """Say what of a hunk ran; `source` is its file as the series leaves it.

    A statement ran when any of its lines did. A hunk that only removes counts by its anchor.
    `native_only` are lines, without indentation, whose statements are excused when nothing ran
    them.
    """
    starts = statement_lines(source)
    ran: dict[int, set[str]] = {}
    for line, names in executed.get(hunk.path, {}).items():
        ran.setdefault(starts.get(line, line), set()).update(names)
    lines = [line for line in hunk.added or (hunk.anchor,) if line in starts]
    idle = [line for line in lines if starts[line] not in ran]
    text = split_lines(source) if idle and native_only else []
    statements = {
        starts[line]
        for line in idle
        if text and text[line - 1].strip().decode("utf-8", "replace") in native_only
    }
    missed = tuple(line for line in idle if starts[line] not in statements)
    excused = tuple(line for line in idle if starts[line] in statements)
    checks = {name or "import" for line in lines for name in ran.get(starts[line], ())}
    return HunkCoverage(
        hunk, len(lines), len(lines) - len(idle), missed, tuple(sorted(checks)), excused
    )


def merge_executed(parts: tuple[Executed, ...]) -> Executed:
    """Join what several runs executed."""
    merged: dict[str, dict[int, frozenset[str]]] = {}
    for part in parts:
        for path, lines in part.items():
            into = merged.setdefault(path, {})
            for line, names in lines.items():
                into[line] = into.get(line, frozenset()) | names
    return merged
