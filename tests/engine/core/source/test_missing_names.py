"""Names that the lines of a series read on a release where nothing binds them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from freebsd_port.engine.core.source.missing_names import find_missing, read_touched
from freebsd_port.engine.core.source.names import Modules
from freebsd_port.engine.core.text.file import split_lines

PATH = "pkg/m.py"
OTHERS = {
    "pkg/__init__.py": "",
    "pkg/config.py": "import os\n\nLIMIT = 3\n\n\nclass Disk:\n    SIZE = 1\n",
    "pkg/registry.py": "def fill():\n    globals()['anything'] = 1\n",
    "pkg/lazy.py": "def __getattr__(name):\n    return name\n",
    "pkg/late.py": "def start():\n    global CACHE\n    CACHE = {}\n",
    "pkg/star.py": "from pkg.config import *\n",
    "pkg/sub/__init__.py": "",
    "pkg/sub/deep.py": "WIDE = 1\n",
}
BEFORE = """\
import pkg.sub.deep
from pkg import config
from pkg import late
from pkg import lazy as slow
from pkg import registry
from pkg import star

HERE = 1


class Driver:
    KIND = 'a'

    def work(self, disk):
        size = 1
        return size

    def nest(self):
        inside = 1

        def inner():
            return inside
        return inner


def plain():
    return HERE


def limit():
    return config.LIMIT
"""


def missing(*changes: tuple[str, str]) -> list[str]:
    after = BEFORE
    for old, new in changes:
        assert after.count(old) == 1
        after = after.replace(old, new)
    before, now = (split_lines(text.encode()) for text in (BEFORE, after))
    files = {path: split_lines(text.encode()) for path, text in OTHERS.items()} | {PATH: now}
    found = find_missing(read_touched({PATH: (before, now)}), Modules(files.get))
    assert all(one.path == PATH and now[one.line - 1] == one.text for one in found)
    return [one.name for one in found]


def in_work(line: str) -> list[str]:
    return missing(("        size = 1\n", f"        size = 1\n        {line}\n"))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("config.Disk2()", ["pkg.config.Disk2"]),
        ("config.Disk.SIZE2", []),  # what a class has nobody can tell
        ("isinstance(disk, (config.Disk, config.Tape))", ["pkg.config.Tape"]),
        ("pkg.sub.deep.NARROW.real", ["pkg.sub.deep.NARROW"]),
        ("pkg.sub.deep.WIDE.real", []),
        ("pkg.sub.shallow.WIDE", ["pkg.sub.shallow"]),
        ("return time.monotonic()", ["time"]),
        ("return LIMIT", ["LIMIT"]),
        ("return KIND", ["KIND"]),  # of the class, not of the module
        ("return HERE, size, disk, len(disk), __name__", []),
        ("return os_free(time=1).LIMIT", ["os_free"]),
        ("return [config for config in disk if config.nothing]", []),
        ("from pkg import config2", ["pkg.config2"]),
        ("from pkg.config import Disk, Tape", ["pkg.config.Tape"]),
        ("from elsewhere import Tape", []),
        ("import pkg.config2", ["pkg.config2"]),
        ("return __import__('pkg.config').config, tree", ["tree"]),
    ],
)
def test_what_a_line_reads_is_missing_where_nothing_binds_it(line: str, names: list[str]) -> None:
    assert in_work(line) == names


@pytest.mark.parametrize("module", ["registry", "slow", "star"])
def test_a_module_that_gets_names_otherwise_lacks_none(module: str) -> None:
    assert in_work(f"{module}.anything()") == []


def test_a_global_that_a_function_binds_is_there() -> None:
    assert in_work("late.CACHE, late.CACHES") == ["pkg.late.CACHES"]


def test_texts_and_comments_read_nothing() -> None:
    assert in_work("log('see config.Tape')  # and config.Tape, LIMIT") == ["log"]


def test_a_variable_that_covers_a_module_is_not_the_module() -> None:
    covered = ("def plain():\n", "def plain(config):\n    config.Tape()\n")
    assert missing(covered) == []
    assert missing(("def plain():\n", "def plain(config=config.Tape):\n")) == ["pkg.config.Tape"]


def test_what_an_outer_function_binds_is_there() -> None:
    assert missing(("            return inside\n", "            return inside + outside\n")) == [
        "outside"
    ]
    assert missing(("            return inside\n", "            return inside + inside\n")) == []


def test_what_is_tried_may_be_missing() -> None:
    tried = dedent("""\
        try:
            from pkg.config import Tape
        except ImportError:
            Tape = None
        """)
    assert missing(("HERE = 1\n", f"HERE = 1\n{tried}")) == []
    assert missing(("HERE = 1\n", "HERE = 1\nfrom pkg.config import Tape\n")) == ["pkg.config.Tape"]


def test_a_line_that_was_there_before_is_not_looked_at() -> None:
    broken = split_lines(b"def f():\n    return GONE\n")
    after = [*broken, b"\n", b"X = 1\n"]
    assert find_missing(read_touched({PATH: (broken, after)}), Modules({PATH: after}.get)) == ()
    assert len(find_missing(read_touched({PATH: ([], after)}), Modules({PATH: after}.get))) == 1


def test_a_file_that_does_not_parse_has_no_findings() -> None:
    after = split_lines(b"def f():\n    return GONE\n)\n")
    assert find_missing(read_touched({PATH: ([], after)}), Modules({PATH: after}.get)) == ()
