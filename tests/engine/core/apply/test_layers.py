"""The prefixes of a series in memory."""

from __future__ import annotations

import pytest
from memory_tree import MemoryTree
from small_overlay import diff

from freebsd_port.engine.core.apply.layers import find_syntax_fault, module_name, walk_prefixes
from freebsd_port.engine.core.apply.plan import MissError
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry


def walk(tree: dict[str, bytes], *diffs: bytes):
    patches = [
        (SeriesEntry(f"p{number}", 1, False, "", 1), parse_patch(f"p{number}", data))
        for number, data in enumerate(diffs)
    ]
    return list(walk_prefixes(MemoryTree(tree), patches))


def test_each_prefix_has_the_files_that_its_patch_changed_as_they_are_then() -> None:
    found = walk(
        {"f": b"one\n"},
        diff("f", b"one\n", b"two\n"),
        diff("g", None, b"new\n"),
        diff("f", b"two\n", b"three\n") + diff("g", b"new\n", None),
    )
    assert [prefix.number for prefix in found] == [1, 2, 3]
    assert [dict(prefix.files) for prefix in found] == [
        {"f": b"two\n"},
        {"g": b"new\n"},
        {"f": b"three\n", "g": None},
    ]


def test_a_patch_that_does_not_fit_leaves_its_file_and_the_rest_goes_on() -> None:
    bad, good = walk({"f": b"one\n"}, diff("f", b"1\n", b"2\n"), diff("f", b"one\n", b"two\n"))
    assert [type(problem) for problem in bad.problems] == [MissError]
    assert (good.problems, dict(good.files)) == ((), {"f": b"two\n"})


@pytest.mark.parametrize(
    ("source", "minor", "fault"),
    [
        (b"x = 1\n", 8, None),
        (b"def f(:\n    pass\n", 11, "(f.py:1)"),
        (b"return 1\n", 11, "'return' outside function (f.py:1)"),
        (b"match x:\n    case 1:\n        pass\n", 9, "only supported in Python 3.10"),
        (b"match x:\n    case 1:\n        pass\n", 10, None),
        (b"x = '\0'\n", 11, "null bytes"),
        (b"# coding: nonsense\n", 11, "encoding"),
        (b"(" * 100_000, 11, ""),
    ],
)
def test_what_is_no_python_is_told_with_its_place(source: bytes, minor: int, fault) -> None:
    found = find_syntax_fault("f.py", source, minor)
    assert (found is None) == (fault is None)
    assert fault is None or fault in str(found)


def test_files_are_imported_under_their_names() -> None:
    names = {
        "nova/virt/driver.py": "nova.virt.driver",
        "nova/__init__.py": "nova",
        "nova/db/001_first.py": None,
        "etc/nova.conf": None,
        "__init__.py": None,
    }
    assert {path: module_name(path) for path in names} == names
