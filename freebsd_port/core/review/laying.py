"""A series laid over the files of one release: each hunk with its place, scope and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from freebsd_port.core.change import FileChange
from freebsd_port.core.draft import Draft
from freebsd_port.core.file import Tree
from freebsd_port.core.hunk import Hunk
from freebsd_port.core.patch import Patch, reverse_patch
from freebsd_port.core.place import Miss, Placement
from freebsd_port.core.plan import HunkOutcome
from freebsd_port.core.planner import apply_patch
from freebsd_port.core.review.enclosing import indent_of, name_scope
from freebsd_port.core.review.facts import FileFacts
from freebsd_port.core.review.identity import (
    changed_lines,
    digest_content,
    name_hunk,
    number_names,
)
from freebsd_port.core.series import SeriesEntry

Lines = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class LaidHunk:
    """One hunk on one release."""

    hunk: Hunk
    path: str
    number: int
    """1-based within its file change."""

    total: int
    result: Placement | Miss | None
    """None where the file itself is not there."""

    line: int | None
    """1-based line at which its old side starts, in the file with the earlier patches on; None
    where it has no place."""

    scope: str | None
    content: str
    id: str


@dataclass(frozen=True, slots=True)
class LaidPatch:
    """One patch on one release."""

    name: str
    hunks: tuple[LaidHunk, ...]
    files: tuple[FileFacts, ...]


class Layer:
    """Lays patch after patch over a tree; keeps what the next one needs."""

    def __init__(self, tree: Tree) -> None:
        self._draft = Draft(tree)
        self._lines: dict[str, Lines | None] = {}

    def lay(self, entry: SeriesEntry, patch: Patch, *, is_named: bool = True) -> LaidPatch:
        """Put the next patch on; equal hunks have equal ids yet.

        `is_named` False leaves out scopes, for a patch whose ids nobody asks for.
        """
        outcome = apply_patch(self._draft, entry, patch, 0)
        files = tuple(self._advance(path) for path in outcome.paths)
        before = {file.path: file.before for file in files}
        outcomes = {hunk.line: hunk for hunk in outcome.hunks}
        changes = reverse_patch(patch).changes if entry.reverse else patch.changes
        hunks = [
            hunk
            for change in changes
            for hunk in _lay_change(entry, change, outcomes, before if is_named else {})
        ]
        return LaidPatch(entry.name, tuple(hunks), files)

    def _advance(self, path: str) -> FileFacts:
        """Give the file before and after the patch, which is the file before the next one."""
        before = self._lines[path] if path in self._lines else self._draft.original(path)
        after = self._lines[path] = self._draft.lines(path)
        return FileFacts(path, before, after)


def _lay_change(
    entry: SeriesEntry,
    change: FileChange,
    outcomes: Mapping[int, HunkOutcome],
    before: Mapping[str, Lines | None],
) -> Iterator[LaidHunk]:
    grown = 0
    for number, hunk in enumerate(change.hunks, 1):
        outcome = outcomes.get(hunk.line)
        path = outcome.path if outcome else next(iter(announced_paths(entry, change)), "?")
        result = outcome.result if outcome else None
        line = scope = None
        if isinstance(result, Placement):
            line = max(result.line - grown, 1)
            scope = _scope(path, before.get(path), hunk, line)
            grown += len(hunk.new) - len(hunk.old)
        content = digest_content(hunk)
        name = name_hunk(content, scope)
        yield LaidHunk(*(hunk, path, number, len(change.hunks), result, line, scope, content, name))


def _scope(path: str, lines: Lines | None, hunk: Hunk, line: int) -> str | None:
    """Name what the hunk's first change is in."""
    if not lines or not path.endswith(".py"):
        return None
    indent = next((indent_of(t[1:]) for t in changed_lines(hunk) if t[1:].strip()), 0)
    return name_scope(lines, min(line - 1 + hunk.leading, len(lines)), indent)


def announced_paths(entry: SeriesEntry, change: FileChange) -> tuple[str, ...]:
    """Give the paths that a change names, the new one first; which is meant is not known yet."""
    names = [side.name for side in (change.new, change.old) if side and side.name]
    texts = [name.decode("utf-8", "backslashreplace") for name in names]
    return tuple("/".join(text.split("/")[entry.strip :]) or text for text in texts)


def number_patches(patches: Iterable[LaidPatch]) -> tuple[LaidPatch, ...]:
    """Give the patches with ids that tell equal hunks of the series apart."""
    laid = tuple(patches)
    ids = iter(number_names(hunk.id for patch in laid for hunk in patch.hunks))
    return tuple(
        replace(patch, hunks=tuple(replace(hunk, id=next(ids)) for hunk in patch.hunks))
        for patch in laid
    )
