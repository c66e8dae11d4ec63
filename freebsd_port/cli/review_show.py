"""What `review PATCH` prints: the patch's prose, then each hunk with all that is known of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from freebsd_port.cli.render import count, paint
from freebsd_port.cli.review_diff import diff_rows
from freebsd_port.cli.review_text import make_visible

if TYPE_CHECKING:
    from freebsd_port.core.hunk import Hunk
    from freebsd_port.core.review.facts import (
        Decision,
        Finding,
        HunkFacts,
        Landing,
        PatchFacts,
        SeriesFacts,
    )

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
    facts: SeriesFacts, *, width: int, is_split: bool, beside: Collection[str]
) -> Iterator[str]:
    """Give the lines of some patches and their hunks.

    `beside` are releases; where they take another text, what differs in it is told.
    """
    for number, patch in enumerate(facts.patches):
        if number:
            yield ""
        yield from _patch_head(patch)
        for hunk in patch.hunks:
            yield ""
            yield from _hunk_head(hunk)
            yield from diff_rows(patch, hunk, width=width, is_split=is_split)
            yield from _other_rows(hunk, beside)


def _patch_head(patch: PatchFacts) -> Iterator[str]:
    name = patch.name if patch.file == patch.name else f"{patch.name}, text {patch.file}"
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
    yield _INDENT + ", ".join(map(_landing_word, hunk.landings))
    for reason in dict.fromkeys(one.reason for one in hunk.landings if one.reason):
        where = ", ".join(one.release for one in hunk.landings if one.reason == reason)
        yield paint(f"{_INDENT}{where}: {make_visible(reason)}", "dim")
    yield _INDENT + _checks_word(hunk)
    for line in hunk.missed:
        yield paint(f"{_INDENT}no check ran: {make_visible(line)}", "warn")
    yield _INDENT + _decision_word(hunk)
    yield from map(_finding_row, hunk.findings)


def _other_rows(hunk: HunkFacts, beside: Collection[str]) -> Iterator[str]:
    """Hold what other releases take in its place against the hunk, each text once."""
    texts: dict[str | None, list[tuple[str, Hunk]]] = {}
    for one in hunk.landings:
        if one.other is not None and one.release in beside:
            texts.setdefault(one.counterpart, []).append((one.release, one.other))
    for name, takers in texts.items():
        from freebsd_port.cli.interdiff import draw_line  # most hunks have one text
        from freebsd_port.core.interdiff.change import diff_hunks

        releases = ", ".join(release for release, _ in takers)
        yield paint(f"{_INDENT}what differs from {name}, the text for {releases}:", "strong")
        for line in diff_hunks([takers[0][1]], [hunk.hunk]):
            if line.side != "both":
                yield f"{_INDENT}{draw_line(line)}"


def _hunk_name(hunk: HunkFacts) -> str:
    place = hunk.path if hunk.line is None else f"{hunk.path}:{hunk.line}"
    scope = f" in {hunk.scope}" if hunk.scope else ""
    number = f"hunk {hunk.number} of {hunk.total}"
    return f"{paint(hunk.id, 'strong')}  {number}  {make_visible(place + scope)}"


def _landing_word(landing: Landing) -> str:
    word: str = landing.state
    if landing.offset:
        word = f"{word} {landing.offset:+d}"
    if landing.counterpart:
        word = f"{word} as {landing.counterpart}"
    return f"{landing.release} {paint(word, _LOOKS[landing.state])}"


def _checks_word(hunk: HunkFacts) -> str:
    if hunk.checks is None:
        return paint("checks: not measured, see freebsd-port verify", "dim")
    if not hunk.checks:
        return paint("checks: none ran it", "warn" if hunk.missed else "dim")
    more = len(hunk.checks) - _MOST_CHECKS
    shown = ", ".join(map(make_visible, hunk.checks[:_MOST_CHECKS]))
    return f"ran by {shown}" + (f" and {count(more, 'other')}" if more > 0 else "")


def _decision_word(hunk: HunkFacts) -> str:
    if hunk.decision is not None:
        is_good = hunk.decision.verdict == "approved"
        return paint(describe_decision(hunk.decision), "good" if is_good else "bad")
    if hunk.outdated is not None:
        return paint(f"asks again, it changed since: {describe_decision(hunk.outdated)}", "warn")
    return paint("not reviewed", "warn")


def describe_decision(decision: Decision) -> str:
    """Say who decided what, and when."""
    word = "approved" if decision.verdict == "approved" else "changes requested"
    said = f"{word} by {decision.by} on {decision.on}"
    return make_visible(f"{said}: {decision.note}" if decision.note else said)


def _finding_row(finding: Finding) -> str:
    head = paint(f"{finding.level} {finding.rule}:", _LEVELS[finding.level])
    where = paint(make_visible(f"({finding.file}:{finding.line})"), "dim")
    return f"{_INDENT}{head} {make_visible(finding.message)} {where}"


def show_overview(facts: SeriesFacts, *, has_hunks: bool = False) -> Iterator[str]:
    """Give a row a patch: hunks, decisions, findings; a row a hunk if asked; and the sums."""
    from freebsd_port.core.review.flags import count_facts

    width = max((len(make_visible(patch.name)) for patch in facts.patches), default=0)
    yield paint(f"{'':{width}}  hunks  reviewed  findings", "strong")
    for patch in facts.patches:
        yield _overview_row(patch, width)
        if has_hunks:
            yield from (
                f"{_INDENT}{_hunk_name(hunk)}, {_decision_word(hunk)}" for hunk in patch.hunks
            )
    sums = count_facts(facts.patches)
    parts = [
        f"{count(sums.patches, 'patch')}, {count(sums.hunks, 'hunk')} on {facts.release}",
        f"{sums.hunks - sums.unreviewed} reviewed, {sums.unreviewed} not",
        *([f"changes requested of {sums.requested}"] if sums.requested else []),
        count(sums.findings, "finding"),
    ]
    yield "; ".join(parts)
    yield paint("freebsd-port review PATCH shows its hunks", "dim")


def _overview_row(patch: PatchFacts, width: int) -> str:
    from freebsd_port.core.review.flags import REQUESTED, count_facts, patch_flags

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
