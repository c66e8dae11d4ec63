"""What a rule is: a question that is asked of every patch. The other modules here are the rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.review.facts import Level
from freebsd_port.engine.core.review.hunk_text import HunkTextLine

_TEST_FILE = re.compile(r"(^|/)(tests?|functional)/|(^|/)test_[^/]*\.py$|_test\.py$")


@dataclass(frozen=True, slots=True)
class ReadHunk:
    """A hunk as rules read it."""

    id: str
    path: str
    line: int
    """1-based line of the patch file on which it starts."""

    lines: tuple[HunkTextLine, ...]


@dataclass(frozen=True, slots=True)
class ReadPatch:
    """A patch as rules read it."""

    patch: Patch
    hunks: tuple[ReadHunk, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where a patch does not do what a rule asks."""

    line: int
    """1-based line of the patch file."""

    message: str
    hunk: str | None = None
    """The id of the hunk; None if the remark concerns the patch as a whole."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; its module names it RULE."""

    name: str
    """Lower case with hyphens; JSON and SARIF use it."""

    level: Level
    asks: str
    """What it asks of a patch, in a sentence."""

    flags: str
    """What it remarks on, as docs/review.md lists it."""

    spares: str
    """What looks similar but gets no remark, as docs/review.md lists it."""

    find: Callable[[ReadPatch], Iterable[Spot]]


def in_each_hunk(
    find: Callable[[Sequence[HunkTextLine]], Iterable[tuple[int, str]]],
    *,
    where: Callable[[str], bool] = lambda path: True,
) -> Callable[[ReadPatch], Iterator[Spot]]:
    """Make a search of a patch from a search of one hunk's lines, which gives lines and messages.

    Only hunks of files are searched for whose path `where` is true.
    """

    def find_in_patch(read: ReadPatch) -> Iterator[Spot]:
        for hunk in read.hunks:
            if where(hunk.path):
                for line, message in find(hunk.lines):
                    yield Spot(line, message, hunk.id)

    return find_in_patch


def is_test(path: str) -> bool:
    """Tell whether the file is one of tests."""
    return bool(_TEST_FILE.search(path))
