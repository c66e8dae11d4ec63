"""What `review PATCH` prints: the patch's prose, then each hunk with its lines and facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from freebsd_port.cli.render import count, has_colours, paint
from freebsd_port.cli.views.review_text import (
    Piece,
    make_visible,
    piece_line,
    wrap_pieces,
    wrap_row,
)
from freebsd_port.engine.core.review.lines import HunkLine, read_lines
from freebsd_port.engine.core.text.unseen import decode_line

if TYPE_CHECKING:
    from freebsd_port.engine.core.patch.hunk import Hunk
    from freebsd_port.engine.core.review.facts import (
        Decision,
        FourWay,
        HunkFacts,
        HunkOnRelease,
        PatchFacts,
        Remark,
        SeriesFacts,
    )


_MARKS = {"kept": " ", "removed": "-", "added": "+"}
_LINE_STYLES = {"kept": "dim", "removed": "bad", "added": "good"}
_LEAST_COLUMNS = 10
"""Of text in a row; below that nothing is wrapped."""

_NO_NEWLINE = "\\ no newline at the end"


def diff_rows(
    patch: PatchFacts, hunk: HunkFacts, *, width: int, wrap: int | None, is_split: bool
) -> Iterator[str]:
    """Give a hunk as rows: of at most `width` when split, of at most `wrap` when not."""
    lines = _read(patch, hunk)
    last = max((n for line in lines for n in (line.old_line, line.new_line) if n), default=1)
    if is_split:
        yield from _split_rows(_dedent(lines), len(str(last)), width)
    else:
        yield from _unified_rows(lines, len(str(last)), wrap)


def _read(patch: PatchFacts, hunk: HunkFacts) -> tuple[HunkLine, ...]:
    from freebsd_port.engine.core.source.scope import is_text

    old_line = hunk.line or max(hunk.hunk.old_start, 1)
    new_line = max(old_line + hunk.hunk.new_start - hunk.hunk.old_start, 1)
    before = next((file.before for file in patch.files if file.path == hunk.path), None)
    is_python = hunk.path.endswith(".py") and has_colours()
    starts_in_text = bool(is_python and hunk.line and before and is_text(before, hunk.line - 1))
    return read_lines(
        hunk.hunk, old_line, new_line, is_python=is_python, starts_in_text=starts_in_text
    )


def _unified_rows(lines: Sequence[HunkLine], digits: int, wrap: int | None) -> Iterator[str]:
    """Give the lines behind their numbers; what is too wide goes on below its own text."""
    gutter = 2 * digits + 3
    for line in lines:
        numbers = f"{line.old_line or '':>{digits}} {line.new_line or '':>{digits}}"
        mark = paint(f"{numbers} {_MARKS[line.change]}", _LINE_STYLES[line.change])
        pieces = piece_line(line)
        if wrap is None or wrap <= gutter + _LEAST_COLUMNS:
            yield (mark + "".join(piece.paint() for piece in pieces)).rstrip()
        else:
            for number, row in enumerate(wrap_pieces(pieces, wrap - gutter)):
                yield f"{' ' * gutter if number else mark}{row}".rstrip()
        if not line.has_newline:
            yield paint(f"{'':{2 * digits + 2}}{_NO_NEWLINE}", "dim")


def _dedent(lines: Sequence[HunkLine]) -> list[HunkLine]:
    """Take away the blanks that all lines begin with: half a screen is narrow."""
    texts = [line.text for line in lines if line.text.strip()]
    cut = min((len(text) - len(text.lstrip(" ")) for text in texts), default=0)
    return [
        replace(
            line,
            text=line.text[cut:],
            words=tuple((max(a - cut, 0), max(b - cut, 0)) for a, b in line.words),
            kinds=tuple((max(a - cut, 0), max(b - cut, 0), kind) for a, b, kind in line.kinds),
        )
        for line in lines
    ]


def _split_rows(lines: Sequence[HunkLine], digits: int, width: int) -> Iterator[str]:
    """Put removed lines beside the added ones that follow them."""
    text = max((width - 2 * digits - 7) // 2, 10)
    for is_kept, block in groupby(lines, lambda line: line.change == "kept"):
        run = list(block)
        old = run if is_kept else [line for line in run if line.change == "removed"]
        new = run if is_kept else [line for line in run if line.change == "added"]
        for left, right in zip_longest(old, new):
            cells = (_cell(left, digits, text, is_old=True), _cell(right, digits, text))
            empty = " " * (digits + 2 + text)
            for one, other in zip_longest(*cells, fillvalue=empty):
                yield f"{one} {paint('|', 'dim')} {other}".rstrip()


def _cell(line: HunkLine | None, digits: int, width: int, *, is_old: bool = False) -> list[str]:
    if line is None:
        return []
    number = line.old_line if is_old else line.new_line
    pieces = piece_line(line)
    if not line.has_newline:
        pieces.append(Piece(f" {_NO_NEWLINE}", (("dim", True),)))
    rows = wrap_pieces(pieces, width)
    mark = paint(f"{number or '':>{digits}} {_MARKS[line.change]}", _LINE_STYLES[line.change])
    blank = " " * (digits + 2)
    return [f"{mark if n == 0 else blank}{row}" for n, row in enumerate(rows)]


_LOOKS = {
    "exact": "good",
    "offset": "good",
    "fuzz": "warn",
    "rewritten": "warn",
    "gone": "dim",
    "off": "dim",
    "miss": "bad",
    "unknown": "dim",
}
_LEVELS = {"error": "bad", "warning": "warn", "note": "dim"}
_MOST_CHECKS = 3
_INDENT = "    "


def show_facts(
    facts: SeriesFacts,
    *,
    width: int,
    wrap: int | None = None,
    is_split: bool,
    beside: Collection[str],
) -> Iterator[str]:
    """Give the lines of some patches and their hunks.

    `width` is for two columns, `wrap` the columns at which other rows are wrapped. `beside` are
    releases; where they take another variant, what differs in it is shown.
    """
    for number, patch in enumerate(facts.patches):
        if number:
            yield ""
        yield from _wrapped(_patch_head(patch), wrap)
        for hunk in patch.hunks:
            yield ""
            yield from _wrapped(_hunk_head(hunk), wrap)
            yield from diff_rows(patch, hunk, width=width, wrap=wrap, is_split=is_split)
            yield from _wrapped(_other_rows(hunk, beside), wrap)


def _wrapped(rows: Iterable[str], wrap: int | None) -> Iterator[str]:
    for row in rows:
        yield from wrap_row(row, wrap)


def _patch_head(patch: PatchFacts) -> Iterator[str]:
    name = patch.name if patch.file == patch.name else f"{patch.name}, variant {patch.file}"
    yield paint(make_visible(name), "strong")
    yield make_visible(patch.header.field("Subject") or "no subject")
    yield paint(make_visible(patch.upstream), "dim")
    yield from map(_finding_row, patch.findings)
    if patch.header.prose:
        yield ""
        for line in patch.header.prose.split("\n"):
            yield make_visible(line)


def _hunk_head(hunk: HunkFacts) -> Iterator[str]:
    yield _hunk_name(hunk)
    yield _INDENT + ", ".join(map(_placement_word, hunk.placements))
    for reason in dict.fromkeys(one.reason for one in hunk.placements if one.reason):
        where = ", ".join(one.release for one in hunk.placements if one.reason == reason)
        yield paint(f"{_INDENT}{where}: {make_visible(reason)}", "dim")
    yield _INDENT + _checks_word(hunk)
    for line in hunk.missed:
        yield paint(f"{_INDENT}no check runs: {make_visible(line)}", "warn")
    yield _INDENT + _decision_word(hunk)
    yield from map(_finding_row, hunk.findings)


def _other_rows(hunk: HunkFacts, beside: Collection[str]) -> Iterator[str]:
    """Show how the variants of other releases differ from the hunk, each variant once."""
    yield from _merge_rows(hunk, beside)
    texts: dict[str | None, list[tuple[str, Hunk]]] = {}
    for one in hunk.placements:
        if one.other is not None and one.release in beside:
            texts.setdefault(one.counterpart, []).append((one.release, one.other))
    for name, takers in texts.items():
        from freebsd_port.cli.views.interdiff import draw_line  # most hunks have one text
        from freebsd_port.engine.core.interdiff.hunk_change import diff_hunks

        releases = ", ".join(release for release, _ in takers)
        yield paint(f"{_INDENT}differences from {name}, the variant for {releases}:", "strong")
        for line in diff_hunks([takers[0][1]], [hunk.hunk]):
            if line.side != "both":
                yield f"{_INDENT}{draw_line(line)}"


def _merge_rows(hunk: HunkFacts, beside: Collection[str]) -> Iterator[str]:
    """Show base, ours, theirs and result of a hunk that a release's variant has otherwise."""
    merges: dict[FourWay, list[str]] = {}
    for one in hunk.placements:
        if one.merge is not None and one.release in beside:
            merges.setdefault(one.merge, []).append(one.release)
    for merge, releases in merges.items():
        where = ", ".join(releases)
        yield paint(f"{_INDENT}{merge.outcome} on {where}: {make_visible(merge.reason)}", "strong")
        sides = (merge.base, merge.ours, merge.theirs, merge.result)
        for name, lines in zip(("base", "ours", "theirs", "result"), sides, strict=True):
            yield f"{_INDENT}  {paint(name, 'dim')}"
            for line in lines:
                text = make_visible(decode_line(line).rstrip("\n"))
                yield f"{_INDENT}    {text}".rstrip()


def _hunk_name(hunk: HunkFacts) -> str:
    place = hunk.path if hunk.line is None else f"{hunk.path}:{hunk.line}"
    scope = f" in {hunk.scope}" if hunk.scope else ""
    number = f"hunk {hunk.number} of {hunk.total}"
    return f"{paint(hunk.id, 'strong')}  {number}  {make_visible(place + scope)}"


def _placement_word(placement: HunkOnRelease) -> str:
    word: str = placement.state
    if placement.offset:
        word = f"{word} {placement.offset:+d}"
    if placement.counterpart:
        word = f"{word} as {placement.counterpart}"
    return f"{placement.release} {paint(word, _LOOKS[placement.state])}"


def _checks_word(hunk: HunkFacts) -> str:
    if hunk.checks is None:
        return paint("checks: not measured, see freebsd-port verify", "dim")
    if not hunk.checks:
        if not hunk.missed:
            return paint("checks: nothing in it to run", "dim")
        return paint("checks: none runs it", "warn")
    more = len(hunk.checks) - _MOST_CHECKS
    shown = ", ".join(map(make_visible, hunk.checks[:_MOST_CHECKS]))
    return f"run by {shown}" + (f" and {count(more, 'other')}" if more > 0 else "")


def _decision_word(hunk: HunkFacts) -> str:
    if hunk.decision is not None:
        is_good = hunk.decision.verdict == "approved"
        return paint(describe_decision(hunk.decision), "good" if is_good else "bad")
    if hunk.outdated is not None:
        return paint(f"changed since this decision: {describe_decision(hunk.outdated)}", "warn")
    return paint("not reviewed", "warn")


def describe_decision(decision: Decision) -> str:
    """Say who decided what, and when."""
    word = "approved" if decision.verdict == "approved" else "changes requested"
    said = f"{word} by {decision.by} on {decision.on}"
    return make_visible(f"{said}: {decision.note}" if decision.note else said)


def _finding_row(finding: Remark) -> str:
    head = paint(f"{finding.level} {finding.rule}:", _LEVELS[finding.level])
    where = paint(make_visible(f"({finding.file}:{finding.line})"), "dim")
    return f"{_INDENT}{head} {make_visible(finding.message)} {where}"


def show_overview(
    facts: SeriesFacts, *, wrap: int | None = None, has_hunks: bool = False
) -> Iterator[str]:
    """Give a row a patch: hunks, decisions, findings; a row a hunk if asked; and the sums."""
    from freebsd_port.engine.core.review.flags import count_facts

    width = max((len(make_visible(patch.name)) for patch in facts.patches), default=0)
    yield paint(f"{'':{width}}  hunks  reviewed  findings", "strong")
    for patch in facts.patches:
        yield _overview_row(patch, width)
        if has_hunks:
            for hunk in patch.hunks:
                yield from wrap_row(f"{_INDENT}{_hunk_name(hunk)}, {_decision_word(hunk)}", wrap)
    sums = count_facts(facts.patches)
    parts = [
        f"{count(sums.patches, 'patch')}, {count(sums.hunks, 'hunk')} on {facts.release}",
        f"{sums.hunks - sums.unreviewed} reviewed, {sums.unreviewed} not",
        *([f"changes requested for {sums.requested}"] if sums.requested else []),
        count(sums.findings, "finding"),
    ]
    yield from wrap_row("; ".join(parts), wrap)
    yield paint("freebsd-port review PATCH shows its hunks", "dim")


def _overview_row(patch: PatchFacts, width: int) -> str:
    from freebsd_port.engine.core.review.flags import REQUESTED, count_facts, patch_flags

    name = make_visible(patch.name)
    if patch.is_off:
        return paint(f"{name:{width}}    off", "dim")
    sums = count_facts((patch,))
    reviewed = f"{sums.hunks - sums.unreviewed:>8}"
    look = "bad" if REQUESTED in patch_flags(patch) else "warn" if sums.unreviewed else "good"
    found = f"{sums.findings or '-':>8}"
    return (
        f"{name:{width}}  {sums.hunks:>5}  {paint(reviewed, look)}  "
        f"{paint(found, 'warn' if sums.findings else 'dim')}"
    )
