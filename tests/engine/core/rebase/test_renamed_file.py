"""A file that was renamed is found as git finds it; the judge is `git diff`."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from memory_tree import MemoryTree

from freebsd_port.engine.core.rebase.renamed_file import RenameFinder, are_alike


def text(seed: int, lines: int = 40) -> bytes:
    draw = random.Random(seed)
    return b"".join(b"%d %s\n" % (n, b"x" * draw.randrange(40)) for n in range(lines))


def edit(content: bytes, share: float, seed: int) -> bytes:
    """Change so many of the lines."""
    draw = random.Random(seed)
    lines = content.splitlines(keepends=True)
    for at in draw.sample(range(len(lines)), int(len(lines) * share)):
        lines[at] = b"changed %d %d\n" % (seed, at)
    return b"".join(lines)


def by_git(tmp_path: Path, old: dict[str, bytes], new: dict[str, bytes], path: str) -> str | None:
    """Give what git's rename detection makes of a file."""
    for side, files in (("old", old), ("new", new)):
        for name, content in files.items():
            place = tmp_path / side / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    words = ["git", "diff", "--no-index", "-M50%", "--name-status", "-z", "old", "new"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
    fields = done.stdout.decode().split("\0")
    for at, field in enumerate(fields):
        if field.startswith("R") and fields[at + 1] == f"old/{path}":
            return fields[at + 2].removeprefix("new/")
    return None


CASES = {
    "the same bytes": ({"a": text(1)}, {"lib/b": text(1), "c": text(2)}),
    "the same name of two with the same bytes": ({"a": text(1)}, {"x": text(1), "lib/a": text(1)}),
    "most of the lines": ({"a": text(1)}, {"b": edit(text(1), 0.3, 5), "c": text(3)}),
    "the most alike of two": (
        {"a": text(1)}, {"b": edit(text(1), 0.4, 5), "c": edit(text(1), 0.2, 6)},
    ),
    "too few of the lines": ({"a": text(1)}, {"b": edit(text(1), 0.8, 5)}),
    "nothing new": ({"a": text(1), "k": text(2)}, {"k": text(2)}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_what_git_finds(case: str, tmp_path: Path) -> None:
    old, new = CASES[case]
    found = RenameFinder(MemoryTree(old), MemoryTree(new)).find("a")
    assert found == by_git(tmp_path, old, new, "a")


def test_a_file_with_the_name_is_enough_where_no_other_has_it_and_it_is_alike() -> None:
    old = {"doc/a.txt": text(1)}
    new = {"man/a.txt": edit(text(1), 0.2, 3), "b": edit(text(1), 0.1, 4)}
    assert RenameFinder(MemoryTree(old), MemoryTree(new)).find("doc/a.txt") == "man/a.txt"


def test_two_files_are_alike_by_half_of_their_bytes() -> None:
    lines = text(1).splitlines(keepends=True)
    assert are_alike(lines, edit(text(1), 0.3, 1).splitlines(keepends=True))
    assert not are_alike(lines, edit(text(1), 0.9, 1).splitlines(keepends=True))
    assert not are_alike([], [])
