"""Rebase a series from one version of a tree to another, patch by patch, in memory.

The base is the old version with the earlier patches applied, ours is the patch, theirs is the
new version with the earlier rebased patches applied. A patch that fits as it is stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.patch.render import Rewritten, render_patch
from freebsd_port.engine.core.rebase.conflict import make_work_files
from freebsd_port.engine.core.rebase.file_merge import (
    SETTLED_BEFORE,
    FileEdit,
    FileMerge,
    FileMerger,
    Recall,
    merge_whole,
)
from freebsd_port.engine.core.rebase.merge import Clash
from freebsd_port.engine.core.rebase.moved_code import find_behind_shim, find_renamed_file
from freebsd_port.engine.core.rebase.outcome import (
    Labels,
    MisfitError,
    Outcome,
    RebasedHunk,
    RebasedPatch,
    Sides,
)
from freebsd_port.engine.core.rebase.placed import (
    Kind,
    PlacedChange,
    PlacedHunk,
    are_apart,
    make_hunks,
    place_hunks,
    place_patch,
)
from freebsd_port.engine.core.rebase.renamed_file import RenameFinder, are_alike
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.source.findings import examine
from freebsd_port.engine.core.source.missing_names import mentions
from freebsd_port.engine.core.text.align import Block
from freebsd_port.engine.core.text.file import split_lines
from freebsd_port.engine.core.text.git_diff import Alignment
from freebsd_port.engine.core.text.splice import Splice, apply_splices, find_splices

Edits = Mapping[str, FileEdit]
"""What is done to files, by path."""


@dataclass(frozen=True, slots=True)
class Fits:
    """Every hunk has its place."""

    edits: dict[str, FileEdit]
    hunks: tuple[RebasedHunk, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What becomes of the next patch; neither version has changed yet."""

    patch: RebasedPatch
    placed: tuple[PlacedChange, ...]
    """What it does on the version that it comes from."""

    edits: Edits
    """What is done to the other version: nothing, if it is a conflict."""

    parts: tuple[FileMerge, ...] = ()
    """How each file was merged; empty if the other version's own text is kept."""


def find_fit(version: Version, patch: Patch, entry: SeriesEntry) -> Fits | None:
    """Place every hunk without fuzz; None when one has no place."""
    try:
        placed = place_patch(version, "", patch, entry)
    except MisfitError:
        return None
    hunks = [
        _kept_hunk(one.path, number, len(one.hunks), hunk)
        for one in placed
        for number, hunk in enumerate(one.hunks, 1)
    ]
    return Fits(find_placed_edits(placed), tuple(hunks))


def find_placed_edits(placed: Sequence[PlacedChange]) -> dict[str, FileEdit]:
    """Give what placed changes do to the version that they are placed on, by path."""
    return {
        one.path: FileEdit(one.path, one.kind, one.source, tuple(one.splices), one.mode)
        for one in placed
    }


def _kept_hunk(path: str, number: int, total: int, hunk: PlacedHunk) -> RebasedHunk:
    outcome: Outcome = "offset" if hunk.placement.offset else "exact"
    line = hunk.placement.line
    return RebasedHunk(path, number, total, outcome, "the release has its own variant", line)


def write_edits(version: Version, edits: Edits) -> None:
    """Make edits in a version; all of them read it as it was before."""
    made = []
    for edit in edits.values():
        if edit.source == edit.path and edit.kind != "delete":
            continue
        lines = version.lines(edit.source) or []
        after = None if edit.kind == "delete" else apply_splices(lines, edit.splices)
        made.append((edit, after, version.mode(edit.source)))
    for edit, _, _ in made:
        version.write(edit.source, None)
    for edit, after, mode in made:
        if after is not None:
            version.write(edit.path, after)
            if mode is not None:
                version.set_mode(edit.path, mode)
    for edit in edits.values():
        if edit.source == edit.path and edit.kind != "delete":
            version.splice(edit.path, edit.splices)
        if edit.mode is not None and edit.kind != "delete":
            version.set_mode(edit.path, edit.mode)


@dataclass(slots=True)
class Rebaser:
    """Two versions, and the patches carried so far on both."""

    base: Version
    other: Version
    old_release: str
    new_release: str
    today: str | None
    """The date for Last-Update, ISO 8601; None leaves that field as it is."""

    recall: Recall
    is_wary: bool = True
    """Whether a merge that is clean by its lines alone, but looks wrong, is a conflict."""

    max_fuzz: int = 0
    """Context lines that a hunk may do without on the version that it comes from."""

    _alignments: dict[tuple[str, str], Alignment] = field(default_factory=dict, init=False)
    _blocks: dict[tuple[str, str], tuple[Block, ...]] = field(default_factory=dict, init=False)
    _renames: RenameFinder | None = field(default=None, init=False)

    def rebase(
        self,
        entry: SeriesEntry,
        patch: Patch,
        current: Patch | None,
        settled: Mapping[str, bytes] | None = None,
        *,
        is_own: bool = True,
    ) -> RebasedPatch:
        """Rebase the next patch; `current` is the text that the other release takes now.

        A text of its own that fits there is kept: somebody made it so. `is_own` False says that
        the text is only what the release would take. `settled` holds the files of the other
        release as a person left them for this patch. Both versions have the patch on
        afterwards, but the other one only if it was carried. Raises MisfitError when it does
        not fit on the release it comes from.
        """
        attempt = self.attempt(entry, patch, current, settled, is_own=is_own)
        self.accept(attempt.placed, attempt.edits)
        return attempt.patch

    def attempt(
        self,
        entry: SeriesEntry,
        patch: Patch,
        current: Patch | None,
        settled: Mapping[str, bytes] | None = None,
        *,
        is_own: bool = True,
    ) -> Attempt:
        """Say what `rebase` would make of the next patch, and change neither version."""
        name = entry.name
        placed = tuple(self.place(entry, patch))
        fits = find_fit(self.other, current, entry) if current and not settled else None
        if fits is not None and current != patch and is_own:
            return Attempt(RebasedPatch(name, "kept", fits.hunks, None), placed, fits.edits)
        merges = self._merge_all(placed)
        hunks = tuple(hunk for merge in merges for hunk in merge.hunks)
        edits = find_edits(merges)
        if settled:
            made = self._read(settled, merges)
            done = self._finish(entry, patch, placed, made, self._settle(hunks, made))
            return Attempt(done, placed, made, tuple(merges))
        if any(any(merge.clashes.values()) for merge in merges):
            labels = Labels(name, self.old_release, self.new_release)
            sources = {merge.path: merge.source for merge in merges}
            work = make_work_files(
                lambda path: self.other.lines(sources.get(path, path)),
                _splices(merges),
                find_clashes(merges),
                labels,
            )
            conflict = RebasedPatch(name, "conflict", hunks, None, work)
            return Attempt(conflict, placed, {}, tuple(merges))
        if fits is not None and self.results(fits.edits) == self.results(edits):
            kept = RebasedPatch(name, "kept", hunks, None)
            return Attempt(kept, placed, edits, tuple(merges))
        done = self._finish(entry, patch, placed, edits, hunks)
        return Attempt(done, placed, edits, tuple(merges))

    def leave(self, entry: SeriesEntry, patch: Patch) -> RebasedPatch:
        """Put a patch on the base only: the other release goes without it."""
        self.accept(self.place(entry, patch), {})
        return RebasedPatch(entry.name, "off", (), None)

    def place(self, entry: SeriesEntry, patch: Patch) -> list[PlacedChange]:
        """Place the next patch on the version that it comes from; raises MisfitError."""
        return place_patch(self.base, self.old_release, patch, entry, self.max_fuzz)

    def _finish(
        self,
        entry: SeriesEntry,
        patch: Patch,
        placed: Sequence[PlacedChange],
        edits: Edits,
        hunks: tuple[RebasedHunk, ...],
    ) -> RebasedPatch:
        """Write the patch that makes these edits, if there are any."""
        files = [self._rewrite(edit, placed) for edit in edits.values()]
        text = render_patch(patch, files, entry, self.today) if files else None
        return RebasedPatch(entry.name, "rewritten" if text else "upstreamed", hunks, text)

    def _rewrite(self, edit: FileEdit, placed: Sequence[PlacedChange]) -> Rewritten:
        """Give what a diff of this edit is made from, and the part of the patch that still fits."""
        before = self.other.lines(edit.source)
        after = None if edit.kind == "delete" else apply_splices(before or [], edit.splices)
        origin = next(
            (
                one.origin
                for one in placed
                if (one.path, one.kind, one.source) == (edit.path, edit.kind, edit.source)
                and one.mode == edit.mode
            ),
            None,
        )
        fits = False
        if origin is not None and (edit.kind != "create" or before is None):
            hunks = place_hunks(before or [], origin.hunks)
            made = [splice for hunk in hunks for splice in hunk.splices]
            is_whole = len(hunks) == len(origin.hunks)
            fits = is_whole and apply_splices(before or [], made) == (after or [])
        splices = edit.splices
        if edit.kind == "delete":
            splices = (Splice(0, len(before or ()), ()),)
        mode = edit.mode if edit.kind != "create" else None
        return Rewritten(
            edit.path, edit.source, before, tuple(splices), edit.kind, mode, origin, fits,
            self.other.mode(edit.source),
        )  # fmt: skip

    def _read(self, settled: Mapping[str, bytes], merges: Sequence[FileMerge]) -> Edits:
        """Give what a person made of files of the other release; one left empty goes away."""
        known = {merge.path: merge for merge in merges}
        edits: dict[str, FileEdit] = {}
        for path, content in settled.items():
            merge = known.get(path)
            source = merge.source if merge and merge.kind == "rename" else path
            mode = merge.mode if merge else None
            before = self.other.lines(source)
            splices = find_splices(before or [], split_lines(content))
            if not content:
                if before is not None:
                    edits[source] = FileEdit(source, "delete", source, ())
            elif splices or source != path or mode is not None:
                kind: Kind = "edit" if before is not None else "create"
                kind = kind if source == path else "rename"
                edits[path] = FileEdit(path, kind, source, tuple(splices), mode)
        return edits

    def _settle(self, hunks: Sequence[RebasedHunk], made: Edits) -> tuple[RebasedHunk, ...]:
        """Say of every hunk in conflict what a person made of it."""
        return tuple(
            replace(
                hunk,
                outcome="merged",
                reason="resolved by hand",
                sides=hunk.sides and self._show_settled(hunk.sides, made.get(hunk.path)),
            )
            if hunk.outcome == "conflict" or hunk.reason == SETTLED_BEFORE
            else hunk
            for hunk in hunks
        )

    def _show_settled(self, sides: Sides, edit: FileEdit | None) -> Sides:
        """Give the four texts with what a person made of theirs."""
        start, stop = sides.line - 1, sides.line - 1 + len(sides.theirs)
        lines = (edit and self.other.lines(edit.source)) or []
        inside = [s for s in edit.splices if start <= s.start and s.stop <= stop] if edit else []
        return replace(sides, result=tuple(apply_splices(lines, inside, start, stop)))

    def results(self, edits: Edits) -> dict[str, tuple[list[bytes] | None, int | None]]:
        """Give the files that edits change as they leave them."""
        found: dict[str, tuple[list[bytes] | None, int | None]] = {}
        for edit in edits.values():
            if edit.source != edit.path:
                found[edit.source] = (None, None)
        for edit in edits.values():
            before = self.other.lines(edit.source)
            after = None if edit.kind == "delete" else apply_splices(before or [], edit.splices)
            mode = edit.mode if edit.mode != self.other.mode(edit.source) else None
            if after != before or mode is not None or edit.source != edit.path:
                found[edit.path] = (after, mode)
        return found

    def _merge_all(self, placed: Sequence[PlacedChange]) -> list[FileMerge]:
        """Merge every change; where moved code would come to lie over other code, none moves."""
        merges = [self._merge(one, may_move=True) for one in placed]
        clashes = find_clashes(merges)
        ranges = {
            path: [(one.start, one.stop) for one in (*splices, *clashes.get(path, ()))]
            for path, splices in _splices(merges).items()
        }
        if not all(are_apart(one) for one in ranges.values()):
            merges = [self._merge(one, may_move=False) for one in placed]
        return self._join_renames(placed, merges)

    def _merge(self, placed: PlacedChange, *, may_move: bool) -> FileMerge:
        path = placed.path
        if placed.kind in ("create", "delete"):
            merge = merge_whole(
                path,
                placed.kind,
                self.base.lines(path),
                placed.after(self.base),
                self.other.lines(path),
                self.new_release,
            )
            merge.mode = placed.mode
            return merge
        source = placed.source
        lines = self.base.lines(source) or []
        other_source = source
        if not self.other.exists(source):
            other_source = self._find_renamed(source, path, lines)
        merge = self._merge_file(placed, other_source, may_move=may_move)
        if any(merge.clashes.values()) and other_source == source:
            behind = find_behind_shim(source, self.base, self.other)
            if behind is not None:
                merge = self._merge_file(placed, behind, may_move=may_move)
        self._merge_mode(placed, merge)
        return self._merge_name(placed, merge) if placed.kind == "rename" else merge

    def _merge_file(self, placed: PlacedChange, other_source: str, *, may_move: bool) -> FileMerge:
        """Merge the hunks of a change into one file of the other version."""
        merger = FileMerger(
            self.base,
            self.other,
            placed.source,
            other_source,
            self.new_release,
            self.recall,
            may_move,
            self.is_wary,
        )
        return merger.merge(placed.hunks, self._align(placed.source, other_source))

    def _merge_mode(self, placed: PlacedChange, merge: FileMerge) -> None:
        """Take in the permission bits that a change sets, unless the other version has them."""
        there = self.other.mode(merge.path)
        if placed.mode is None or placed.mode == there:
            return
        if there is None:
            self._clash_with_nothing(merge)
        else:
            merge.mode = placed.mode
        if not placed.hunks and placed.kind == "edit":
            merge.hunks.append(RebasedHunk(merge.path, 1, 1, "exact", "a change of mode", None))

    def _clash_with_nothing(self, merge: FileMerge) -> None:
        """Make a conflict of a change to a file that the other version does not have."""
        if any(merge.clashes.values()):
            return
        reason = f"{self.new_release} has no {merge.path}"
        merge.clashes[merge.path] = [Clash(0, 0, (), (), (), ())]
        merge.hunks.append(RebasedHunk(merge.path, 1, 1, "conflict", reason, None))

    def _merge_name(self, placed: PlacedChange, merge: FileMerge) -> FileMerge:
        """Give a merged file the name that the patch gives it."""
        source, path = merge.source, placed.path
        if source == path:
            return merge  # the other version has renamed it so
        if not self.other.exists(source):
            self._clash_with_nothing(merge)
            return merge
        lines, there = merge.splices.pop(source, []), self.other.lines(path)
        merge.kind, merge.path = "rename", path
        clashes = merge.clashes.pop(source, [])
        if there is not None or source != placed.source:
            old = self.other.lines(source) or []
            whole = Clash(
                0, len(old), tuple(self.base.lines(placed.source) or ()),
                tuple(placed.after(self.base) or ()), tuple(there if there is not None else old),
                (0,),
            )  # fmt: skip
            lines, clashes = [], [whole]
            reason = f"{self.new_release} has {path if there is not None else source}"
            merge.hunks = [
                RebasedHunk(path, 1, 1, "conflict", f"{reason}, and the patch renames", None)
            ]
        merge.splices[path] = lines
        if clashes:
            merge.clashes[path] = clashes
        merge.hunks = [
            replace(hunk, path=path) if hunk.path == source else hunk for hunk in merge.hunks
        ] or [RebasedHunk(path, 1, 1, "exact", f"{source} gets this name", None)]
        return merge

    def _join_renames(
        self, placed: Sequence[PlacedChange], merges: list[FileMerge]
    ) -> list[FileMerge]:
        """Take a file that goes and a like one that comes for a rename, where that settles it."""
        gone = [n for n, m in enumerate(merges) if m.kind == "delete" and m.clashes]
        for number in gone:
            old = self.base.lines(placed[number].path) or []
            for index, one in enumerate(placed):
                new = one.after(self.base) or []
                if one.kind != "create" or merges[index].clashes or not are_alike(old, new):
                    continue
                hunks = make_hunks(old, new)
                renamed = replace(one, kind="rename", source=placed[number].path, hunks=hunks)
                merge = self._merge(renamed, may_move=False)
                if not any(merge.clashes.values()):
                    for hunk in merges[number].hunks:
                        merge.hunks.append(
                            replace(hunk, outcome="exact", reason=f"it becomes {one.path}")
                        )
                    return [m for n, m in enumerate(merges) if n not in (number, index)] + [merge]
        return merges

    def _find_renamed(self, path: str, wanted: str, lines: list[bytes]) -> str:
        """Give the path that the file has there, its old one when there is none.

        Where a patch renames the file itself, a file with the name `wanted` is looked at first.
        """
        if wanted != path and self.other.exists(wanted):
            return wanted
        if self._renames is None:
            self._renames = RenameFinder(self.base, self.other)
        found = self._renames.find(path)
        return found or find_renamed_file(path, lines, self.other.sources(path)) or path

    def _align(self, path: str, other_path: str) -> tuple[Block, ...]:
        key = (path, other_path)
        if key not in self._blocks:
            base, other = self.base.lines(path) or [], self.other.lines(other_path) or []
            alignment = self._alignments.setdefault(key, Alignment())
            self._blocks[key] = alignment.blocks(base, other, self.base.index(path))
        return self._blocks[key]

    def accept(
        self, placed: Sequence[PlacedChange], edits: Edits, *, is_written: bool = False
    ) -> None:
        """Put the patch on the base, and what came of it on the other version.

        `is_written` says that the other version, shared with another rebaser, has it on.
        """
        read = {name for one in placed for name in (one.path, one.source)}
        written = {name for one in edits.values() for name in (one.path, one.source)}
        own = find_placed_edits(placed)
        self._follow(own, edits)
        if self._renames is not None:
            kinds = {one.kind for one in placed} | {one.kind for one in edits.values()}
            is_named = kinds - {"edit"}
            self._renames = None if is_named else self._renames.without(read | written)
        write_edits(self.base, own)
        if not is_written:
            write_edits(self.other, edits)

    def _follow(self, own: Edits, edits: Edits) -> None:
        """Tell the alignments what changes; forget those of files that come, go or are renamed."""
        for key, alignment in [*self._alignments.items()]:
            follow = (alignment.change_old, alignment.change_new)
            for path, made, change in zip(key, (own, edits), follow, strict=True):
                for edit in made.values():
                    if path not in (edit.path, edit.source):
                        continue
                    self._blocks.pop(key, None)
                    if edit.source == edit.path and edit.kind != "delete":
                        change(edit.splices)
                    else:
                        self._alignments.pop(key, None)


def find_edits(merges: Sequence[FileMerge]) -> dict[str, FileEdit]:
    """Give what is to be done to each file; moved code adds to what is done there already."""
    found: dict[str, FileEdit] = {}
    for merge in merges:
        for edit in merge.edits():
            known = found.get(edit.path)
            if known is not None:
                splices = sorted((*known.splices, *edit.splices), key=lambda one: one.start)
                first = known if known.kind != "edit" or known.mode is not None else edit
                edit = replace(first, splices=tuple(splices))
            found[edit.path] = edit
    return found


def _splices(merges: Sequence[FileMerge]) -> dict[str, list[Splice]]:
    found: dict[str, list[Splice]] = {}
    for merge in merges:
        for path, splices in merge.splices.items():
            if splices:
                found.setdefault(path, []).extend(splices)
    return {path: sorted(s, key=lambda splice: splice.start) for path, s in found.items()}


def find_clashes(merges: Sequence[FileMerge]) -> dict[str, list[Clash]]:
    """Give what needs a person, by path of the other version."""
    found: dict[str, list[Clash]] = {}
    for merge in merges:
        for path, clashes in merge.clashes.items():
            if clashes:
                found.setdefault(path, []).extend(clashes)
    return found


def tell_findings(
    version: Version, base: Version, patches: Sequence[RebasedPatch], texts: Mapping[str, Patch]
) -> list[RebasedPatch]:
    """Tell each patch of what its lines do not say: names that are missing, and other faults.

    `base` is the version that the series comes from, `texts` what each patch is, or would be, on
    the other one. What a patch in conflict may bind, once it is settled, is not told of.
    """
    found = examine(version.contrasts(), version.lines, base.lines)
    if not found.missing and not found.faults:
        return list(patches)
    pending = b"".join(
        line
        for one in patches
        if one.state in ("conflict", "waiting")
        for line in texts[one.name].added_lines()
    )
    missing = tuple(m for m in found.missing if not mentions(pending, m.name))
    told = []
    for one in patches:
        if one.state in ("kept", "rewritten"):
            lines = texts[one.name].changed_lines()
            one = replace(
                one,
                missing=tuple(m for m in missing if m.text in lines),
                faults=tuple(f for f in found.faults if f.text in lines),
            )
        told.append(one)
    return told
