"""Which hunks the checks ran: what was executed, held against where the hunks' lines are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from freebsd_port.core.file import split_lines
from freebsd_port.core.provenance import HunkLines
from freebsd_port.core.source import statement_lines

Executed = Mapping[str, Mapping[int, frozenset[str]]]
"""Path to executed line (1-based) to the checks that ran it; an empty name is the import."""


@dataclass(frozen=True, slots=True)
class HunkCoverage:
    """What ran of one hunk."""

    hunk: HunkLines
    statements: int
    """Added lines that begin or continue a statement; 0 for a hunk that adds none."""

    executed: int
    """How many of them ran."""

    missed: tuple[int, ...]
    """The lines that no check ran."""

    checks: tuple[str, ...]
    """Names of the checks that ran them, sorted; `import` stands for running at import."""

    excused: tuple[int, ...] = ()
    """The lines that no check ran and that the patch calls native only."""

    @property
    def is_run(self) -> bool:
        """Tell whether a check ran some of it, or there is nothing in it that could run here."""
        return self.executed > 0 or self.statements == len(self.excused)


def cover_hunk(
    hunk: HunkLines, source: bytes, executed: Executed, native_only: Collection[str] = ()
) -> HunkCoverage:
    """Say what of a hunk ran; `source` is its file as the series leaves it.

    A statement ran when any of its lines did. A hunk that only removes counts by its anchor.
    `native_only` are lines, without indentation, whose statements are excused when nothing ran
    them.
    """
    starts = statement_lines(source)
    ran: dict[int, set[str]] = {}
    for line, names in executed.get(hunk.path, {}).items():
        ran.setdefault(starts.get(line, line), set()).update(names)
    lines = [line for line in hunk.added or (hunk.anchor,) if line in starts]
    idle = [line for line in lines if starts[line] not in ran]
    text = split_lines(source) if idle and native_only else []
    statements = {
        starts[line]
        for line in idle
        if text and text[line - 1].strip().decode("utf-8", "replace") in native_only
    }
    missed = tuple(line for line in idle if starts[line] not in statements)
    excused = tuple(line for line in idle if starts[line] in statements)
    checks = {name or "import" for line in lines for name in ran.get(starts[line], ())}
    return HunkCoverage(
        hunk, len(lines), len(lines) - len(idle), missed, tuple(sorted(checks)), excused
    )


def merge_executed(parts: tuple[Executed, ...]) -> Executed:
    """Join what several runs executed."""
    merged: dict[str, dict[int, frozenset[str]]] = {}
    for part in parts:
        for path, lines in part.items():
            into = merged.setdefault(path, {})
            for line, names in lines.items():
                into[line] = into.get(line, frozenset()) | names
    return merged
