"""A file through the series: as released, and what each patch that changes it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from freebsd_port.core.review.facts import FileFacts, HunkFacts, PatchFacts

Lines = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Step:
    """One block of lines exchanged."""

    start: int
    """0-based line of the file before the patch."""

    removed: int
    added: Lines


@dataclass(frozen=True, slots=True)
class FileHistory:
    """All versions of one file, each kept once."""

    base: Lines
    steps: list[tuple[Step, ...]]
    """What leads from each version to the next; version 0 is the base."""


def follow_files(
    patches: Sequence[PatchFacts],
) -> tuple[dict[str, FileHistory], list[dict[str, int]]]:
    """Give each file's history, and for each patch the version of its files that it begins with."""
    histories: dict[str, FileHistory] = {}
    versions: list[dict[str, int]] = []
    last: dict[str, Lines] = {}
    for patch in patches:
        begins: dict[str, int] = {}
        for file in patch.files:
            before, after = file.before or (), file.after or ()
            history = histories.setdefault(file.path, FileHistory(before, []))
            if last.get(file.path, before) is not before and last[file.path] != before:
                history.steps.append(_between(last[file.path], before))
            begins[file.path] = len(history.steps)
            hunks = [hunk for hunk in patch.hunks if hunk.path == file.path]
            history.steps.append(_steps(file, hunks))
            last[file.path] = after
        versions.append(begins)
    return histories, versions


def _steps(file: FileFacts, hunks: Sequence[HunkFacts]) -> tuple[Step, ...]:
    """Take the hunks' own blocks where they lead from before to after, else one of all lines."""
    before, after = file.before or (), file.after or ()
    steps = tuple(_step(hunk, hunk.line) for hunk in hunks if hunk.line is not None)
    return steps if _apply(before, steps) == list(after) else _between(before, after)


def _step(hunk: HunkFacts, line: int) -> Step:
    old, new, leading = hunk.hunk.old, hunk.hunk.new, hunk.hunk.leading
    return Step(
        line - 1 + leading,
        len(old) - leading - hunk.hunk.trailing,
        new[leading : len(new) - hunk.hunk.trailing],
    )


def _apply(before: Lines, steps: tuple[Step, ...]) -> list[bytes]:
    lines = list(before)
    for step in reversed(steps):
        lines[step.start : step.start + step.removed] = step.added
    return lines


def _between(before: Lines, after: Lines) -> tuple[Step, ...]:
    """Exchange what lies between the lines that both begin and end with."""
    head = 0
    most = min(len(before), len(after))
    while head < most and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < most - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return (Step(head, len(before) - head - tail, after[head : len(after) - tail]),)
