"""What must hold of a case, whatever its patches are."""

from __future__ import annotations

import re
from pathlib import Path

from fuzz.histories import Case
from fuzz.judges import Result, apply_git, apply_gnu, apply_ours, apply_second

REFUSED_BY_US = (
    "lines than its header says",
    "belongs to no hunk",
    "stands below no names of a file",
    "no hunk follows the names",
    "only unified diffs",
    "only regular files",
    "cannot be made",
    "git's header lines above it are not of",
)
"""What GNU patch takes and we refuse by line; docs/quilt-differences.md says why."""

_SPACES = re.compile(rb"^diff --git (?:\"[^\"]*\"|\S+) (?:\"[^\"]*\"|\S+) \S", re.MULTILINE)
SEVERAL_COMMITS = "commits that have to be applied one after the other"


def check(case: Case, fuzz: int, room: Path) -> tuple[str, str | None]:
    """Give how the case ended, and what is wrong with that or None."""
    ours = apply_ours(case.files, case.patches, fuzz)
    gnu = apply_gnu(case.files, case.patches, fuzz, room)
    if ours.files is None:
        return _check_refusal(case, ours, gnu)
    if gnu.files is None:
        return _check_spaces(case, ours, gnu)
    if ours.files != gnu.files:
        return "accepted", f"GNU patch makes other files: {_differing(ours, gnu)}"
    if case.wanted is not None:
        if ours.files != case.wanted:
            return "accepted", f"git has other files: {_differing(ours, Result(case.wanted))}"
        second = apply_second(case.files, case.patches)
        if fuzz == 0 and second.files != ours.files:
            said = second.said or _differing(ours, second)
            return "accepted", f"the second applier makes other files: {said}"
        return "accepted, as git has it", None
    git = apply_git(case.files, case.patches, room)
    if git.files is not None and git.files != ours.files:
        return "accepted, git apply differs", None
    return "accepted", None


def has_spaces(case: Case) -> bool:
    """Tell whether a git header has spaces in a name, where GNU patch and quilt read none."""
    return any(_SPACES.search(patch) for patch in case.patches)


def _check_spaces(case: Case, ours: Result, gnu: Result) -> tuple[str, str | None]:
    """Git's header with spaces in a name is more than GNU patch reads; git is the judge."""
    if not has_spaces(case):
        return "accepted", f"we accept what GNU patch refuses: {gnu.said}"
    if case.wanted is not None and case.wanted != ours.files:
        return "accepted", f"git has other files: {_differing(ours, Result(case.wanted))}"
    return "accepted, spaces in a name", None


def _check_refusal(case: Case, ours: Result, gnu: Result) -> tuple[str, str | None]:
    if gnu.files is None:
        return "refused by both", None
    if SEVERAL_COMMITS in ours.said:
        if case.wanted is not None and gnu.files == case.wanted:
            return "refused", f"we refuse what GNU patch and git agree on: {ours.said}"
        return "refused: several commits", None
    if case.wanted is not None or not any(text in ours.said for text in REFUSED_BY_US):
        return "refused", f"we refuse what GNU patch takes: {ours.said}"
    return "refused by us", None


def _differing(one: Result, other: Result) -> str:
    first, second = one.files or {}, other.files or {}
    paths = sorted(
        path for path in first.keys() | second.keys() if first.get(path) != second.get(path)
    )
    return ", ".join(f"{path}: {first.get(path)} and {second.get(path)}" for path in paths)
