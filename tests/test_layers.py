"""Imports point down only, the bottom is pure, and modules stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "freebsd_port"
LAYERS = ("errors", "core", "store", "ops", "cli")
"""From the bottom up; each may import itself and what stands before it."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "data" not in path.parts)
TARGET = sorted((PACKAGE / "freebsd").rglob("*.py"))

IMPURE = {
    *("asyncio", "builtins.open", "ctypes", "fcntl", "getpass", "glob", "http", "io.open"),
    *("locale", "logging", "mmap", "multiprocessing", "os", "platform", "pwd", "random"),
    *("requests", "resource", "secrets", "select", "shelve", "shutil", "signal", "socket"),
    *("sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib"),
    *("uuid", "warnings", "zipfile", "click", "filelock", "virtualenv", "pathlib.Path"),
}
"""What reaches the disk, a process, the network, the clock or the terminal."""

MODULE_LINES = 250
FUNCTION_LINES = 40
LONG_FUNCTIONS = {"freebsd/sockets.py:_methods", "store/journal.py:commit"}
"""A table of small functions that share two values, and a transaction that reads best in one
piece; it must not become more than these."""


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of each import, wherever in the module it stands."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            parent = "." * node.level + (f"{node.module}." if node.module else "")
            for alias in node.names:
                yield node.lineno, parent + alias.name


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_itself_and_those_below(layer: str) -> None:
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in MODULES
        if layer_of(path) == layer
        for line, name in imports(path)
        if name.startswith((".", "freebsd_port"))
        and name.partition(".")[2].split(".")[0] not in allowed
    ]
    assert wrong == []


def test_every_module_is_in_a_layer() -> None:
    outside = {name_of(path) for path in MODULES if layer_of(path) not in (*LAYERS, "freebsd")}
    assert outside == {"__init__.py", "__main__.py"}
    assert len(MODULES) > 90


def test_core_is_pure() -> None:
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in MODULES
        if layer_of(path) in ("core", "errors")
        for line, name in imports(path)
        if name in IMPURE or name.partition(".")[0] in IMPURE
    ]
    assert wrong == []


def test_core_neither_prints_nor_opens_nor_asks_for_the_time() -> None:
    wrong = []
    for path in MODULES:
        if layer_of(path) != "core":
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            called = node.func if isinstance(node, ast.Call) else None
            is_io = isinstance(called, ast.Name) and called.id in ("open", "print", "input")
            is_clock = isinstance(called, ast.Attribute) and called.attr in ("now", "today")
            if is_io or is_clock:
                wrong.append(f"{name_of(path)}:{getattr(node, 'lineno', 0)}")
    assert wrong == []


def test_the_terminal_library_is_known_to_the_cli_only() -> None:
    users = {
        layer_of(p) for p in MODULES for _, name in imports(p) if name.split(".")[0] == "click"
    }
    assert users == {"cli"}


def test_port_errors_are_caught_as_errors_by_main_only() -> None:
    """The others that catch one make a finding, or nothing to offer, of it."""
    catchers = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ExceptHandler)
        and node.type is not None
        and "PortError" in {getattr(n, "id", None) for n in ast.walk(node.type)}
    }
    collectors = {"core/lint.py", "ops/check.py", "ops/converge.py", "cli/complete.py"}
    collectors.add("ops/serve.py")  # whose terminal is a browser
    assert catchers - collectors == {"cli/main.py"}


def test_what_runs_in_the_target_imports_the_standard_library_only() -> None:
    import sys

    allowed = set(sys.stdlib_module_names) | {"cffi", "psutil"}  # emulated where they are there
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in TARGET
        for line, name in imports(path)
        if not name.startswith(".") and name.partition(".")[0] not in allowed
    ]
    assert wrong == []
    above = [p for p in TARGET for _, name in imports(p) if name.startswith("..")]
    assert above == []


@pytest.mark.parametrize("path", TARGET, ids=name_of)
def test_what_runs_in_the_target_is_python_3_8(path: Path) -> None:
    ast.parse(path.read_bytes(), feature_version=(3, 8))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/port").rglob("*.py")), ids=lambda path: path.name
)
def test_the_checks_are_python_3_8(path: Path) -> None:
    ast.parse(path.read_bytes(), feature_version=(3, 8))


def test_modules_are_small() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: size for name, size in lengths.items() if size > MODULE_LINES} == {}
    verbs = {name: size for name, size in lengths.items() if "/cmd_" in name}
    assert {name: size for name, size in verbs.items() if size > 120} == {}


def test_functions_are_small() -> None:
    long = {
        f"{name_of(path)}:{node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    }
    assert long == LONG_FUNCTIONS
