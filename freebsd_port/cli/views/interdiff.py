"""What `interdiff` prints: patch by patch and hunk by hunk, or a line a patch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from freebsd_port.cli.render import count, paint, problem_rows, say
from freebsd_port.engine.core.apply.place import Miss
from freebsd_port.engine.core.interdiff.hunk_change import TextLine, diff_hunks
from freebsd_port.engine.core.text.unseen import show_unseen

if TYPE_CHECKING:
    from freebsd_port.engine.core.interdiff.compare import FieldDiff, PatchDiff
    from freebsd_port.engine.core.interdiff.pairing import HunkPair, HunkText, State
    from freebsd_port.engine.ops.inspect.interdiff import Interdiff

_STATES: tuple[State, ...] = ("changed", "context", "moved", "added", "dropped")
_WORDS = {"context": "context only", "same": "the same"}
_LOOKS = {"changed": "warn", "added": "new", "on": "new", "dropped": "old", "off": "old"}
_SIGNS = {"both": " ", "old": "-", "new": "+"}


def show_interdiff(found: Interdiff, *, is_verbose: bool) -> None:
    """Print every patch that is not the same, with what differs in it."""
    _say_head(found)
    for patch in found.patches:
        misses = [pair for pair in patch.hunks if _is_missed(pair)]
        if patch.status == "same" and not misses and not is_verbose:
            continue
        say(f"{paint(patch.name, 'strong')}: {_summary(patch)}")
        for line in _header_lines(found, patch):
            say(f"    {line}")
        for pair in patch.hunks:
            if pair.state != "same" or is_verbose or pair in misses:
                _show_pair(found, patch, pair, is_verbose=is_verbose)
    _say_tail(found)


def show_stat(found: Interdiff, *, is_verbose: bool) -> None:
    """Print a line for every patch that is not the same, or for all."""
    _say_head(found)
    shown = [
        patch
        for patch in found.patches
        if is_verbose or patch.status != "same" or any(map(_is_missed, patch.hunks))
    ]
    width = max((len(show_unseen(patch.name)) for patch in shown), default=0)
    for patch in shown:
        states = Counter(pair.state for pair in patch.hunks)
        hunks = [f"{states[one]} {_WORDS.get(one, one)}" for one in _STATES if states[one]]
        missed = sum(map(_is_missed, patch.hunks))
        hunks += [f"{missed} not placed"] if missed else []
        told = f"; hunks: {', '.join(hunks)}" if hunks else ""
        say(f"{show_unseen(patch.name):{width}} | {_summary(patch)}{told}")
    _say_tail(found)


def _say_head(found: Interdiff) -> None:
    say(paint(f"--- {found.old}", "old"))
    say(paint(f"+++ {found.new}", "new"))
    for problem in found.unplaced:
        say(paint(f"where hunks are placed is not known: {problem.what}", "warn"))


def _say_tail(found: Interdiff) -> None:
    statuses = Counter(patch.status for patch in found.patches)
    parts = [f"{number} {status}" for status, number in sorted(statuses.items())]
    say(f"{count(len(found.patches), 'patch')}: {', '.join(parts) or 'none'}")


def _summary(patch: PatchDiff) -> str:
    words = {"off": "switched off", "on": "switched on"}
    parts = [paint(words.get(patch.status, patch.status), _LOOKS.get(patch.status, "dim"))]
    if patch.old_name is not None:
        parts.append(f"renamed from {patch.old_name}")
    if patch.moved_behind is not None:
        after = f"after {patch.moved_behind}" if patch.moved_behind else "to the top"
        parts.append(f"moved {after}")
    return ", ".join(parts)


def _header_lines(found: Interdiff, patch: PatchDiff) -> Iterator[str]:
    if patch.status in ("added", "dropped"):
        return
    old, new = patch.files
    if old and new and old != new and patch.old_name is None:
        yield f"variant of {found.old}: {old}; of {found.new}: {new}"
    for field in (*patch.entry, *patch.fields):
        yield from _field_lines(field)
    if patch.prose:
        yield "prose"
        yield from (f"    {draw_line(line)}" for line in patch.prose if line.side != "both")
    is_told = any((patch.entry, patch.fields, patch.prose, patch.old_name))
    is_told = is_told or patch.moved_behind is not None
    is_told = is_told or any(pair.state != "same" for pair in patch.hunks)
    if patch.status == "changed" and not is_told:
        yield "only the formatting"


def _field_lines(field: FieldDiff) -> Iterator[str]:
    for value, side in ((field.old, "old"), (field.new, "new")):
        if value is not None:
            text = f"{_SIGNS[side]} {field.name}: {value}"
            yield paint(text, side)


def _show_pair(found: Interdiff, patch: PatchDiff, pair: HunkPair, *, is_verbose: bool) -> None:
    word = paint(f"{_WORDS.get(pair.state, pair.state):12}", _LOOKS.get(pair.state, "dim"))
    say(f"    {word} {_name(pair)}{_where(found, pair, is_verbose=is_verbose)}")
    is_whole = patch.status in ("added", "on", "off")
    if pair.state in ("changed", "added", "dropped") and (not is_whole or is_verbose):
        lines = _lines(pair, with_context=is_verbose)
    elif pair.state == "context" and is_verbose:
        lines = _lines(pair, with_context=True)
    else:
        return
    for line in lines:
        say(f"      {draw_line(line)}")


def _lines(pair: HunkPair, *, with_context: bool) -> tuple[TextLine, ...]:
    old, new = ([one.hunk for one in side] for side in (pair.old, pair.new))
    return diff_hunks(old, new, with_context=with_context)


def _name(pair: HunkPair) -> str:
    """Name the hunks, the new ones first; what they were is told where it differs."""
    paths = [side[0].path if side else None for side in (pair.old, pair.new)]
    old, new = (_numbers(side) for side in (pair.old, pair.new))
    shown = paths[1] or paths[0] or ""
    if not old or not new or (paths[0] == paths[1] and old == new):
        return f"{shown} {new or old}"
    was = "" if paths[0] == paths[1] else f"{paths[0] or ''} "
    return f"{shown} {new}, was {was}{old}"


def _numbers(hunks: tuple[HunkText, ...]) -> str:
    if not hunks:
        return ""
    return f"hunk {' and '.join(str(one.number) for one in hunks)} of {hunks[0].total}"


def _where(found: Interdiff, pair: HunkPair, *, is_verbose: bool) -> str:
    """Tell where the first hunks land, where that is known and of interest."""
    sides = ((found.old, pair.old), (found.new, pair.new))
    told = []
    for label, side in sides:
        placement = side[0].placement if side else None
        if isinstance(placement, Miss):
            told.append(f"does not fit {label}")
        elif placement is not None and (is_verbose or placement.offset):
            offset = f", {placement.offset:+d}" if placement.offset else ""
            told.append(f"line {placement.line}{offset} on {label}")
    if not told and pair.state == "moved" and pair.old[0].path == pair.new[0].path:
        told.append(f"line {pair.old[0].hunk.old_start}, now {pair.new[0].hunk.old_start}")
    return paint(f": {'; '.join(told)}", "dim") if told else ""


def _is_missed(pair: HunkPair) -> bool:
    return any(isinstance(hunk.placement, Miss) for hunk in (*pair.old, *pair.new))


def draw_line(line: TextLine) -> str:
    """Give the side, the mark in the patch and the text, with the words that differ."""
    head = f"{_SIGNS[line.side]} {line.mark}"
    tail = "" if line.has_newline else paint(" (no newline at the end)", "dim")
    if line.side == "both":
        return paint(head + line.text, "dim") + tail
    parts = [paint(head, line.side)]
    at = 0
    for start, stop in line.words:
        parts.append(paint(line.text[at:start], line.side))
        parts.append(paint(line.text[start:stop], f"{line.side}-word"))
        at = stop
    return "".join([*parts, paint(line.text[at:], line.side)]) + tail


def as_json(found: Interdiff, *, with_context: bool) -> dict[str, Any]:
    """Give every patch, the same ones too."""
    return {
        "ok": True,
        "verb": "interdiff",
        "old": found.old,
        "new": found.new,
        "releases": list(found.releases),
        "same": all(patch.status == "same" for patch in found.patches),
        "patches": [_patch_json(patch, with_context=with_context) for patch in found.patches],
        "unplaced": problem_rows(found.unplaced),
    }


def _patch_json(patch: PatchDiff, *, with_context: bool) -> dict[str, Any]:
    return {
        "name": patch.name,
        "status": patch.status,
        "old_name": patch.old_name,
        "moved_behind": patch.moved_behind,
        "old_file": patch.files[0],
        "new_file": patch.files[1],
        "fields": [
            {"name": field.name, "old": field.old, "new": field.new}
            for field in (*patch.entry, *patch.fields)
        ],
        "prose": [_line_json(line) for line in patch.prose],
        "hunks": [
            {
                "state": pair.state,
                "old": [_hunk_json(hunk) for hunk in pair.old],
                "new": [_hunk_json(hunk) for hunk in pair.new],
                "lines": [_line_json(line) for line in _lines(pair, with_context=with_context)],
            }
            for pair in patch.hunks
        ],
    }


def _hunk_json(hunk: HunkText) -> dict[str, Any]:
    placement = hunk.placement
    is_missed = isinstance(placement, Miss)
    return {
        "path": hunk.path,
        "hunk": hunk.number,
        "total": hunk.total,
        "fits": None if placement is None else not is_missed,
        "line": None if placement is None or is_missed else placement.line,
        "offset": None if placement is None or isinstance(placement, Miss) else placement.offset,
    }


def _line_json(line: TextLine) -> dict[str, Any]:
    return {
        "side": line.side,
        "mark": line.mark,
        "text": line.text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"),
        "words": [list(span) for span in line.words],
    }
