"""What git makes of the same patches over the same trees: `git rebase`, by its own merge.

`git merge-tree --write-tree` is the merge that `git rebase` makes for each commit, without a work
tree; a test compares a chain of it with a real `git rebase` and `--skip`.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from git_environment import GIT_ENVIRONMENT

from .code_units import Files

_ENVIRONMENT = GIT_ENVIRONMENT | {
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


@dataclass(frozen=True)
class Merge:
    """What a merge of one patch came to."""

    tree: str
    conflicts: tuple[str, ...]
    """Paths in conflict."""


@dataclass
class Git:
    """A bare repository with the trees of a proof."""

    directory: Path
    _blobs: dict[int, str] = field(default_factory=dict)
    _kept: list[bytes] = field(default_factory=list)
    """Contents whose identity is a key: they must stay alive."""

    _commits: dict[tuple[str, str | None], str] = field(default_factory=dict)
    _merges: dict[tuple[str, str, str], Merge] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.directory / "HEAD").exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            self.run("init", "-q", "--bare", ".")

    def run(self, *words: str, data: bytes | None = None, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=self.directory,
            env=os.environ | _ENVIRONMENT | {"GIT_DIR": str(self.directory)} | (env or {}),
            input=data,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"git {' '.join(words)}: {done.stderr.decode()[-500:]}")
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def tree(self, files: Files, *, near: tuple[str, Files] | None = None) -> str:
        """Store a tree; `near` is one that differs little, with its files."""
        index = self.directory / "proof.index"
        index.unlink(missing_ok=True)
        env = {"GIT_INDEX_FILE": str(index)}
        rows = []
        gone: list[str] = []
        changed = files
        if near is not None:
            tree, known = near
            self.run("read-tree", tree, env=env)
            changed = {
                p: c for p, c in files.items() if known.get(p) is not c and known.get(p) != c
            }
            gone = [path for path in known if path not in files]
        new = [c for c in changed.values() if id(c) not in self._blobs]
        if new:
            self._store(new)
        rows += [f"100644 {self._blobs[id(c)]}\t{path}" for path, c in changed.items()]
        rows += [f"0 {'0' * 40}\t{path}" for path in gone]
        self.run("update-index", "--index-info", data=("\n".join(rows) + "\n").encode(), env=env)
        return self.run("write-tree", env=env)

    def _store(self, contents: list[bytes]) -> None:
        stream = b"".join(
            b"blob\nmark :%d\ndata %d\n%s\n" % (number, len(content), content)
            for number, content in enumerate(contents, 1)
        )
        marks = self.directory / "proof.marks"
        self.run("fast-import", "--quiet", f"--export-marks={marks}", data=stream)
        names = dict(line.split() for line in marks.read_text().splitlines())
        for number, content in enumerate(contents, 1):
            self._blobs[id(content)] = names[f":{number}"]
            self._kept.append(content)

    def commit(self, tree: str, parent: str | None = None) -> str:
        key = tree, parent
        if key not in self._commits:
            words = ("-p", parent) if parent else ()
            self._commits[key] = self.run("commit-tree", tree, *words, "-m", "x")
        return self._commits[key]

    def merge(self, base: str, ours: str, theirs: str) -> Merge:
        """Merge as `git rebase` does: `theirs` is what the patch goes onto; all are trees."""
        key = base, ours, theirs
        if key not in self._merges:
            self._merges[key] = self._merge(base, ours, theirs)
        return self._merges[key]

    def _merge(self, base: str, ours: str, theirs: str) -> Merge:
        start = self.commit(base)
        one, two = self.commit(theirs, start), self.commit(ours, start)
        done = subprocess.run(
            ["git", "-c", "merge.conflictStyle=diff3", "merge-tree", "--write-tree", "--name-only",
             "--no-messages", one, two],
            cwd=self.directory,
            env=os.environ | _ENVIRONMENT | {"GIT_DIR": str(self.directory)},
            capture_output=True,
            check=False,
        )  # fmt: skip
        if done.returncode not in (0, 1):
            raise AssertionError(done.stderr.decode()[-500:])
        tree, *paths = done.stdout.decode("utf-8", "surrogateescape").splitlines()
        return Merge(tree, tuple(dict.fromkeys(path for path in paths if path)))

    def read(self, tree: str, path: str) -> bytes | None:
        done = subprocess.run(
            ["git", "cat-file", "-p", f"{tree}:{path}"],
            cwd=self.directory,
            env=os.environ | _ENVIRONMENT | {"GIT_DIR": str(self.directory)},
            capture_output=True,
            check=False,
        )
        return done.stdout if done.returncode == 0 else None

    def differing(self, one: str, two: str) -> list[str]:
        """Name the files in which two trees differ."""
        return self.run("diff-tree", "-r", "--name-only", one, two).splitlines()


Region = tuple[list[bytes], list[bytes], list[bytes]]
"""Theirs, base and ours of one conflict."""


def regions(content: bytes) -> list[Region]:
    """Read the conflicts of a file with diff3 markers."""
    found: list[Region] = []
    sides: list[list[bytes]] | None = None
    for line in content.splitlines(keepends=True):
        if line.startswith(b"<<<<<<< "):
            sides = [[]]
        elif sides is not None and line.startswith((b"||||||| ", b"=======\n")) and len(sides) < 3:
            sides.append([])
        elif sides is not None and line.startswith(b">>>>>>> "):
            if len(sides) == 3:
                found.append((sides[0], sides[1], sides[2]))
            sides = None
        elif sides is not None:
            sides[-1].append(line)
    return found
