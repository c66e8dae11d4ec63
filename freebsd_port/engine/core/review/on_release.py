"""A series on the files of one release: each hunk with its identity, placement and scope.

A hunk's identity survives a rebase: line numbers and context take no part in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from freebsd_port.engine.core.apply.draft import Draft
from freebsd_port.engine.core.apply.place import Miss, Placement
from freebsd_port.engine.core.apply.plan import HunkOutcome
from freebsd_port.engine.core.apply.planner import apply_patch
from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import Patch, reverse_patch
from freebsd_port.engine.core.review.facts import FileFacts
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.source.scope import indent_of, name_scope
from freebsd_port.engine.core.text.file import Tree, hash_bytes

_ID_DIGITS = 12
_CONTENT_DIGITS = 32
"""Enough that nobody makes another hunk with the digest of one that was approved."""


def changed_lines(hunk: Hunk) -> tuple[bytes, ...]:
    """Give its removed and added lines in order, markers and newlines kept."""
    return tuple(line for line in hunk.body if line.startswith((b"+", b"-")))


def digest_content(hunk: Hunk) -> str:
    """Give the digest of what the hunk changes, wherever it does so."""
    return hash_bytes(b"".join(changed_lines(hunk)))[:_CONTENT_DIGITS]


def name_hunk(content: str, scope: str | None) -> str:
    """Give the id of a hunk with this content in this scope, None for the module."""
    return hash_bytes(f"{scope or ''}\n{content}".encode())[:_ID_DIGITS]


def number_names(names: Iterable[str]) -> tuple[str, ...]:
    """Tell repeats apart: the first keeps its name, the others get `-2`, `-3` and so on."""
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return tuple(numbered)


Lines = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class WalkedHunk:
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
class WalkedPatch:
    """One patch on one release."""

    name: str
    hunks: tuple[WalkedHunk, ...]
    files: tuple[FileFacts, ...]


class SeriesWalk:
    """Lays patch after patch over a tree; keeps what the next one needs."""

    def __init__(self, tree: Tree, max_fuzz: int = 0) -> None:
        self._draft = Draft(tree)
        self._max_fuzz = max_fuzz
        self._lines: dict[str, Lines | None] = {}

    def lay(self, entry: SeriesEntry, patch: Patch, *, is_named: bool = True) -> WalkedPatch:
        """Put the next patch on; equal hunks have equal ids yet.

        `is_named` False leaves out scopes, for a patch whose ids nobody asks for.
        """
        outcome = apply_patch(self._draft, entry, patch, self._max_fuzz)
        files = tuple(self._advance(path) for path in outcome.paths)
        before = {file.path: file.before for file in files}
        outcomes = {hunk.line: hunk for hunk in outcome.hunks}
        changes = reverse_patch(patch).changes if entry.reverse else patch.changes
        moves: dict[str, list[_Move]] = {}
        hunks = [
            hunk
            for change in changes
            for hunk in _lay_change(entry, change, outcomes, before if is_named else {}, moves)
        ]
        return WalkedPatch(entry.name, tuple(hunks), files)

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
    moves: dict[str, list[_Move]],
) -> Iterator[WalkedHunk]:
    for number, hunk in enumerate(change.hunks, 1):
        outcome = outcomes.get(hunk.line)
        path = outcome.path if outcome else next(iter(announced_paths(entry, change)), "?")
        result = outcome.result if outcome else None
        line = scope = None
        if isinstance(result, Placement):
            line = max(_line_before(moves.setdefault(path, []), result.line), 1)
            scope = _scope(path, before.get(path), hunk, line)
            moves[path].append(_Move(result.line, len(hunk.old), len(hunk.new)))
        content = digest_content(hunk)
        name = name_hunk(content, scope)
        total = outcome.total if outcome else len(change.hunks)
        number = outcome.number if outcome else number
        yield WalkedHunk(*(hunk, path, number, total, result, line, scope, content, name))


@dataclass(frozen=True, slots=True)
class _Move:
    """A hunk that an earlier part of the patch put on the same file."""

    line: int
    """1-based line at which it starts, in the file as it was by then."""

    old: int
    new: int
    """How many lines its sides have."""


def _line_before(moves: Sequence[_Move], line: int) -> int:
    """Give the line, in the file below the patch, that is at this line behind these hunks.

    A line that one of them added counts as the one at which it starts.
    """
    for move in reversed(moves):
        if line >= move.line + move.new:
            line += move.old - move.new
        elif line > move.line:
            line = min(line, move.line + max(move.old - 1, 0))
    return line


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


def number_patches(patches: Iterable[WalkedPatch]) -> tuple[WalkedPatch, ...]:
    """Give the patches with ids that tell equal hunks of the series apart."""
    laid = tuple(patches)
    ids = iter(number_names(hunk.id for patch in laid for hunk in patch.hunks))
    return tuple(
        replace(patch, hunks=tuple(replace(hunk, id=next(ids)) for hunk in patch.hunks))
        for patch in laid
    )


@dataclass(frozen=True, slots=True)
class Needed:
    """One patch to lay, as far as it matters."""

    entry: SeriesEntry
    patch: Patch
    is_named: bool
    """Whether its ids matter, not only what it leaves in the files."""


def find_relevant(
    series: Sequence[tuple[SeriesEntry, Patch]], names: Collection[str]
) -> list[Needed]:
    """Keep what these patches need: the patches themselves and what is before them in their files.

    Those with an equal hunk stay too, as ids tell repeats apart by their order in the series.
    """
    contents = {
        entry.name: {digest_content(hunk) for change in patch.changes for hunk in change.hunks}
        for entry, patch in series
    }
    named: set[str] = set().union(*(contents.get(name, set()) for name in names))
    wanted = {name for name, found in contents.items() if name in names or found & named}
    paths = {
        path
        for entry, patch in series
        if entry.name in wanted
        for change in patch.changes
        for path in announced_paths(entry, change)
    }
    last = max((n for n, (entry, _) in enumerate(series) if entry.name in wanted), default=-1)
    kept = []
    for entry, patch in series[: last + 1]:
        changes = tuple(
            change for change in patch.changes if paths.intersection(announced_paths(entry, change))
        )
        if changes:
            patch = replace(patch, changes=changes)
            kept.append(Needed(entry, patch, entry.name in wanted))
    return kept
