"""A generated series: dependent patches over given files, the same bytes on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from freebsd_port.engine.core.text.file import split_lines

CONTEXT = 3
SPOTS = 3
PATCHES_A_FILE = 3
"""Consecutive patches that change the same file before the series goes on to the next."""

FEWEST_LINES = 200
"""Files shorter than this have no room for the spots."""

_HEADER = """\
From: freebsd-port <bench@example.org>
Date: Sat, 21 Nov 2026 00:00:00 +0000
Subject: bench: change {number} of {path}
Origin: vendor
Forwarded: not-needed
Last-Update: 2026-11-21

Generated to measure tools. Its context and the lines it removes are what
earlier patches of the series left, so that it applies only after them.
---
"""


@dataclass(frozen=True, slots=True)
class GeneratedSeries:
    """Patches in order, and what they make of the files."""

    patches: tuple[tuple[str, bytes], ...]
    """(name, text); names sort in the order of the series."""

    after: dict[str, bytes]
    """Every file that some patch changes, as the whole series leaves it."""


@dataclass(slots=True)
class _File:
    path: str
    lines: list[bytes]
    spots: list[int] = field(init=False)
    """0-based index of the line that was changed last, at each place where patches gather."""

    times: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.spots = [len(self.lines) * (n + 1) // (SPOTS + 1) for n in range(SPOTS)]
        self.times = [0] * SPOTS


def select_files(files: Mapping[str, bytes], count: int = 40) -> tuple[str, ...]:
    """Choose the modules to patch: a quarter of them the largest, the rest of every size."""
    fit = [path for path, content in files.items() if _is_fit(path, content)]
    by_size = sorted(fit, key=lambda path: (-len(files[path]), path))
    large, rest = by_size[: count // 4], by_size[count // 4 :]
    step = max(len(rest) / (count - len(large)), 1)
    spread = [rest[int(n * step)] for n in range(min(count - len(large), len(rest)))]
    return tuple(path for pair in _alternate(large, spread) for path in pair)


def _alternate(large: list[str], spread: list[str]) -> list[list[str]]:
    """Put a large file before every third other, so that short series have both."""
    return [[*large[n : n + 1], *spread[n * 3 : n * 3 + 3]] for n in range(len(spread) // 3 + 1)]


def _is_fit(path: str, content: bytes) -> bool:
    is_module = path.endswith(".py") and "/tests/" not in path
    return is_module and content.endswith(b"\n") and content.count(b"\n") >= FEWEST_LINES


def generate_series(files: Mapping[str, bytes], count: int) -> GeneratedSeries:
    """Make `count` patches over the files, in the files' order.

    Each has one to three hunks in one or two files, at places that earlier patches changed.
    """
    drafts = [_File(path, split_lines(content)) for path, content in files.items()]
    patches: list[tuple[str, bytes]] = []
    changed: dict[str, _File] = {}
    for number in range(1, count + 1):
        turn = (number - 1) // PATCHES_A_FILE
        main, other = drafts[turn % len(drafts)], drafts[(turn + 1) % len(drafts)]
        parts = [_HEADER.format(number=number, path=main.path).encode()]
        parts += _change(main, range(1 + (number % 3 > 0)), number)
        if number % 3 == 2:
            parts += _change(other, range(2, 3), number)
            changed[other.path] = other
        changed[main.path] = main
        patches.append((f"{number:04}-change.patch", b"".join(parts)))
    after = {path: b"".join(draft.lines) for path, draft in sorted(changed.items())}
    return GeneratedSeries(tuple(patches), after)


def _change(file: _File, spots: range, number: int) -> list[bytes]:
    """Change the file at some of its spots, top down; give the diff."""
    parts = [f"--- a/{file.path}\n+++ b/{file.path}\n".encode()]
    grown = 0
    for spot in spots:
        hunk, added = _hunk(file, spot, number, grown)
        parts += hunk
        grown += added
    return parts


def _hunk(file: _File, spot: int, number: int, grown: int) -> tuple[list[bytes], int]:
    """Add two lines below the spot's last; every third time the upper one replaces that line.

    `grown` is what earlier hunks of this diff added. Gives the hunk and what it adds itself.
    """
    at = file.spots[spot]
    replaces = file.times[spot] % 3 == 2
    kept = at if replaces else at + 1
    old = file.lines[kept : at + 1]
    new = [f"# change {number}, place {spot}, line {n}\n".encode() for n in (1, 2)]
    before = file.lines[kept - CONTEXT : kept]
    behind = file.lines[at + 1 : at + 1 + CONTEXT]
    file.lines[kept : at + 1] = new
    added = len(new) - len(old)
    for later in range(spot, SPOTS):
        file.spots[later] += added
    file.times[spot] += 1
    start, around = kept - len(before) + 1, len(before) + len(behind)
    header = f"@@ -{start - grown},{around + len(old)} +{start},{around + len(new)} @@\n"
    body = [
        *(b" " + line for line in before),
        *(b"-" + line for line in old),
        *(b"+" + line for line in new),
        *(b" " + line for line in behind),
    ]
    return [header.encode(), *body], added
