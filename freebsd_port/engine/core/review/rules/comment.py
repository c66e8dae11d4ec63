"""The rule that code which does not run goes, rather than stays as a comment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import dedent

from freebsd_port.engine.core.review.hunk_text import HunkTextLine, parse, removed
from freebsd_port.engine.core.review.rules.rule import Rule, in_each_hunk

_MANUAL = re.compile(r"\w+\(\d\w?\)[.,;]?")
_CODE = (
    ast.Assign, ast.AugAssign, ast.Return, ast.For, ast.If, ast.While, ast.With, ast.Import,
    ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Try, ast.Delete, ast.Assert,
)  # fmt: skip
_SHOWN = 60


def find_commented_code(lines: Sequence[HunkTextLine]) -> Iterator[tuple[int, str]]:
    """Give line and remark of the first line of each added comment that holds code."""
    gone = {line.bare for line in removed(lines)}
    for is_comment, run in groupby(lines, lambda line: _is_added_comment(line)):
        if not is_comment:
            continue
        comments = list(run)
        texts = [line.bare.lstrip("#") for line in comments]
        first = next(
            (n for n, text in enumerate(texts) if text.strip() in gone or _is_code(text)), None
        )
        if first is None and len(texts) > 1 and _is_code(dedent("\n".join(texts))):
            first = 0
        if first is not None:
            shown = texts[first].strip()[:_SHOWN]
            yield comments[first].line, f"commented-out code: remove `{shown}`"


def _is_added_comment(line: HunkTextLine) -> bool:
    return line.marker == "+" and line.bare.startswith("#")


def _is_code(text: str) -> bool:
    """Tell whether it is a statement that does something; a word or a manual page is none."""
    bare = text.strip()
    if not bare or _MANUAL.fullmatch(bare):
        return False
    module = parse(bare if "\n" not in bare else text)
    if module is None or not module.body:
        return False
    return any(
        isinstance(node, _CODE) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
        for node in module.body
    )


RULE = Rule(
    name="commented-out-code",
    level="warning",
    asks="Code that does not run is removed, not commented out.",
    flags="an added comment that is a statement, or a line that the hunk removes",
    spares="prose, notes, manual pages",
    find=in_each_hunk(find_commented_code),
)
