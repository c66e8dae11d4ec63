"""Every module of the package with the sentence that it begins with, as a page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def render_modules(package: Path) -> str:
    """Give the page, a table for each directory that holds modules."""
    parts = [
        "# Modules",
        "Every module of `freebsd_port/`, with the first sentence of its docstring. "
        "[Architecture](../architecture.md) explains the directories.",
    ]
    for directory, rows in _rooms(package):
        where = f"{package.name}/{directory}".rstrip("/.")
        said = _sentence(package / directory / "__init__.py")
        lines = [f"| `{name}` | {told} |" for name, told in rows]
        parts += [f"## `{where}/`", *([said] if said else [])]
        parts.append("\n".join(["| module | what it is |", "| --- | --- |", *lines]))
    return "\n\n".join(parts) + "\n"


def _rooms(package: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for directory in sorted({path.parent for path in package.rglob("*.py")}):
        modules = sorted(path for path in directory.glob("*.py") if path.name[:2] != "__")
        rows = [(path.name, _sentence(path)) for path in modules]
        if rows:
            yield directory.relative_to(package).as_posix(), rows


def _sentence(path: Path) -> str:
    """Give the first paragraph of a module's docstring; empty if there is none."""
    if not path.is_file():
        return ""
    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split()).replace("|", "\\|")
