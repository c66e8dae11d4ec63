"""A file change with the placement of its hunks on the version that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from freebsd_port.engine.core.apply.changed_file import find_target
from freebsd_port.engine.core.apply.draft import Draft
from freebsd_port.engine.core.apply.place import Cursor, Placement, find_placement, splice_hunk
from freebsd_port.engine.core.apply.planner import apply_patch, require_text
from freebsd_port.engine.core.patch.change import FileChange, find_special, named_paths
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import Patch, repeats_a_file
from freebsd_port.engine.core.rebase.outcome import MisfitError
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.splice import Splice, apply_splices, find_splices, split_hunk

Kind = Literal["edit", "create", "delete", "rename"]


@dataclass(frozen=True, slots=True)
class PlacedHunk:
    """A hunk with its place in a file, and what it does there."""

    hunk: Hunk
    placement: Placement
    start: int
    """0-based line of the file, as no hunk has touched it, at which the old side starts."""

    splices: tuple[Splice, ...]


def place_hunks(
    lines: list[bytes], hunks: Sequence[Hunk], max_fuzz: int = 0
) -> tuple[PlacedHunk, ...]:
    """Find the place of each hunk of one file, up to the first that has none."""
    cursor = Cursor()
    found: list[PlacedHunk] = []
    for hunk in hunks:
        placement = find_placement(lines, hunk, cursor, max_fuzz)
        if placement is None:
            break
        start = placement.line - cursor.grown - 1
        splice_hunk(lines, hunk, placement, cursor)
        found.append(PlacedHunk(hunk, placement, start, split_hunk(hunk, start)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class PlacedChange:
    """What a patch does to one file, every hunk of which has its place."""

    path: str
    """The file as the patch leaves it."""

    kind: Kind
    hunks: tuple[PlacedHunk, ...]
    source: str
    """The file that it reads; another one for a rename only."""

    mode: int | None = None
    """Permission bits that it sets; None leaves them."""

    origin: FileChange | None = None
    """The part of the patch that does all of this and nothing else, if there is one."""

    @property
    def splices(self) -> list[Splice]:
        """Give all that the hunks do, in order."""
        return [splice for hunk in self.hunks for splice in hunk.splices]

    def after(self, version: Version) -> list[bytes] | None:
        """Give the lines as the change leaves them, None where it takes the file away."""
        if self.kind == "delete":
            return None
        return apply_splices(version.lines(self.source) or [], self.splices)


def place_patch(
    version: Version, release: str, patch: Patch, entry: SeriesEntry, max_fuzz: int = 0
) -> list[PlacedChange]:
    """Place a patch on the version that it was made for; one change a file.

    Raises MisfitError when it does not fit.
    """
    is_special = entry.reverse or repeats_a_file(patch, entry.strip)
    if not is_special and not any(find_special(change) for change in patch.changes):
        placed = [
            _place_change(version, release, patch.name, change, entry.strip, max_fuzz)
            for change in patch.changes
        ]
        if len({one.path for one in placed}) == len(placed):
            return placed
    return _place_special(version, release, patch, entry, max_fuzz)


def _place_change(
    version: Version, release: str, name: str, change: FileChange, strip: int, max_fuzz: int
) -> PlacedChange:
    where = f"{name}:{change.hunks[0].line if change.hunks else change.line}"
    require_text(change, where)
    target = find_target(change, strip, version.exists, version.has_directory)
    if target is None:
        raise _misfit(release, "it changes a file that does not exist", where)
    lines = version.lines(target.path)
    hunks = place_hunks(lines or [], change.hunks, max_fuzz)
    if len(hunks) < len(change.hunks) or (change.creates == 2 and lines):
        what = f"hunk {min(len(hunks) + 1, len(change.hunks))} of {len(change.hunks)} does not fit"
        raise _misfit(release, what, where)
    kind: Kind = "edit" if lines is not None else "create"
    if change.deletes == 2:
        if apply_splices(lines or [], [s for hunk in hunks for s in hunk.splices]):
            raise _misfit(release, "the file to delete holds more than it removes", where)
        kind = "delete"
    mode = change.new_mode if kind == "create" else None
    permissions = None if mode is None else mode & 0o777
    return PlacedChange(target.path, kind, hunks, target.path, permissions, change)


def _place_special(
    version: Version, release: str, patch: Patch, entry: SeriesEntry, max_fuzz: int
) -> list[PlacedChange]:
    """Place a patch with renames, modes, a file named twice, or its sides swapped.

    What it does is computed as `apply` does it; its hunks are made anew from that.
    """
    draft = Draft(version)
    outcome = apply_patch(draft, entry, patch, max_fuzz)
    if outcome.problems:
        problem = outcome.problems[0]
        raise _misfit(release, problem.what, problem.where or patch.name)
    sources = _find_renames(patch, entry)
    by_path = _origins(patch, entry)
    files = {path: (before, after) for path, before, after in draft.changes()}
    renamed = {
        path: source
        for path, source in sources.items()
        if path in files and source in files and files[source][1] is None
        if files[path][0] is None and files[path][1] is not None
    }
    found = []
    for path in dict.fromkeys(path for path in outcome.paths if path in files):
        before, after = files[path]
        if path in renamed.values() or (before is None and after is None):
            continue  # told of with the file that it becomes
        source = renamed.get(path, path)
        old = version.lines(source)
        new = None if after is None else list(draft.lines(path) or [])
        kind: Kind = "rename" if source != path else "edit"
        if source == path and before is None:
            kind = "create"
        if after is None:
            kind = "delete"
        mode = after.mode if after else None
        if mode is not None and mode == version.mode(source):
            mode = None
        if old == new and mode is None and source == path:
            continue
        origin = by_path.get(path) if not entry.reverse else None
        hunks = make_hunks(old or [], new or [])
        found.append(PlacedChange(path, kind, hunks, source, mode, origin))
    return found


def _find_renames(patch: Patch, entry: SeriesEntry) -> dict[str, str]:
    """Give the old name by the new one of each file that the patch renames."""
    found = {}
    for change in patch.changes:
        if change.is_rename:
            new, old = (*named_paths(change, entry.strip), None, None)[:2]
            if new and old and new != old:
                found[old if entry.reverse else new] = new if entry.reverse else old
    return found


def _origins(patch: Patch, entry: SeriesEntry) -> dict[str, FileChange]:
    """Give the change of each file that the patch names in one change only."""
    found: dict[str, FileChange] = {}
    twice: set[str] = set()
    for change in patch.changes:
        for path in {*named_paths(change, entry.strip)}:
            if path in found:
                twice.add(path)
            found[path] = change
    return {path: change for path, change in found.items() if path not in twice}


_CONTEXT = 3


def make_hunks(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[PlacedHunk, ...]:
    """Make hunks that turn one version of a file into the other, as `diff` would."""
    groups: list[list[Splice]] = []
    for splice in find_splices(old, new):
        if groups and splice.start - groups[-1][-1].stop <= 2 * _CONTEXT:
            groups[-1].append(splice)
        else:
            groups.append([splice])
    found = []
    for group in groups:
        start = max(group[0].start - _CONTEXT, 0)
        stop = min(group[-1].stop + _CONTEXT, len(old))
        after = apply_splices(old, group, start, stop)
        leading, trailing = group[0].start - start, stop - group[-1].stop
        hunk = Hunk(
            b"", (), start + 1, start + 1, tuple(old[start:stop]), tuple(after),
            leading, trailing, 0,
        )  # fmt: skip
        found.append(PlacedHunk(hunk, Placement(start + 1, 0, 0), start, tuple(group)))
    return tuple(found)


def _misfit(release: str, what: str, where: str) -> MisfitError:
    return MisfitError(f"the patch does not apply to {release}: {what}", where=where)


def are_apart(ranges: Iterable[tuple[int, int]]) -> bool:
    """Tell whether no two of these line ranges overlap or begin at the same line."""
    order = sorted(ranges)
    return all(before[1] <= after[0] and before[0] < after[0] for before, after in pairwise(order))
