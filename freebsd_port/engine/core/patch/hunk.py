"""A hunk: one block of a unified diff. Where it lands in a file is placement's business."""

from __future__ import annotations

import re
from dataclasses import dataclass

from freebsd_port.errors import PortError

_HEADER = re.compile(rb"@@ -(\d+)(?:,(\d+))? ?\+(\d+)(?:,(\d+))? ?@@?([^\n]*)")


class HunkError(PortError):
    """A hunk that is not what its own header says."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One block, as written and as the two sides that it stands for."""

    header: bytes
    """The `@@` line as written, newline included."""

    body: tuple[bytes, ...]
    """The lines that follow it as written, markers, newlines and comments included."""

    old_start: int
    """1-based first line of the old side; for an empty old side, the line it goes after."""

    new_start: int
    old: tuple[bytes, ...]
    """Old side: context and removed lines, without markers, newlines kept."""

    new: tuple[bytes, ...]
    """New side: context and added lines, without markers, newlines kept."""

    leading: int
    """Context lines before the first change."""

    trailing: int
    """Context lines after the last change."""

    line: int
    """1-based line of the header in its patch file."""

    @property
    def section(self) -> bytes:
        """Give the text behind the second `@@`, stripped; usually the enclosing function."""
        match = _HEADER.match(self.header)
        return match.group(5).strip() if match else b""


@dataclass(frozen=True, slots=True)
class Range:
    """The four numbers of a hunk header; a count that is left out is 1."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int


def parse_range(header: bytes) -> Range | None:
    """Read the numbers of an `@@` line, or None when it is none.

    Source: POSIX diff, unified format.
    """
    match = _HEADER.match(header)
    if match is None:
        return None
    old_start, old_count, new_start, new_count, _ = match.groups()
    return Range(
        int(old_start),
        1 if old_count is None else int(old_count),
        int(new_start),
        1 if new_count is None else int(new_count),
    )


def render_hunk(hunk: Hunk) -> bytes:
    """Give back the hunk's bytes as they were written."""
    return hunk.header + b"".join(hunk.body)


def reverse_hunk(hunk: Hunk) -> Hunk:
    """Swap the two sides; the written form stays that of the patch file."""
    return Hunk(
        hunk.header,
        hunk.body,
        hunk.new_start,
        hunk.old_start,
        hunk.new,
        hunk.old,
        hunk.leading,
        hunk.trailing,
        hunk.line,
    )
