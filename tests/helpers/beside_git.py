"""A series rebased by freebsd-port and, as commits, by `git rebase`, and what differs.

The patches that we write are applied with GNU patch, so that nothing of ours judges itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from git_environment import GIT_ENVIRONMENT

from freebsd_port.engine.core.rebase.outcome import RebasedHunk, RebasedPatch
from freebsd_port.engine.ops.rebase import flow
from freebsd_port.engine.ops.rebase.series import (
    SeriesRebasing,
    SeriesRequest,
    find_place,
    start_series,
)

Tree = str
"""The name of a tree object."""


@dataclass(frozen=True)
class SeriesLine:
    """One patch of a series, with what `patch` is to be told."""

    name: str
    words: tuple[str, ...]


@dataclass
class PatchRow:
    """What became of one patch."""

    name: str
    hunks: int
    ours: list[str]
    """Our outcome of each hunk."""

    by_git: str = "clean"
    """clean, conflict or dropped."""

    git_conflicts: int = 0
    """Hunks of it in a conflict of git's."""

    faults: list[str] = field(default_factory=list)


@dataclass
class Comparison:
    """A whole series."""

    rows: list[PatchRow]

    @property
    def faults(self) -> list[str]:
        return [f"{row.name}: {fault}" for row in self.rows for fault in row.faults]

    def count(self, *outcomes: str) -> int:
        """Count our hunks with one of these outcomes."""
        return sum(outcome in outcomes for row in self.rows for outcome in row.ours)


class Repository:
    """A repository with two trees and a branch of patches; worktrees beside it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.work = directory / "by-git"
        self.work.mkdir(parents=True)
        self.run("init", "-q", "-b", "start")
        for name, value in (
            ("merge.conflictStyle", "merge"),
            ("core.autocrlf", "false"),
            ("core.fileMode", "true"),
            ("advice.skippedCherryPicks", "false"),
            ("gc.auto", "0"),
        ):
            self.run("config", name, value)
        attributes = "* !text !eol !ident !filter !merge !diff !working-tree-encoding\n"
        (self.work / ".git/info/attributes").write_text(attributes)

    def try_run(
        self, *words: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["git", *words],
            cwd=self.work,
            env=os.environ | GIT_ENVIRONMENT | (env or {}),
            capture_output=True,
            check=False,
        )

    def run(self, *words: str, env: dict[str, str] | None = None) -> str:
        done = self.try_run(*words, env=env)
        if done.returncode:
            raise AssertionError(f"git {' '.join(words)}: {done.stderr.decode()[-800:]}")
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def fill(self, source: Path) -> None:
        """Make the worktree hold these files and no other."""
        for path in self.work.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.copytree(source, self.work, symlinks=True, dirs_exist_ok=True)

    def commit(self, subject: str) -> None:
        self.run("add", "-A", "-f")
        self.run("commit", "-q", "--allow-empty", "--no-verify", "-m", subject)

    def tree_of(self, directory: Path) -> Tree:
        """Store a directory as a tree object."""
        env = {
            "GIT_DIR": str(self.work / ".git"),
            "GIT_WORK_TREE": str(directory),
            "GIT_INDEX_FILE": str(self.directory / f"{directory.name}.index"),
        }
        self.run("add", "-A", "-f", ".", env=env)
        return self.run("write-tree", env=env)


def read_lines(series: Path) -> Iterator[SeriesLine]:
    """Read a quilt series: a name, and words for `patch`."""
    for line in series.read_text("utf-8", "surrogateescape").splitlines():
        words = re.sub(r"(^|\s)#.*", "", line).split()
        if words:
            yield SeriesLine(words[0], tuple(words[1:]) or ("-p1",))


def apply_with_patch(directory: Path, patch: Path, words: Sequence[str], fuzz: int) -> str | None:
    """Apply with GNU patch; give what it said when that failed."""
    done = subprocess.run(
        ["patch", *words, f"-F{fuzz}", "-s", "-f", "-N", "--no-backup-if-mismatch", "-i", patch],
        cwd=directory,
        capture_output=True,
        check=False,
    )
    if done.returncode and b"Only garbage was found" not in done.stdout + done.stderr:
        return (done.stdout + done.stderr).decode("utf-8", "replace")
    return None


def rebase_with_us(
    series: Path, patches: Path, old: Path, new: Path, output: Path
) -> tuple[RebasedPatch, ...]:
    """Rebase into a directory, leaving out what is in conflict; give our outcome of each patch."""
    rebasing = SeriesRebasing(output.absolute(), True, "freebsd-port rebase", lambda message: None)
    request = SeriesRequest(find_place(series, patches), str(old), str(new))
    carried = start_series(rebasing, request).carried
    found = {one.name: one for one in carried.patches}
    skipped: dict[str, str] = {}
    while not carried.is_whole:  # as --skip would have it, one after the other
        named = [one.name for one in carried.patches if one.state == "conflict"]
        skipped |= dict.fromkeys(named, "in conflict")
        begun = flow.read_rebase(rebasing.root)
        assert begun
        assert named
        state = replace(begun[0], stopped=None, unfinished=(), skipped=dict(skipped))
        rebasing.store(state).save(state)
        carried = flow.continue_rebase(rebasing).carried
        waited = (one for one in carried.patches if found[one.name].state == "waiting")
        found |= {one.name: one for one in waited}
    return tuple(found.values())


def compare(series: Path, patches: Path, old: Path, new: Path, work: Path) -> Comparison:
    """Rebase both ways in a work directory, and compare patch by patch and hunk by hunk."""
    lines = list(read_lines(series))
    repository = Repository(work)
    repository.fill(old)
    repository.commit("old")
    start = repository.run("rev-parse", "HEAD")
    for line in lines:
        said = apply_with_patch(repository.work, patches / line.name, line.words, 2)
        if said is not None:
            raise AssertionError(f"{line.name} does not apply: {said}")
        repository.commit(line.name)
    repository.run("branch", "topic")
    repository.run("checkout", "-q", "-b", "new", start)
    repository.fill(new)
    repository.commit("new")
    onto = repository.run("rev-parse", "HEAD")
    found = rebase_with_us(series, patches, old, new, work / "rebased")
    trees = _apply_ours(repository, work / "rebased", new)
    rows = {
        one.name: PatchRow(one.name, len(one.hunks), [hunk.outcome for hunk in one.hunks])
        for one in found
    }
    _rebase_with_git(repository, onto, start, rows, trees, patches, found)
    return Comparison(list(rows.values()))


def _apply_ours(repository: Repository, rebased: Path, new: Path) -> dict[str, Tree]:
    """Apply our series to the new tree without fuzz; give the tree after each patch."""
    directory = repository.directory / "by-us"
    shutil.copytree(new, directory, symlinks=True)
    trees = {}
    for line in read_lines(rebased / "series"):
        said = apply_with_patch(directory, rebased / line.name, line.words, 0)
        if said is not None:
            raise AssertionError(f"our {line.name} does not apply: {said}")
        trees[line.name] = repository.tree_of(directory)
    return trees


def _rebase_with_git(
    repository: Repository,
    onto: str,
    start: str,
    rows: dict[str, PatchRow],
    trees: dict[str, Tree],
    patches: Path,
    found: Sequence[RebasedPatch],
) -> None:
    """Run git rebase; where git has a conflict and we have none, it takes our tree."""
    outcomes = {one.name: one for one in found}
    done = repository.try_run("rebase", "--onto", onto, start, "topic")
    skipped: set[str] = set()
    while (repository.work / ".git/rebase-merge").exists():
        name = repository.run("log", "-1", "--format=%s", "REBASE_HEAD")
        row = rows[name]
        row.by_git = "conflict"
        _note_conflicts(repository, row, patches / name, outcomes[name].hunks)
        if "conflict" not in row.ours and name in trees:
            repository.run("read-tree", "--reset", "-u", trees[name])
            same = repository.run("rev-parse", "HEAD^{tree}") == trees[name]
            words = ("rebase", "--skip") if same else ("rebase", "--continue")
        else:
            words = ("rebase", "--skip")
        skipped.add(name)
        done = repository.try_run(*words)
    if done.returncode:
        raise AssertionError(f"git rebase: {done.stderr.decode()[-800:]}")
    made = {}
    for row_text in repository.run("log", "--format=%T %s", f"{onto}..topic").splitlines():
        tree, _, name = row_text.partition(" ")
        made[name] = tree
    for name, row in rows.items():
        if row.by_git == "conflict":
            continue
        row.by_git = "clean" if name in made else "dropped"
        if "conflict" in row.ours:
            row.faults.append("git takes it cleanly, and here it is a conflict")
        elif name in made and made[name] != trees.get(name):
            told = repository.run("diff", "--stat", made[name], trees.get(name, onto))
            row.faults.append(f"both are clean, and the results differ:\n{told}")
        elif name not in made and name in trees and row.ours:
            before = _tree_before(repository, rows, trees, name, onto)
            if before != trees[name]:
                row.faults.append("git has nothing left of it, and here something is")


def _tree_before(
    repository: Repository, rows: dict[str, PatchRow], trees: dict[str, Tree], name: str, onto: str
) -> Tree:
    """Give our tree before a patch."""
    before = repository.run("rev-parse", f"{onto}^{{tree}}")
    for other in rows:
        if other == name:
            break
        before = trees.get(other, before)
    return before


def _note_conflicts(
    repository: Repository, row: PatchRow, patch: Path, ours: Sequence[RebasedHunk]
) -> None:
    """Count the hunks in conflicts of git's; a hunk that is in conflict only here is a fault."""
    unmerged = repository.run("diff", "--name-only", "--diff-filter=U", "-z").split("\0")
    status = repository.run("status", "--porcelain", "-z", "--untracked-files=no").split("\0")
    files = {path for path in unmerged if path} | {
        line[3:] for line in status if line[:2] in ("DU", "UD", "AA", "AU", "UA", "DD")
    }
    # the same merge once more, with the base of each conflict and nothing left out of one
    repository.run("reset", "-q", "--hard")
    diff3 = ("-c", "merge.conflictStyle=diff3")
    repository.try_run(*diff3, "cherry-pick", "--no-commit", "REBASE_HEAD")
    regions = {path: list(_regions(repository.work / path)) for path in files}
    is_whole = any(not found for found in regions.values())
    hunks = list(_hunks_of(patch))
    if len(hunks) != row.hunks:  # a file that comes or goes is one of ours, whatever it has
        row.git_conflicts = sum(outcome.path in files for outcome in ours)
    for hunk, outcome in zip(hunks, ours, strict=False):
        found = regions.get(outcome.path)
        if found is None and outcome.outcome == "conflict" and not is_whole:
            row.faults.append(f"{outcome.path} is a conflict only here")
        if len(hunks) == row.hunks and found is not None:
            in_conflict = not found or _is_in(hunk, found)
            row.git_conflicts += in_conflict
            if outcome.outcome == "conflict" and not in_conflict:
                row.faults.append(f"hunk {outcome.number} of {outcome.path} conflicts only here")


Region = tuple[list[bytes], list[bytes]]
"""Lines of the base and of the patch between two markers."""


def _regions(path: Path) -> Iterator[Region]:
    if not path.is_file():
        return
    base: list[bytes] | None = None
    side: list[bytes] | None = None
    for line in path.read_bytes().splitlines():
        if line.startswith(b"||||||| "):
            base, side = [], None
        elif line == b"=======" and base is not None and side is None:
            side = []
        elif line.startswith(b">>>>>>> ") and side is not None and base is not None:
            yield base, side
            base = side = None
        elif side is not None:
            side.append(line)
        elif base is not None:
            base.append(line)


Edit = tuple[list[bytes], list[bytes]]
"""Lines that go and lines that come at one place."""


def _hunks_of(patch: Path) -> Iterator[list[Edit]]:
    """Read the edits of each hunk, as simply as can be."""
    lines = iter(patch.read_bytes().splitlines())
    for line in lines:
        match = re.match(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", line)
        if not match:
            continue
        old, new = (1 if count is None else int(count) for count in match.groups())
        edits: list[Edit] = [([], [])]
        while old > 0 or new > 0:
            text = next(lines, b"")
            if text.startswith(b"-"):
                edits[-1][0].append(text[1:])
            elif text.startswith(b"+"):
                edits[-1][1].append(text[1:])
            elif edits[-1] != ([], []) and not text.startswith(b"\\"):
                edits.append(([], []))
            old -= not text.startswith((b"+", b"\\"))
            new -= not text.startswith((b"-", b"\\"))
        yield [edit for edit in edits if edit != ([], [])]


def _is_in(hunk: list[Edit], regions: Sequence[Region]) -> bool:
    """Tell whether an edit of the hunk stands in a conflict."""
    return any(
        all(line in base for line in gone) and all(line in side for line in come)
        for gone, come in hunk
        for base, side in regions
    )
