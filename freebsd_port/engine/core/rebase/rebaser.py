"""Rebase a series from one version of a tree to another, patch by patch, in memory.

The base is the old version with the earlier patches applied, ours is the patch, theirs is the
new version with the earlier rebased patches applied. A patch that fits as it is stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from freebsd_port.engine.core.apply.changed_file import find_target
from freebsd_port.engine.core.apply.place import Placement
from freebsd_port.engine.core.patch.change import find_special
from freebsd_port.engine.core.patch.patch import Patch, repeats_a_file
from freebsd_port.engine.core.patch.render import render_patch
from freebsd_port.engine.core.rebase.conflict import make_work_files
from freebsd_port.engine.core.rebase.file_merge import (
    SETTLED_BEFORE,
    FileMerge,
    FileMerger,
    Recall,
    merge_whole,
)
from freebsd_port.engine.core.rebase.merge import Clash
from freebsd_port.engine.core.rebase.moved_code import find_renamed_file
from freebsd_port.engine.core.rebase.outcome import Labels, Outcome, RebasedHunk, RebasedPatch
from freebsd_port.engine.core.rebase.placed import (
    PlacedChange,
    PlacedHunk,
    are_apart,
    place_hunks,
    place_patch,
    plan_patch,
)
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.text.align import Block, align_lines, grow_blocks
from freebsd_port.engine.core.text.file import split_lines
from freebsd_port.engine.core.text.splice import Splice, apply_splices, find_splices


@dataclass(frozen=True, slots=True)
class Fits:
    """Every hunk has its place."""

    splices: dict[str, list[Splice]]
    """By path, in order."""

    hunks: tuple[RebasedHunk, ...]


def find_fit(version: Version, patch: Patch, strip: int) -> Fits | None:
    """Place every hunk without fuzz; None when one has no place.

    A patch that makes a file that is there, or is more than an edit of lines, does not fit.
    """
    if repeats_a_file(patch, strip):
        return _find_fit_together(version, patch, strip)
    splices: dict[str, list[Splice]] = {}
    hunks: list[RebasedHunk] = []
    for change in patch.changes:
        target = find_target(change, strip, version.exists, version.has_directory)
        if target is None or find_special(change):
            return None
        lines = version.lines(target.path) or []
        placed = place_hunks(lines, change.hunks)
        if len(placed) < len(change.hunks) or (change.creates == 2 and lines):
            return None
        splices[target.path] = [splice for hunk in placed for splice in hunk.splices]
        hunks += [
            _kept_hunk(target.path, number, len(placed), hunk)
            for number, hunk in enumerate(placed, 1)
        ]
    return Fits(splices, tuple(hunks))


def _find_fit_together(version: Version, patch: Patch, strip: int) -> Fits | None:
    """Place several diffs of one file one after the other."""
    plan = plan_patch(version, patch, strip)
    if plan.problems or any(find_special(change) for change in patch.changes):
        return None
    splices = {}
    for edit in plan.edits:
        after = split_lines(edit.after.content) if edit.after else []
        splices[edit.path] = list(find_splices(version.lines(edit.path) or [], after))
    hunks = [
        RebasedHunk(
            one.path,
            one.number,
            one.total,
            "offset" if one.result.offset else "exact",
            _OWN,
            one.result.line,
        )
        for outcome in plan.patches
        for one in outcome.hunks
        if isinstance(one.result, Placement)
    ]
    return Fits(splices, tuple(hunks))


_OWN = "the release has a text of its own"


def _kept_hunk(path: str, number: int, total: int, hunk: PlacedHunk) -> RebasedHunk:
    outcome: Outcome = "offset" if hunk.placement.offset else "exact"
    line = hunk.placement.line
    return RebasedHunk(path, number, total, outcome, _OWN, line)


Spliced = Mapping[str, Sequence[Splice]]
"""What is done to files, by path."""

Grown = Mapping[tuple[str, str], tuple[Block, ...]]
"""Alignments with a patch on both sides, by the two paths."""


@dataclass(slots=True)
class Rebaser:
    """Two versions, and the patches carried so far on both."""

    base: Version
    other: Version
    old_release: str
    new_release: str
    today: str
    """The date for Last-Update, ISO 8601."""

    recall: Recall
    _blocks: dict[tuple[str, str], tuple[Block, ...]] = field(default_factory=dict, init=False)

    def carry(
        self,
        name: str,
        patch: Patch,
        current: Patch | None,
        settled: Mapping[str, bytes] | None = None,
        strip: int = 1,
        *,
        is_own: bool = True,
    ) -> RebasedPatch:
        """Carry the next patch; `current` is the text that the other release takes now.

        A text of its own that fits there is kept: somebody made it so. `is_own` False says that
        the text is only what the release would take. `settled` holds the files of the other
        release as a person left them for this patch. Both versions have the patch on
        afterwards, but the other one only if it was carried. Raises RebaseError when it does
        not fit on the release it comes from.
        """
        placed = place_patch(self.base, self.old_release, patch, strip)
        fits = find_fit(self.other, current, strip) if current and not settled else None
        if fits is not None and current != patch and is_own:
            self._advance(placed, fits.splices, {})
            return RebasedPatch(name, "kept", fits.hunks, None)
        merges = self._merge_all(placed)
        hunks = tuple(hunk for merge in merges for hunk in merge.hunks)
        if settled:
            return self._finish(name, patch, placed, self._read(settled), {}, _settle(hunks))
        spliced = _by_path(merges)
        if any(any(merge.clashes.values()) for merge in merges):
            labels = Labels(name, self.old_release, self.new_release)
            work = make_work_files(self.other.lines, spliced, _clashes(merges), labels)
            self._advance(placed, {}, {})
            return RebasedPatch(name, "conflict", hunks, None, work)
        grown = self._grown(placed, merges)
        if fits is not None and self._makes_the_same(fits, spliced):
            self._advance(placed, spliced, grown)
            return RebasedPatch(name, "kept", hunks, None)
        return self._finish(name, patch, placed, spliced, grown, hunks)

    def leave(self, name: str, patch: Patch, strip: int = 1) -> RebasedPatch:
        """Put a patch on the base only: the other release goes without it."""
        self._advance(place_patch(self.base, self.old_release, patch, strip), {}, {})
        return RebasedPatch(name, "off", (), None)

    def keep(self, name: str, patch: Patch, current: Patch, strip: int = 1) -> RebasedPatch:
        """Put a patch on as each release has it; nothing is carried."""
        placed = place_patch(self.base, self.old_release, patch, strip)
        fits = find_fit(self.other, current, strip)
        self._advance(placed, fits.splices if fits else {}, {})
        if fits is None:
            return RebasedPatch(name, "left", (), None)
        return RebasedPatch(name, "kept", fits.hunks, None)

    def adopt(self, name: str, current: Patch, strip: int = 1) -> RebasedPatch | None:
        """Put a patch on the other version only: the release it comes from goes without it.

        None, and nothing is put on, when it does not fit.
        """
        fits = find_fit(self.other, current, strip)
        if fits is None:
            return None
        self._advance([], fits.splices, {})
        return RebasedPatch(name, "kept", fits.hunks, None)

    def forget(self) -> None:
        """Align every file anew, because somebody else has written to a version."""
        self._blocks.clear()

    def _finish(
        self,
        name: str,
        patch: Patch,
        placed: Sequence[PlacedChange],
        spliced: Spliced,
        grown: Grown,
        hunks: tuple[RebasedHunk, ...],
    ) -> RebasedPatch:
        """Write the patch that makes these splices, if there are any."""
        files = {
            path: (self.other.lines(path) or [], splices)
            for path, splices in spliced.items()
            if splices
        }
        text = render_patch(patch, files, self.today) if files else None
        self._advance(placed, spliced, grown)
        return RebasedPatch(name, "rewritten" if text else "upstreamed", hunks, text)

    def _read(self, settled: Mapping[str, bytes]) -> Spliced:
        """Give what a person made of files of the other release."""
        return {
            path: find_splices(self.other.lines(path) or [], split_lines(content))
            for path, content in settled.items()
        }

    def _makes_the_same(self, fits: Fits, spliced: Spliced) -> bool:
        """Tell whether the text that fits leaves every file as the merge does."""
        if fits.splices == spliced:
            return True
        return fits.splices.keys() == spliced.keys() and all(
            apply_splices(self.other.lines(path) or [], splices)
            == apply_splices(self.other.lines(path) or [], spliced[path])
            for path, splices in fits.splices.items()
        )

    def _merge_all(self, placed: Sequence[PlacedChange]) -> list[FileMerge]:
        """Merge every change; where moved code would come to lie over other code, none moves."""
        merges = [self._merge(one, may_move=True) for one in placed]
        clashes = _clashes(merges)
        ranges = {
            path: [(one.start, one.stop) for one in (*splices, *clashes.get(path, ()))]
            for path, splices in _by_path(merges).items()
        }
        if all(are_apart(one) for one in ranges.values()):
            return merges
        return [self._merge(one, may_move=False) for one in placed]

    def _merge(self, placed: PlacedChange, *, may_move: bool) -> FileMerge:
        path = placed.path
        lines = self.base.lines(path)
        if placed.is_whole:
            after = apply_splices(lines or [], placed.splices) or None
            return merge_whole(path, lines, after, self.other.lines(path), self.new_release)
        other_path = path if self.other.exists(path) else self._find_renamed(path, lines or [])
        merger = FileMerger(
            self.base, self.other, path, other_path, self.new_release, self.recall, may_move
        )
        return merger.merge(placed.hunks, self._align(path, other_path))

    def _find_renamed(self, path: str, lines: list[bytes]) -> str:
        """Give the path that the file has there, its old one when there is none."""
        return find_renamed_file(path, lines, self.other.sources(path)) or path

    def _align(self, path: str, other_path: str) -> tuple[Block, ...]:
        key = (path, other_path)
        if key not in self._blocks:
            base, other = self.base.lines(path) or [], self.other.lines(other_path) or []
            self._blocks[key] = align_lines(base, other)
        return self._blocks[key]

    def _grown(self, placed: Sequence[PlacedChange], merges: Sequence[FileMerge]) -> Grown:
        """Give the alignments as they are with the patch on both sides, where that is known."""
        return {
            (one.path, merge.path): grow_blocks(
                self._align(one.path, merge.path),
                [(s.start, s.stop, len(s.lines)) for s in one.splices],
            )
            for one, merge in zip(placed, merges, strict=True)
            if merge.is_alike
        }

    def _advance(self, placed: Sequence[PlacedChange], spliced: Spliced, grown: Grown) -> None:
        """Put the patch on the base, and what came of it on the other version."""
        written = {one.path for one in placed}
        for key in [k for k in self._blocks if k[0] in written or k[1] in spliced]:
            del self._blocks[key]
        self._blocks |= grown
        for one in placed:
            self.base.splice(one.path, one.splices)
        for path, splices in spliced.items():
            self.other.splice(path, splices)


def _settle(hunks: Sequence[RebasedHunk]) -> tuple[RebasedHunk, ...]:
    return tuple(
        replace(hunk, outcome="merged", reason="resolved by hand")
        if hunk.outcome == "conflict" or hunk.reason == SETTLED_BEFORE
        else hunk
        for hunk in hunks
    )


def _by_path(merges: Sequence[FileMerge]) -> dict[str, list[Splice]]:
    found: dict[str, list[Splice]] = {}
    for merge in merges:
        for path, splices in merge.splices.items():
            if splices:
                found.setdefault(path, []).extend(splices)
    return {path: sorted(s, key=lambda splice: splice.start) for path, s in found.items()}


def _clashes(merges: Sequence[FileMerge]) -> dict[str, list[Clash]]:
    found: dict[str, list[Clash]] = {}
    for merge in merges:
        for path, clashes in merge.clashes.items():
            if clashes:
                found.setdefault(path, []).extend(clashes)
    return found
