"""The checks of level 1 name every module that the series patches, each with its patches."""

from __future__ import annotations

import ast
from pathlib import Path

from freebsd_port.engine.core.series.series import parse_series
from freebsd_port.openstack.ops.inspect.listing import list_series
from freebsd_port.openstack.store.project.project import find_project


def named(path: Path) -> list[tuple[str, str]]:
    """What a module of checks lists as PATCHED; it is not imported, as its markers are not ours."""
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PATCHED":
            pairs: list[tuple[str, str]] = ast.literal_eval(node.value)
            return pairs
    raise AssertionError(f"no PATCHED in {path}")


def test_every_patched_module_has_its_import_checked() -> None:
    project = find_project()
    wanted = {
        (patch.name, name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for patch in list_series(project, project.default_release())
        for name in patch.files
        if name.endswith(".py")
    }
    found = [pair for path in project.checks.glob("*/test_imports.py") for pair in named(path)]
    assert len(found) == len(set(found))
    entries = set(parse_series(project.series.read_bytes()).names)
    assert {pair for pair in found if pair[0] in entries} >= wanted
    assert {patch for patch, _ in found} <= entries
