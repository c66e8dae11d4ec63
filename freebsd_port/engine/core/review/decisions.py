"""The decisions file, and which decision holds for which hunk.

One line for each decided hunk, in the order of the series:
`approved HUNK CONTENT DATE PATCH PATH:SCOPE NAME: NOTE`. Writing the file is the store's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

from freebsd_port.engine.core.review.facts import Decision, HunkFacts, Verdict
from freebsd_port.engine.core.review.on_release import WalkedHunk, WalkedPatch
from freebsd_port.errors import PortError, ProblemsError

HEAD = """\
# What reviewers decided of each hunk; freebsd-port review --approve, --request-changes and --reset
# write it. A line: verdict, hunk, digest of its content, date, patch, file:scope, name: note
"""
FORM = "VERDICT HUNK CONTENT DATE PATCH FILE:SCOPE NAME: NOTE"
_VERDICTS = get_args(Verdict)
_HUNK = re.compile(r"[0-9a-f]{12}(-[1-9]\d*)?")
_CONTENT = re.compile(r"[0-9a-f]{32}")
_FIELDS = 6


class DecisionError(PortError):
    """A line of the decisions that cannot be read, or a decision that cannot be written."""


def parse_decisions(data: bytes, *, source: str = "decisions") -> tuple[Decision, ...]:
    """Read the file; lines that start with # and blank ones say nothing.

    Raises ProblemsError with every line that cannot be read or decides a hunk a second time.
    """
    found: dict[str, tuple[int, Decision]] = {}
    problems: list[DecisionError] = []
    for number, raw in enumerate(data.split(b"\n"), 1):
        try:
            line = raw.decode("utf-8")
            decision = _parse_line(line) if line.strip() and not line.startswith("#") else None
            if decision and decision.hunk in found:
                first = found[decision.hunk][0]
                raise ValueError(f"hunk {decision.hunk} is decided at line {first} already")
        except ValueError as error:
            problems.append(_fault(f"{source}:{number}", error))
        else:
            if decision:
                found[decision.hunk] = number, decision
    if problems:
        raise ProblemsError(tuple(problems))
    return tuple(decision for _, decision in found.values())


def _fault(where: str, error: ValueError) -> DecisionError:
    if isinstance(error, UnicodeDecodeError):
        return DecisionError("the line is not UTF-8", where=where, hint="remove the line")
    is_repeat = "already" in str(error)
    is_merge = "merge" in str(error)
    hint = f"write it as {FORM}, or remove the line"
    if is_repeat:
        hint = "keep one of the two lines"
    elif is_merge:
        hint = "keep the lines that are right, and remove the marker"
    return DecisionError(str(error), where=where, hint=hint)


def _parse_line(line: str) -> Decision:
    """Read one line; raises ValueError saying what is wrong with it."""
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")):
        raise ValueError("a merge left its marker here")
    line = line.rstrip("\r")
    if not line.isprintable():
        raise ValueError("the line holds characters that cannot be seen")
    fields = line.split(" ", _FIELDS)
    if len(fields) <= _FIELDS:
        raise ValueError("the line is not a decision")
    verdict, hunk, content, on, patch, place, words = fields
    if verdict not in _VERDICTS:
        raise ValueError(f"{verdict!r} is not a verdict: {' or '.join(_VERDICTS)}")
    if not _HUNK.fullmatch(hunk):
        raise ValueError(f"{hunk!r} is not the id of a hunk")
    if not _CONTENT.fullmatch(content):
        raise ValueError(f"{content!r} is not the digest of a hunk's content")
    if date.fromisoformat(on).isoformat() != on:
        raise ValueError(f"{on!r} is no date")
    path, colon, scope = place.rpartition(":")
    by, _, note = words.partition(": ")
    if not (path and colon and by.strip()):
        raise ValueError("the line is not a decision")
    return Decision(
        hunk=hunk,
        content=content,
        patch=_unquote(patch),
        path=_unquote(path),
        scope=scope or None,
        verdict="approved" if verdict == "approved" else "changes-requested",
        by=by.removesuffix(":"),
        on=on,
        note=note,
    )


def render_decisions(decisions: Iterable[Decision], series: Sequence[str]) -> bytes:
    """Write the file: patches in the order of the series, then by file, scope and hunk.

    `parse_decisions(render_decisions(d, s))` gives them back; the order does not depend on that
    in which they came. Patches that the series has no more come last.
    """
    order = {name: number for number, name in enumerate(series)}

    def key(one: Decision) -> tuple[int, str, str, str, str]:
        place = order.get(one.patch, len(order))
        return place, one.patch, one.path, one.scope or "", one.hunk

    return "".join((HEAD, *map(_render_line, sorted(decisions, key=key)))).encode()


def _render_line(one: Decision) -> str:
    place = f"{_quote(one.path)}:{one.scope or ''}"
    words = f"{one.by}: {one.note}" if one.note else one.by
    return f"{one.verdict} {one.hunk} {one.content} {one.on} {_quote(one.patch)} {place} {words}\n"


def _quote(path: str) -> str:
    """Write blanks, percent signs and what cannot be seen as `%` and hexadecimal digits."""
    return "".join(
        one
        if one.isprintable() and one not in " %"
        else "".join(f"%{byte:02X}" for byte in one.encode("utf-8", "surrogateescape"))
        for one in path
    )


def _unquote(text: str) -> str:
    data = re.sub(rb"%([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), text.encode())
    return data.decode("utf-8", "surrogateescape")


def require_name(name: str) -> str:
    """Give a reviewer's name as the file can hold it; raises DecisionError."""
    clean = " ".join(name.split())
    if not clean or not clean.isprintable() or ": " in clean or clean.endswith(":"):
        raise DecisionError(
            "the reviewer's name is empty, or holds a colon before a blank or what cannot be seen",
            where=repr(name),
            hint="name a person with --by NAME",
        )
    return clean


def clean_note(note: str) -> str:
    """Give a note in one line, without what cannot be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in note).split())


@dataclass(frozen=True, slots=True)
class Standing:
    """What is decided of one hunk."""

    decision: Decision | None = None
    outdated: Decision | None = None
    """What was decided of what stood there before, where nothing is decided of this."""


def match_decisions(
    patches: Sequence[WalkedPatch],
    decisions: Iterable[Decision],
    alive: Mapping[str, Collection[str]],
) -> dict[str, Standing]:
    """Give each hunk's standing by its id.

    A decision holds for the hunk of its id. One whose hunk is not here holds for a hunk with the
    same content in a class or function of the same name, of its own patch above all: that has
    only moved, or is another release's. It is outdated for a hunk with that content in another
    one: what is right in one function need not be so in the next. One whose content no text of
    its patch has any more was decided of what is no more so: it is outdated for the undecided
    hunks in its file and scope, or in its file where the scope is gone. `alive` gives the contents
    of all texts of a patch.
    """
    by_id = {one.hunk: one for one in decisions}
    here = {hunk.id: (patch.name, hunk) for patch in patches for hunk in patch.hunks}
    standing = {
        name: Standing(by_id[name])
        for name, (_, hunk) in here.items()
        if name in by_id and by_id[name].content == hunk.content
    }
    loose = [one for one in by_id.values() if one.hunk not in standing]
    dead = [one for one in loose if one.content not in alive.get(one.patch, ())]
    for name, (patch, hunk) in here.items():
        same = [one for one in loose if (one.content, one.scope) == (hunk.content, hunk.scope)]
        own = [one for one in same if one.patch == patch]
        others = [one for one in same if one in dead]
        if name not in standing and (match := next(iter((*own, *others)), None)):
            standing[name] = Standing(match)
            loose.remove(match)
    scopes = {(patch, hunk.path, hunk.scope) for patch, hunk in here.values()}
    for name, (patch, hunk) in here.items():
        if name not in standing:
            same = [one for one in loose if one.content == hunk.content]
            moved = [one for one in same if one.patch == patch or one in dead]
            elsewhere = max(moved, key=lambda one: one.on, default=None)
            outdated = elsewhere or _outdated(patch, hunk, dead, scopes)
            standing[name] = Standing(None, outdated)
    return standing


def _outdated(
    patch: str,
    hunk: WalkedHunk,
    dead: Sequence[Decision],
    scopes: Collection[tuple[str, str, str | None]],
) -> Decision | None:
    own = [one for one in dead if (one.patch, one.path) == (patch, hunk.path)]
    near = [one for one in own if one.scope == hunk.scope]
    strays = [one for one in own if (one.patch, one.path, one.scope) not in scopes]
    return max(near or strays, key=lambda one: one.on, default=None)


def decide(
    decisions: Iterable[Decision], made: Sequence[Decision], hunks: Sequence[HunkFacts]
) -> tuple[Decision, ...]:
    """Give the decisions with those of some hunks exchanged for the ones made, if any.

    `hunks` are the hunks decided about. What held for them before, under an earlier id too, and
    what is outdated for them goes.
    """
    gone = {hunk.id for hunk in hunks}
    gone |= {one.hunk for hunk in hunks for one in (hunk.decision, hunk.outdated) if one}
    return (*(one for one in decisions if one.hunk not in gone), *made)
