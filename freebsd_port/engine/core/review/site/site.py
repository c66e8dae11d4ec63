"""The review as a site that needs no server: its pages, data and file histories, path to bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.review.facts import FileFacts, HunkFacts, PatchFacts, SeriesFacts
from freebsd_port.engine.core.review.flags import patch_flags
from freebsd_port.engine.core.review.site.markup import (
    INDEX,
    ORDER,
    SEARCH,
    file_path,
    page_path,
)
from freebsd_port.engine.core.review.site.overview import render_overview
from freebsd_port.engine.core.review.site.page import Frame
from freebsd_port.engine.core.review.site.patch import render_patch_page
from freebsd_port.engine.core.review.site.search import render_search
from freebsd_port.engine.core.text.unseen import decode_line

Lines = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class FileStep:
    """One block of lines exchanged."""

    start: int
    """0-based line of the file before the patch."""

    removed: int
    added: Lines


@dataclass(frozen=True, slots=True)
class FileHistory:
    """All versions of one file, each kept once."""

    base: Lines
    steps: list[tuple[FileStep, ...]]
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


def _steps(file: FileFacts, hunks: Sequence[HunkFacts]) -> tuple[FileStep, ...]:
    """Take the hunks' own blocks where they lead from before to after, else one of all lines."""
    before, after = file.before or (), file.after or ()
    steps = tuple(_step(hunk, hunk.line) for hunk in hunks if hunk.line is not None)
    return steps if _apply(before, steps) == list(after) else _between(before, after)


def _step(hunk: HunkFacts, line: int) -> FileStep:
    old, new, leading = hunk.hunk.old, hunk.hunk.new, hunk.hunk.leading
    return FileStep(
        line - 1 + leading,
        len(old) - leading - hunk.hunk.trailing,
        new[leading : len(new) - hunk.hunk.trailing],
    )


def _apply(before: Lines, steps: tuple[FileStep, ...]) -> list[bytes]:
    lines = list(before)
    for step in reversed(steps):
        lines[step.start : step.start + step.removed] = step.added
    return lines


def _between(before: Lines, after: Lines) -> tuple[FileStep, ...]:
    """Exchange what lies between the lines that both begin and end with."""
    head = 0
    most = min(len(before), len(after))
    while head < most and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < most - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return (FileStep(head, len(before) - head - tail, after[head : len(after) - tail]),)


class Site:
    """A review as pages, each made when it is asked for."""

    def __init__(self, facts: SeriesFacts, *, project: str | None = None) -> None:
        """Take the key of the project where a server that decides stands behind the pages."""
        self._frame = Frame(facts, project)
        self._histories, self._versions = follow_files(facts.patches)
        self._pages = {page_path(patch.name): n for n, patch in enumerate(facts.patches)}
        self._data = {file_path(path): path for path in self._histories}

    def paths(self) -> Iterator[str]:
        """Give the path of everything in the site, the overview last."""
        yield from self._data
        yield ORDER
        yield SEARCH
        yield from self._pages
        yield INDEX

    def read(self, path: str) -> bytes | None:
        """Give what is at a path, or None; the same facts give the same bytes."""
        if path == INDEX:
            return render_overview(self._frame)
        if path == ORDER:
            return _render_order(self._frame.facts.patches)
        if path == SEARCH:
            return render_search(self._frame.facts.patches)
        if path in self._data:
            name = self._data[path]
            return render_history(path, self._histories[name])
        index = self._pages.get(path)
        if index is None:
            return None
        return render_patch_page(self._frame, index, self._versions[index])


def _render_order(patches: tuple[PatchFacts, ...]) -> bytes:
    """Give the pages in the order of the series with their flags, for turning them by key."""
    rows = [[page_path(patch.name), " ".join(sorted(patch_flags(patch)))] for patch in patches]
    return f"freebsdPort.order({json.dumps(rows, separators=(',', ':'))});\n".encode()


def render_history(path: str, history: FileHistory) -> bytes:
    """Give a file as it was released and what each patch makes of it, for the script."""
    value: Mapping[str, object] = {
        "base": [decode_line(line) for line in history.base],
        "steps": [
            [[one.start, one.removed, [decode_line(line) for line in one.added]] for one in step]
            for step in history.steps
        ],
    }
    text = json.dumps(value, separators=(",", ":"))
    return f"freebsdPort.file({json.dumps(path)},{text});\n".encode()
