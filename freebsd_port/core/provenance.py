"""Which patch and hunk each line of a patched file came from, and which lines are its own."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from freebsd_port.core.file import Tree, split_lines
from freebsd_port.core.patch import Patch
from freebsd_port.core.place import Cursor, Placement, splice_hunk
from freebsd_port.core.plan import Plan


@dataclass(frozen=True, slots=True)
class HunkLines:
    """What one hunk left in the final file."""

    patch: str
    path: str
    number: int
    """1-based within its file change."""

    total: int
    added: tuple[int, ...]
    """1-based lines of the final file that it added and no later patch replaced."""

    anchor: int
    """1-based line of the final file at which the hunk's change now is."""


def trace_hunks(tree: Tree, patches: Iterable[Patch], plan: Plan) -> tuple[HunkLines, ...]:
    """Follow every hunk of a clean plan to its lines in the files as the series leaves them."""
    files: dict[str, list[bytes]] = {}
    anchors: dict[str, list[bytes]] = {}
    traced: list[tuple[str, str, int, int, bytes]] = []
    for patch, outcome in zip(patches, plan.patches, strict=True):
        found = iter(outcome.hunks)
        for change in patch.changes:
            cursor = Cursor()
            for hunk in change.hunks:
                landed = next(found)
                if landed.path not in files:
                    state = tree.read(landed.path)
                    files[landed.path] = split_lines(state.content) if state else []
                    anchors[landed.path] = [b""] * len(files[landed.path])
                result = landed.result
                if not isinstance(result, Placement):
                    continue
                tag = b"%d" % len(traced)
                start = result.line - 1
                old = anchors[landed.path][start : start + len(hunk.old)]
                anchors[landed.path][start : start + len(hunk.old)] = _tags(hunk.body, old, tag)
                splice_hunk(files[landed.path], hunk, result, cursor)
                traced.append((patch.name, landed.path, landed.number, landed.total, tag))
    return tuple(_collect(anchors, *row) for row in traced)


def _tags(body: tuple[bytes, ...], old: list[bytes], tag: bytes) -> list[bytes]:
    """Give the tags of the hunk's new side: kept for context, the hunk's own for added lines."""
    tags: list[bytes] = []
    index = 0
    removed = False
    for line in body:
        marker = line[:1]
        if marker == b"+":
            tags.append(tag)
        elif marker == b"-":
            index += 1
            removed = True
        elif marker != b"\\":
            kept = old[index] if index < len(old) else b""
            tags.append(b"@" + tag if removed and tag not in tags and not kept else kept)
            removed = False
            index += 1
    return tags


def _collect(
    anchors: Mapping[str, list[bytes]], patch: str, path: str, number: int, total: int, tag: bytes
) -> HunkLines:
    tags = anchors[path]
    added = tuple(line for line, found in enumerate(tags, 1) if found == tag)
    marked = [line for line, found in enumerate(tags, 1) if found == b"@" + tag]
    anchor = added[0] if added else marked[0] if marked else 1
    return HunkLines(patch, path, number, total, added, anchor)


def statement_lines(source: bytes) -> dict[int, int]:
    """Map each line of Python source to the first line of the statement that it belongs to.

    Comments, blank lines and docstrings have no entry; a decorator belongs to itself, the head
    of a compound statement to its first line. Empty for source that does not parse.
    """
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    lines: dict[int, int] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.stmt) and not _is_docstring(node):
            for line in range(node.lineno, _head_end(node) + 1):
                lines[line] = max(lines.get(line, 0), node.lineno)
    for node in ast.walk(module):
        for decorator in getattr(node, "decorator_list", ()):
            lines[decorator.lineno] = decorator.lineno
    text = split_lines(source)
    return {
        line: first
        for line, first in lines.items()
        if text[line - 1].strip() and not text[line - 1].lstrip().startswith(b"#")
    }


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _head_end(node: ast.stmt) -> int:
    """Give the last line of a statement without the statements inside it."""
    inner = [
        child.lineno
        for child in ast.walk(node)
        if isinstance(child, ast.stmt | ast.ExceptHandler) and child is not node
    ]
    end = node.end_lineno or node.lineno
    return max(node.lineno, min(inner) - 1) if inner else end
