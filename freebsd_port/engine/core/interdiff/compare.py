"""The comparison of two texts of a series, patch by patch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from freebsd_port.engine.core.apply.place import Miss, Placement
from freebsd_port.engine.core.interdiff.hunk_change import TextLine, diff_prose, marked_lines
from freebsd_port.engine.core.interdiff.pairing import HunkPair, HunkText, alike, pair_hunks
from freebsd_port.engine.core.interdiff.read_series import PatchText, SeriesText
from freebsd_port.engine.core.patch.change import FileChange, find_special, named_paths
from freebsd_port.engine.core.patch.patch import render_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.align import align_lines

Status = Literal["same", "changed", "added", "dropped", "off", "on"]
"""Off: switched off by a tag in the new series, and on in the old one."""

Placements = Mapping[tuple[str, int], Placement | Miss]
"""Where hunks land, by the name of the patch and the line of the hunk in its text."""

_LEAST_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """A field of the header, or of a line of the series, that is not the same."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class PatchDiff:
    """What became of one patch."""

    name: str
    status: Status
    old_name: str | None = None
    """Where it was renamed."""

    moved_behind: str | None = None
    """The patch that it now follows, where the order changed; empty for the first one."""

    files: tuple[str | None, str | None] = (None, None)
    """Names below patches/ of the texts that are compared."""

    entry: tuple[FieldDiff, ...] = ()
    """What differs in its line of the series: tags, strip level, direction."""

    fields: tuple[FieldDiff, ...] = ()
    prose: tuple[TextLine, ...] = ()
    hunks: tuple[HunkPair, ...] = ()


def compare_series(
    old: SeriesText,
    new: SeriesText,
    placements: tuple[Placements, Placements] | None = None,
) -> tuple[PatchDiff, ...]:
    """Compare every patch, in the order of the new series; dropped ones stand last."""
    pairs = _pair_patches(old, new)
    moved = _find_moved(old, new, pairs)
    where = placements or ({}, {})
    found: list[PatchDiff] = []
    for number, text in enumerate(new.patches):
        behind = None
        if text.name in moved:
            behind = new.patches[number - 1].name if number else ""
        found.append(_compare_patch(pairs.get(text.name), text, behind, where))
    taken = {one.name for one in pairs.values()}
    found += (
        PatchDiff(text.name, "dropped", files=(text.file, None))
        for text in old.patches
        if text.name not in taken
    )
    return tuple(found)


def _pair_patches(old: SeriesText, new: SeriesText) -> dict[str, PatchText]:
    """Give the old patch for the name of a new one: the one of that name, else the most alike."""
    before = {text.name: text for text in old.patches}
    pairs = {text.name: before.pop(text.name) for text in new.patches if text.name in before}
    left = [text for text in new.patches if text.name not in pairs and text.file is not None]
    changes = {text.name: _changes(text) for text in (*before.values(), *left)}
    same = {tuple(changes[name]): name for name in reversed(before) if changes[name]}
    for text in left:
        if (name := same.get(tuple(changes[text.name]))) in before:
            pairs[text.name] = before.pop(str(name))
    left = [text for text in left if text.name not in pairs]
    scores = sorted(
        (-score, i, j, one.name, other.name)
        for i, one in enumerate(before.values())
        for j, other in enumerate(left)
        if one.file is not None
        and (score := alike(changes[one.name], changes[other.name])) >= _LEAST_ALIKE
    )
    for *_, old_name, new_name in scores:
        if old_name in before and new_name not in pairs:
            pairs[new_name] = before.pop(old_name)
    return pairs


def _changes(text: PatchText) -> list[tuple[bytes, bytes]]:
    hunks = (hunk for change in text.patch.changes for hunk in change.hunks)
    return [line for hunk in hunks for line in marked_lines(hunk)]


def _find_moved(old: SeriesText, new: SeriesText, pairs: Mapping[str, PatchText]) -> set[str]:
    """Name the new patches that are not in the longest run that kept its order."""
    kept = {text.name for text in pairs.values()}
    before = [text.name for text in old.patches if text.name in kept]
    behind = [text.name for text in new.patches if text.name in pairs]
    blocks = align_lines(
        [name.encode("utf-8", "surrogateescape") for name in before],
        [pairs[name].name.encode("utf-8", "surrogateescape") for name in behind],
    )
    still = {at for block in blocks for at in range(block.other, block.other + block.count)}
    return {name for at, name in enumerate(behind) if at not in still}


def _compare_patch(
    old: PatchText | None,
    new: PatchText,
    behind: str | None,
    placements: tuple[Placements, Placements],
) -> PatchDiff:
    hunks = _hunks(new, placements[1])
    if old is None:
        return PatchDiff(new.name, "added", files=(None, new.file), hunks=pair_hunks((), hunks))
    pairs = pair_hunks(_hunks(old, placements[0]), hunks)
    entry = tuple(_compare_entries(old.entry, new.entry))
    is_both = old.file is not None and new.file is not None
    fields = tuple(_compare_fields(old, new)) if is_both else ()
    is_told = is_both and old.header.prose != new.header.prose
    prose = diff_prose(old.header.prose, new.header.prose) if is_told else ()
    old_name = old.name if old.name != new.name else None
    is_same = behind is None and old_name is None and not entry
    is_same = is_same and render_patch(old.patch) == render_patch(new.patch)
    status: Status = "same" if is_same else "changed"
    if not is_both and old.file != new.file:
        status = "on" if new.file else "off"
    return PatchDiff(
        new.name, status, old_name, behind, (old.file, new.file), entry, fields, prose, pairs
    )


def _hunks(text: PatchText, placements: Placements) -> tuple[HunkText, ...]:
    return tuple(
        HunkText(
            _path(text, change),
            number,
            len(change.hunks),
            hunk,
            marked_lines(hunk),
            placements.get((text.name, hunk.line)),
        )
        for change in text.patch.changes
        for number, hunk in enumerate(change.hunks, 1)
    )


def _path(text: PatchText, change: FileChange) -> str:
    index = (change.index or b"?").decode("utf-8", "surrogateescape")
    return next(named_paths(change, text.entry.strip), index)


def _compare_entries(old: SeriesEntry, new: SeriesEntry) -> Iterator[FieldDiff]:
    if old.comment != new.comment:
        yield FieldDiff("tags", old.comment or None, new.comment or None)
    if old.strip != new.strip:
        yield FieldDiff("strip", str(old.strip), str(new.strip))
    if old.reverse != new.reverse:
        yield FieldDiff("reverse", *("yes" if one.reverse else "no" for one in (old, new)))


def _compare_fields(old: PatchText, new: PatchText) -> Iterator[FieldDiff]:
    """Compare the headers' fields, repeated ones as a whole, and what is done to files as such."""
    sides = [_grouped(text.header.fields) for text in (old, new)]
    for name in dict.fromkeys((*sides[0], *sides[1])):
        values = [side.get(name) for side in sides]
        if values[0] != values[1]:
            yield FieldDiff(name, *(None if v is None else "; ".join(v) for v in values))
    specials = [_specials(text) for text in (old, new)]
    for path in dict.fromkeys((*specials[0], *specials[1])):
        before, behind = (side.get(path) for side in specials)
        if before != behind:
            yield FieldDiff(path, before, behind)


def _grouped(fields: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in fields:
        grouped.setdefault(name, []).append(value)
    return grouped


def _specials(text: PatchText) -> dict[str, str]:
    """Give what a patch does to files beside editing their lines."""
    found: dict[str, list[str]] = {}
    for change in text.patch.changes:
        words = [find_special(change) or ""]
        words += ["makes the file"] * (change.creates == 2)
        words += ["removes the file"] * (change.deletes == 2)
        if change.new_mode is not None and change.new_mode != change.old_mode:
            words.append(f"mode {change.new_mode:o}")
        if any(words):
            found.setdefault(_path(text, change), []).extend(word for word in words if word)
    return {path: ", ".join(words) for path, words in found.items()}
