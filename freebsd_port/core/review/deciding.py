"""Which decision holds for which hunk, and what becomes of them when somebody decides anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from freebsd_port.core.review.facts import Decision, HunkFacts
from freebsd_port.core.review.laying import LaidHunk, LaidPatch


@dataclass(frozen=True, slots=True)
class Standing:
    """What is decided of one hunk."""

    decision: Decision | None = None
    outdated: Decision | None = None
    """What was decided of what stood there before, where nothing is decided of this."""


def match_decisions(
    patches: Sequence[LaidPatch],
    decisions: Iterable[Decision],
    alive: Mapping[str, Collection[str]],
) -> dict[str, Standing]:
    """Give each hunk's standing by its id.

    A decision holds for the hunk of its id. One whose hunk is not here holds for a hunk with the
    same content, of its own patch above all: that has only moved, or is another release's. One
    whose content no text of its patch has any more was decided of what is no more so: it is
    outdated for the undecided hunks in its file and scope, or in its file where the scope is
    gone. `alive` gives the contents of all texts of a patch.
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
        own = [one for one in loose if one.content == hunk.content and one.patch == patch]
        others = [one for one in dead if one.content == hunk.content]
        if name not in standing and (match := next(iter((*own, *others)), None)):
            standing[name] = Standing(match)
            loose.remove(match)
    scopes = {(patch, hunk.path, hunk.scope) for patch, hunk in here.values()}
    for name, (patch, hunk) in here.items():
        if name not in standing:
            standing[name] = Standing(None, _outdated(patch, hunk, dead, scopes))
    return standing


def _outdated(
    patch: str,
    hunk: LaidHunk,
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
