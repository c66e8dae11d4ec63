"""Planning: a series applied to a tree in memory, before anything is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from freebsd_port.engine.core.apply.changed_file import ChangedFile, find_target
from freebsd_port.engine.core.apply.draft import Draft, DraftFile
from freebsd_port.engine.core.apply.place import (
    Cursor,
    Miss,
    Placement,
    differ_in_line_ends,
    finish_lines,
    is_glued,
    place_hunk,
    splice_hunk,
)
from freebsd_port.engine.core.apply.plan import (
    Edit,
    HunkOutcome,
    MissError,
    PatchOutcome,
    Plan,
    ReadingError,
)
from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import Patch, reverse_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import PathError, Tree
from freebsd_port.errors import PortError

_COMMIT = re.compile(rb"^(?:From [0-9a-f]{40} |commit [0-9a-f]{40}$)", re.MULTILINE)


def plan_series(
    tree: Tree, patches: Iterable[tuple[SeriesEntry, Patch]], *, max_fuzz: int = 0
) -> Plan:
    """Apply the patches in memory, each over what the ones before it left.

    A hunk that has no place is left out and reported; the rest goes on, so that every failure
    of every patch is found in one pass. An empty series gives an empty plan.
    """
    draft = Draft(tree)
    outcomes = tuple(apply_patch(draft, entry, patch, max_fuzz) for entry, patch in patches)
    edits = tuple(
        Edit(path, before, after)
        for path, before, after in draft.changes()
        if (before is None) != (after is None)
        or (before and after and (before.content, before.mode) != (after.content, after.mode))
    )
    return Plan(edits, outcomes)


def apply_patch(draft: Draft, entry: SeriesEntry, patch: Patch, max_fuzz: int) -> PatchOutcome:
    """Apply one patch to a draft, as far as its hunks have places."""
    if entry.reverse:
        patch = reverse_patch(patch)
    commits = () if entry.reverse else _split_commits(patch)
    other = draft.fork() if commits else draft
    hunks, paths, problems = _apply_changes(draft, entry, patch.changes, max_fuzz)
    draft.end_patch()
    touched = tuple(dict.fromkeys(paths))
    for path in touched:
        try:
            draft.require_room(path)
        except PathError as error:
            problems.append(PathError(error.what, where=f"patches/{entry.name}"))
    if len(touched) < len(patch.changes):
        hunks = _number_by_file(hunks)
    if commits:
        problems += _compare_readings(draft, other, entry, commits, max_fuzz, problems)
    return PatchOutcome(entry.name, tuple(hunks), touched, tuple(problems), patch.omissions)


def _number_by_file(hunks: Sequence[HunkOutcome]) -> list[HunkOutcome]:
    """Count on where a patch has several diffs of one file, so that a number names one hunk."""
    totals = Counter(hunk.path for hunk in hunks)
    seen: Counter[str] = Counter()
    numbered = []
    for hunk in hunks:
        seen[hunk.path] += 1
        numbered.append(replace(hunk, number=seen[hunk.path], total=totals[hunk.path]))
    return numbered


def _apply_changes(
    draft: Draft, entry: SeriesEntry, changes: Sequence[FileChange], max_fuzz: int
) -> tuple[list[HunkOutcome], list[str], list[PortError]]:
    """Give the outcome of each hunk, the paths touched, repeats included, and the problems."""
    hunks: list[HunkOutcome] = []
    paths: list[str] = []
    problems: list[PortError] = []
    for change in changes:
        try:
            target, outcomes = _apply_change(draft, entry, change, max_fuzz, problems)
        except PathError as error:
            where = f"patches/{entry.name}:{change.line}"
            problems.append(PathError(error.what, where=error.where or where, hint=error.hint))
        except MissError as error:
            problems.append(error)
        else:
            hunks += outcomes
            paths += (target.source, target.path) if change.is_rename else (target.path,)
    return hunks, paths, problems


def _split_commits(patch: Patch) -> tuple[tuple[FileChange, ...], ...]:
    """Give the changes commit by commit where git wrote several to the patch, else nothing."""
    if len(patch.changes) < 2 or not any(change.is_git for change in patch.changes):
        return ()
    starts = {0}
    for number, change in enumerate(patch.changes):
        for match in _COMMIT.finditer(change.preamble):
            is_behind = b"\ndiff --git " not in change.preamble[match.start() :]
            starts.add(number + (is_behind and not change.hunks))
    starts.discard(len(patch.changes))
    order = sorted(starts)
    stops = [*order[1:], len(patch.changes)]
    commits = tuple(patch.changes[i:j] for i, j in zip(order, stops, strict=True))
    return commits if len(commits) > 1 else ()


def _compare_readings(
    draft: Draft,
    other: Draft,
    entry: SeriesEntry,
    commits: Sequence[Sequence[FileChange]],
    max_fuzz: int,
    problems: Sequence[PortError],
) -> list[ReadingError]:
    """See whether the commits come out the same when each one ends before the next begins.

    GNU patch does not know where one commit ends, so that a copy or rename may read a file as it
    was before all of them.
    """
    paths: list[str] = []
    for changes in commits:
        _, touched, faults = _apply_changes(other, entry, changes, max_fuzz)
        other.end_patch()
        if faults:
            return []
        paths += touched
    differing = [path for path in dict.fromkeys(paths) if not _is_same(draft, other, path)]
    if not differing and not problems:
        return []
    return [
        ReadingError(
            f"the patch holds {len(commits)} commits that have to be applied one after the other",
            where=f"{entry.name}, {', '.join(differing)}" if differing else entry.name,
            hint="take it out of the series, and freebsd-port import makes a patch of each commit",
        )
    ]


def _is_same(draft: Draft, other: Draft, path: str) -> bool:
    """Compare content and whether the file may be executed: a new file has no mode yet."""
    one, two = draft.state(path), other.state(path)
    if one is None or two is None:
        return one is two
    return one[0] == two[0] and (one[1] or 0) & 0o111 == (two[1] or 0) & 0o111


def _apply_change(
    draft: Draft,
    entry: SeriesEntry,
    change: FileChange,
    max_fuzz: int,
    problems: list[PortError],
) -> tuple[ChangedFile, list[HunkOutcome]]:
    where = f"{entry.name}:{change.hunks[0].line if change.hunks else change.line}"
    require_text(change, where)
    target = find_target(change, entry.strip, draft.exists, draft.has_directory)
    if target is None:
        raise MissError("the file to patch does not exist", where=f"{where}, {_names(change)}")
    file = draft.open(target, is_git=change.is_git)
    lines = file.lines if file else []
    cursor = Cursor()
    outcomes: list[HunkOutcome] = []
    total = len(change.hunks)
    for number, hunk in enumerate(change.hunks, 1):
        result = place_hunk(lines, hunk, cursor, max_fuzz)
        at_start = isinstance(result, Placement) and result.line - cursor.grown == 1
        if at_start and change.creates == 2 and lines:
            result = Miss(1, 0, len(hunk.old), tuple(lines) == hunk.new)
        if isinstance(result, Placement) and is_glued(hunk, result, cursor):
            result = Miss(result.line, len(hunk.old), len(hunk.old), False)
        if isinstance(result, Placement):
            splice_hunk(lines, hunk, result, cursor)
        else:
            problems.append(_miss_error(entry, target.path, number, total, hunk, result, lines))
        outcomes.append(HunkOutcome(target.path, number, total, hunk.line, result))
    _finish_change(draft, change, target, file, finish_lines(lines, cursor), where)
    return target, outcomes


def _finish_change(
    draft: Draft,
    change: FileChange,
    target: ChangedFile,
    file: DraftFile | None,
    lines: list[bytes],
    where: str,
) -> None:
    """Write or remove the file as the hunks and the header leave it."""
    if change.deletes == 2 and not lines:
        draft.remove(target.path, file)
        return
    mode = file.mode if file else None
    sets_mode = change.new_mode is not None and change.new_mode != change.old_mode
    if sets_mode and change.new_mode is not None:
        mode = change.new_mode
    is_moved = change.is_rename or change.is_copy
    if change.hunks or sets_mode or is_moved:
        permissions = mode & 0o777 if mode is not None else None
        draft.write(target.path, DraftFile(lines, permissions), is_new=change.creates == 2)
    if change.is_rename:
        draft.remove(target.source, file)
    if change.deletes == 2:
        raise MissError("the file to delete holds more than the patch removes", where=where)


def require_text(change: FileChange, where: str) -> None:
    """Raise MissError for a binary change, PathError for one of a link or another special file."""
    if change.is_binary:
        raise MissError("git binary patches are not supported", where=where)
    for mode in (change.old_mode, change.new_mode):
        if mode is not None and mode & 0o170000 not in (0, 0o100000):
            raise PathError(
                f"only regular files can be patched, the patch says mode {mode:o}", where=where
            )


def _names(change: FileChange) -> str:
    names = [n.name for n in (change.old, change.new) if n and n.name]
    shown = [name.decode("utf-8", "backslashreplace") for name in dict.fromkeys(names)]
    return " or ".join(shown) or "no name in the header"


def _miss_error(
    entry: SeriesEntry,
    path: str,
    number: int,
    total: int,
    hunk: Hunk,
    miss: Miss,
    lines: list[bytes],
) -> MissError:
    found = f"best partial match at {miss.line} ({miss.matching} of {miss.total} lines)"
    if miss.is_already_there:
        found = "the file already has the new side"
    elif differ_in_line_ends(lines, hunk):
        found = "the line endings differ: LF in one, CR LF in the other"
    elif miss.matching == miss.total and hunk.trailing < hunk.leading:
        found += "; with less context after than before, it must be at the end of the file"
    return MissError(
        f"hunk {number} of {total} in {entry.name} does not fit",
        where=f"{path}, patch line {hunk.line}; {found}",
    )
