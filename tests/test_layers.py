"""Products keep to their walls, imports point down only, and the bottom is pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "freebsd_port"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "data" not in path.parts)
TARGET = sorted((PACKAGE / "in_target").rglob("*.py"))

WALLS = {
    "errors": (),
    "in_target": (),
    "engine": ("errors",),
    "openstack": ("engine", "errors", "in_target"),
    "host": ("openstack", "engine", "errors", "in_target"),
    "cli": ("host", "openstack", "engine", "errors", "in_target"),
}
"""What each product may import besides itself."""

BROUGHT = {
    "index_probe.py": {"piptools"},
    "database_probe.py": {"alembic", "psycopg2", "pymysql"},
}
"""What two scripts are there to ask: they run where it is installed."""

LAYERS = ("core", "store", "ops", "cli")
"""Of engine, openstack and host, from the bottom up; each may import what stands before it."""

IMPURE = {
    *("asyncio", "builtins.open", "ctypes", "fcntl", "getpass", "glob", "http", "io.open"),
    *("locale", "logging", "mmap", "multiprocessing", "os", "platform", "pwd", "random"),
    *("requests", "resource", "secrets", "select", "shelve", "shutil", "signal", "socket"),
    *("sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib"),
    *("uuid", "warnings", "zipfile", "click", "filelock", "virtualenv", "pathlib.Path"),
}
"""What reaches the disk, a process, the network, the clock or the terminal."""


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def product_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer_of(path: Path) -> str | None:
    """The layer inside engine, openstack or host; None elsewhere."""
    parts = path.relative_to(PACKAGE).parts
    return parts[1] if len(parts) > 2 and parts[0] in ("engine", "openstack", "host") else None


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


@pytest.mark.parametrize("product", WALLS)
def test_a_product_imports_only_what_its_wall_lets_through(product: str) -> None:
    allowed = (product, *WALLS[product])
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in MODULES
        if product_of(path) == product and layer_of(path) != "cli"
        for line, name in imports(path)
        if name.startswith("freebsd_port") and name.split(".")[1] not in allowed
    ]
    assert wrong == []


def test_host_is_imported_by_the_command_line_only() -> None:
    """By name, from the lazy group of its verbs, so that not even an import is needed."""
    users = {
        name_of(path)
        for path in MODULES
        if product_of(path) != "host"
        for _, name in imports(path)
        if name.startswith("freebsd_port.host")
    }
    assert users == set()
    assert "freebsd_port.host.cli" in (PACKAGE / "cli/commands/host.py").read_text("utf-8")


def test_a_layer_imports_only_itself_and_those_below() -> None:
    wrong = []
    for path in MODULES:
        layer = layer_of(path)
        if layer is None:
            continue
        above = LAYERS[LAYERS.index(layer) + 1 :]
        for line, name in imports(path):
            parts = name.split(".")
            if parts[0] != "freebsd_port":
                continue
            is_above = parts[1] in ("engine", "openstack", "host") and parts[2] in above
            if is_above or (layer != "cli" and parts[1] == "cli"):
                wrong.append(f"{name_of(path)}:{line} imports {name}")
    assert wrong == []


def test_every_module_is_in_a_product_and_a_layer() -> None:
    outside = {name_of(path) for path in MODULES if product_of(path) not in WALLS}
    assert outside == {"__init__.py", "__main__.py"}
    assert {layer_of(path) for path in MODULES} == {None, *LAYERS}
    assert len(MODULES) > 90


def test_core_is_pure() -> None:
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in MODULES
        if layer_of(path) == "core" or product_of(path) == "errors"
        for line, name in imports(path)
        if (name in IMPURE or name.partition(".")[0] in IMPURE)
        and not name.startswith("urllib.parse.")  # text in, text out
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
    users = {p for p in MODULES for _, name in imports(p) if name.split(".")[0] == "click"}
    assert {name_of(p) for p in users if product_of(p) != "cli" and layer_of(p) != "cli"} == set()
    assert users


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
    collectors = {
        "openstack/core/release/series_lint.py",
        "openstack/ops/inspect/check.py",
        "engine/ops/apply/converge.py",
        "cli/complete.py",
        "engine/ops/inspect/check.py",
        "openstack/ops/rebase/proof.py",  # into the reports of a rebase that is written by then
        "openstack/ops/rebase/trial.py",  # a result that cannot be tried is not taken
        "openstack/ops/review/desk.py",  # whose terminal is a browser
    }
    assert catchers - collectors == {"cli/main.py"}


def test_what_runs_in_the_target_imports_the_standard_library_only() -> None:
    import sys

    allowed = set(sys.stdlib_module_names) | {"cffi", "psutil"}  # emulated where they are there
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in TARGET
        for line, name in imports(path)
        if not name.startswith(".")
        if name.partition(".")[0] not in allowed | BROUGHT.get(path.name, set())
    ]
    assert wrong == []
    assert [p for p in TARGET for _, name in imports(p) if name.startswith("..")] == []
    assert len(TARGET) > 15


@pytest.mark.parametrize("path", TARGET, ids=name_of)
def test_what_runs_in_the_target_is_python_3_8(path: Path) -> None:
    ast.parse(path.read_bytes(), feature_version=(3, 8))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/port").rglob("*.py")), ids=lambda path: path.name
)
def test_the_checks_are_python_3_8(path: Path) -> None:
    ast.parse(path.read_bytes(), feature_version=(3, 8))
