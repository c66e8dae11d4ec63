"""A file change with the placement of its hunks on the version that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from freebsd_port.engine.core.apply.changed_file import find_target
from freebsd_port.engine.core.apply.place import Cursor, Placement, find_placement, splice_hunk
from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.change import FileChange, find_special
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import Patch, parse_patch, repeats_a_file
from freebsd_port.engine.core.patch.render import render_change
from freebsd_port.engine.core.rebase.outcome import RebaseError
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import FileState, split_lines
from freebsd_port.engine.core.text.splice import Splice, find_splices, split_hunk


@dataclass(frozen=True, slots=True)
class PlacedHunk:
    """A hunk with its place in a file, and what it does there."""

    hunk: Hunk
    placement: Placement
    start: int
    """0-based line of the file, as no hunk has touched it, at which the old side starts."""

    splices: tuple[Splice, ...]


def place_hunks(lines: list[bytes], hunks: Sequence[Hunk]) -> tuple[PlacedHunk, ...]:
    """Find the place of each hunk of one file, without fuzz, up to the first that has none."""
    cursor = Cursor()
    found: list[PlacedHunk] = []
    for hunk in hunks:
        placement = find_placement(lines, hunk, cursor, 0)
        if placement is None:
            break
        start = placement.line - cursor.grown - 1
        splice_hunk(lines, hunk, placement, cursor)
        found.append(PlacedHunk(hunk, placement, start, split_hunk(hunk, start)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class PlacedChange:
    """One file change, every hunk of which has its place."""

    path: str
    is_whole: bool
    """The patch makes the file or takes it away."""

    hunks: tuple[PlacedHunk, ...]

    @property
    def splices(self) -> list[Splice]:
        """Give all that the hunks do, in order."""
        return [splice for hunk in self.hunks for splice in hunk.splices]


def place_patch(version: Version, release: str, patch: Patch, strip: int) -> list[PlacedChange]:
    """Place a patch on the version of its own release, without fuzz.

    Of several diffs of one file, what they make of it together is placed. Raises RebaseError when
    it does not fit, or is more than an edit of lines.
    """
    if repeats_a_file(patch, strip):
        return _place_together(version, release, patch, strip)
    return [_place_change(version, release, patch.name, change, strip) for change in patch.changes]


@dataclass(frozen=True, slots=True)
class _VersionTree:
    """A version as the planner reads it. Satisfies core's Tree."""

    version: Version

    def read(self, path: str) -> FileState | None:
        """Give the file, or None when it is not there."""
        lines = self.version.lines(path)
        return None if lines is None else FileState(b"".join(lines))

    def has_directory(self, path: str) -> bool:
        """Tell whether the directory is there as released."""
        return self.version.has_directory(path)


def plan_patch(version: Version, patch: Patch, strip: int) -> Plan:
    """Plan one patch over a version, without fuzz."""
    entry = SeriesEntry(patch.name, strip, False, "", 0)
    return plan_series(_VersionTree(version), [(entry, patch)])


def _place_together(version: Version, release: str, patch: Patch, strip: int) -> list[PlacedChange]:
    for change in patch.changes:
        _require_plain(change, patch.name)
    plan = plan_patch(version, patch, strip)
    for problem in plan.problems:
        raise _misfit(release, problem.what, problem.where or patch.name)
    placed: list[PlacedChange] = []
    for edit in plan.edits:
        before = version.lines(edit.path)
        after = split_lines(edit.after.content) if edit.after else []
        text = render_change(edit.path, before or [], find_splices(before or [], after))
        (change,) = parse_patch(patch.name, text).changes
        is_whole = before is None or not after
        placed.append(PlacedChange(edit.path, is_whole, place_hunks(before or [], change.hunks)))
    return placed


def _place_change(
    version: Version, release: str, name: str, change: FileChange, strip: int
) -> PlacedChange:
    where = _require_plain(change, name)
    target = find_target(change, strip, version.exists, version.has_directory)
    if target is None:
        raise _misfit(release, "it changes a file that is not there", where)
    lines = version.lines(target.path)
    hunks = place_hunks(lines or [], change.hunks)
    if len(hunks) < len(change.hunks):
        what = f"hunk {len(hunks) + 1} of {len(change.hunks)} does not fit"
        raise _misfit(release, what, where)
    is_whole = lines is None or bool(change.deletes and not change.hunks[-1].new)
    return PlacedChange(target.path, is_whole, hunks)


def _require_plain(change: FileChange, name: str) -> str:
    """Raise RebaseError for more than an edit of lines; give where the change is."""
    where = f"{name}:{change.hunks[0].line if change.hunks else change.line}"
    special = find_special(change)
    if special:
        raise RebaseError(f"{special} cannot be carried to another release", where=where)
    return where


def _misfit(release: str, what: str, where: str) -> RebaseError:
    return RebaseError(
        f"the patch does not apply to {release}: {what}",
        where=where,
        hint=f"freebsd-port check --release {release}",
    )


def are_apart(ranges: Iterable[tuple[int, int]]) -> bool:
    """Tell whether no two of these line ranges overlap or begin at the same line."""
    order = sorted(ranges)
    return all(before[1] <= after[0] and before[0] < after[0] for before, after in pairwise(order))
