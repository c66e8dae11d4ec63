"""A rebase of drawn series comes out as `git rebase` of the same patches does, byte for byte.

`make compare-rebase` does the same with Debian's series.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from beside_git import compare

WORDS = ["    x = 1", "    y = 2", "", "    return x", "def f():", "}", "    pass", "a", "b", "c"]
NAMES = ["one.py", "lib/two.c", "lib/three.txt", "doc/four.rst", "five"]


class Drawn:
    """A history: a tree, patches on it one after the other, and another tree."""

    def __init__(self, seed: int, directory: Path) -> None:
        self.draw = random.Random(seed)
        self.directory = directory
        self.old = directory / "old"
        self.patches = directory / "patches"
        self.patches.mkdir(parents=True)
        for name in NAMES:
            self.write(self.old, name, self.lines(self.draw.randrange(8, 40)))
        self.new = directory / "new"
        shutil.copytree(self.old, self.new)
        self.make_patches(self.draw.randrange(2, 6))
        self.change(self.new, self.draw.randrange(1, 6))
        if self.draw.random() < 0.4:
            self.take_from_a_patch()

    def lines(self, count: int) -> list[str]:
        """Draw lines of which some stand often and some once."""
        return [
            f"line {self.draw.randrange(10_000)}"
            if self.draw.random() < 0.5
            else self.draw.choice(WORDS)
            for _ in range(count)
        ]

    def write(self, root: Path, name: str, lines: list[str]) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        end = "" if self.draw.random() < 0.1 else "\n"
        path.write_text("\n".join(lines) + end)

    def edit(self, root: Path, name: str) -> None:
        """Change a few places of a file."""
        lines = (root / name).read_text().split("\n")
        for _ in range(self.draw.randrange(1, 4)):
            at = self.draw.randrange(len(lines) + 1)
            gone = self.draw.choice([0, 1, 1, 3])
            lines[at : at + gone] = self.lines(self.draw.choice([0, 1, 1, 2, 5]))
        self.write(root, name, lines)

    def change(self, root: Path, count: int) -> None:
        """Edit, make, remove and rename files."""
        for number in range(count):
            names = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
            name = self.draw.choice(names)
            kind = self.draw.random()
            if kind < 0.75:
                self.edit(root, name)
            elif kind < 0.82:
                self.write(root, f"lib/made-{self.draw.randrange(3)}.txt", self.lines(6))
            elif kind < 0.88 and len(names) > 2:
                (root / name).unlink()
            elif kind < 0.96:
                (root / "moved").mkdir(exist_ok=True)
                (root / name).rename(root / "moved" / f"{number}-{Path(name).name}")
            else:
                (root / name).chmod(0o755)

    def make_patches(self, count: int) -> None:
        """Write patches as git's or as diff's, each on top of those before it."""
        tree = self.directory / "patched"
        shutil.copytree(self.old, tree)
        series = []
        for number in range(count):
            before = self.directory / "before"
            shutil.rmtree(before, ignore_errors=True)
            shutil.copytree(tree, before)
            self.change(tree, self.draw.randrange(1, 4))
            words = ["git", "diff", "--no-index", "--no-prefix"]
            words += ["-M"] if self.draw.random() < 0.7 else ["--no-renames"]
            done = subprocess.run(
                [*words, "before", "patched"], cwd=self.directory, capture_output=True, check=False
            )
            text = done.stdout.replace(b" before/", b" a/").replace(b" patched/", b" b/")
            text = text.replace(b"rename from before/", b"rename from ")
            text = text.replace(b"rename from a/", b"rename from ")
            text = text.replace(b"rename to b/", b"rename to ")
            if text:
                name = f"p{number}.patch"
                (self.patches / name).write_bytes(b"Description: drawn\n\n" + text)
                series.append(name)
        (self.patches / "series").write_text("".join(f"{name}\n" for name in series))

    def take_from_a_patch(self) -> None:
        """Let the new tree have a patch already, as far as it applies there."""
        names = (self.patches / "series").read_text().split()
        if names:
            patch = self.patches / self.draw.choice(names)
            words = ["patch", "-p1", "-s", "-f", "-N", "-r", "-", "--no-backup-if-mismatch"]
            subprocess.run([*words, "-i", patch], cwd=self.new, capture_output=True, check=False)


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")
@pytest.mark.parametrize("seed", range(16))
def test_what_git_takes_is_taken_alike_and_never_a_conflict(seed: int, tmp_path: Path) -> None:
    drawn = Drawn(seed, tmp_path / "drawn")
    if not (drawn.patches / "series").read_text():
        return
    found = compare(
        drawn.patches / "series", drawn.patches, drawn.old, drawn.new, tmp_path / "work"
    )
    assert found.faults == []
