"""Which statements of two versions are the same, or the same one changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from freebsd_port.engine.core.source.statements import Statement
from freebsd_port.engine.core.text.align import align_lines

_LEAST_ALIKE = 0.6
"""What two statements must have in common for one to be the other, changed."""

_LEAST_ALIKE_HEADS = 0.4
"""The same for the heads of two blocks, which begin with the same word."""


@dataclass(slots=True)
class Alignment:
    """What became of the base's statements on one side."""

    to: list[int | None]
    """By base statement, the side's one: the same, or the same changed."""

    back: dict[int, int] = field(default_factory=dict)


def align_statements(
    old: Sequence[Statement], new: Sequence[Statement], key: Callable[[Statement], str]
) -> Alignment:
    """Align statements by their keys, and what lies between by likeness."""
    before = [key(one).encode() for one in old]
    behind = [key(one).encode() for one in new]
    to: list[int | None] = [None] * len(old)
    for block in align_lines(before, behind):
        for step in range(block.count):
            to[block.base + step] = block.other + step
    _slide(to, old, new, before, behind)
    at = last = 0
    for number in range(len(old) + 1):
        found = to[number] if number < len(old) else len(new)
        if found is None:
            continue
        for one, other in _pair(old, new, (at, number), (last, found)):
            to[one] = other
        at, last = number + 1, found + 1
    _follow_bodies(to, old, new)
    back = {other: one for one, other in enumerate(to) if other is not None}
    return Alignment(to, back)


def _follow_bodies(
    to: list[int | None], old: Sequence[Statement], new: Sequence[Statement]
) -> None:
    """Align heads that read alike, as `try:` does, by what is in their blocks.

    Where one side has put a block into another one of the same head, the outer one is new.
    """
    numbers = {id(one): number for number, one in enumerate(new)}
    known = {other: one for one, other in enumerate(to) if other is not None}
    inside: dict[int, list[int]] = {}
    for number, one in enumerate(old):
        if one.parent is not None and to[number] is not None and not one.is_comment:
            inside.setdefault(id(one.parent), []).append(number)
    for number in range(len(old) - 1, -1, -1):
        there = to[number]
        if there is None or not old[number].is_head:
            continue
        found = [
            new[other] for n in inside.get(id(old[number]), ()) if (other := to[n]) is not None
        ]
        around = [numbers[id(one)] for one in blocks_around(found)]
        alike = (
            n for n in around if n == there or (n not in known and new[n].key == new[there].key)
        )
        at = next(alike, there)
        if at != there and not any(there < other <= at for other in known):
            to[number], known[at] = at, number
            known.pop(there)


def blocks_around(statements: Sequence[Statement]) -> list[Statement]:
    """Give the heads of the blocks that all of these are in, the innermost first."""
    around: list[Statement] | None = None
    for one in statements:
        chain = []
        at = one.parent
        while at is not None:
            chain.append(at)
            at = at.parent
        known = {id(head) for head in chain}
        around = chain if around is None else [head for head in around if id(head) in known]
    return around or []


def _slide(
    to: list[int | None],
    old: Sequence[Statement],
    new: Sequence[Statement],
    before: Sequence[bytes],
    behind: Sequence[bytes],
) -> None:
    """Move runs that were put in, or taken out, up to where a definition begins."""
    back: list[int | None] = [None] * len(new)
    for one, other in enumerate(to):
        if other is not None:
            back[other] = one
    for forth, keys, statements, reverse in (
        (back, behind, new, to),
        (to, before, old, back),
    ):
        stop = len(keys)
        while stop > 0:
            if forth[stop - 1] is not None:
                stop -= 1
                continue
            start = stop
            while start > 0 and forth[start - 1] is None:
                start -= 1
            following = forth[stop] if stop < len(keys) else len(reverse)
            preceding = forth[start - 1] if start else -1
            if following is not None and preceding is not None and following == preceding + 1:
                _slide_run(forth, reverse, keys, statements, start, stop)
            stop = start


def _slide_run(
    forth: list[int | None],
    reverse: list[int | None],
    keys: Sequence[bytes],
    statements: Sequence[Statement],
    start: int,
    stop: int,
) -> None:
    def score(number: int) -> tuple[int, bool, bool]:
        one = statements[number]
        return one.indent, one.first != "@", one.defines is None

    best, shift = 0, 0
    while (
        start - shift > 0
        and (there := forth[start - shift - 1]) is not None
        and keys[start - shift - 1] == keys[stop - shift - 1]
        and (shift == 0 or forth[start - shift] == there + 1)
    ):
        shift += 1
        if score(start - shift) < score(start - best):
            best = shift
    for step in range(1, best + 1):
        there = forth[start - step]
        forth[start - step], forth[stop - step] = None, there
        if there is not None:
            reverse[there] = stop - step


def _pair(
    old: Sequence[Statement],
    new: Sequence[Statement],
    before: tuple[int, int],
    behind: tuple[int, int],
) -> Iterator[tuple[int, int]]:
    """Pair statements of two runs that are alike, in order, as many and as alike as can be."""
    rows, columns = range(*before), range(*behind)
    if not rows or not columns or len(rows) * len(columns) > 2500:
        return
    alike = [[_likeness(old[one], new[other]) for other in columns] for one in rows]
    best = [[0.0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for one in range(len(rows) - 1, -1, -1):
        for other in range(len(columns) - 1, -1, -1):
            taken = alike[one][other] + best[one + 1][other + 1] if alike[one][other] else 0.0
            best[one][other] = max(taken, best[one + 1][other], best[one][other + 1])
    one = other = 0
    while one < len(rows) and other < len(columns):
        likeness = alike[one][other]
        if likeness and best[one][other] == likeness + best[one + 1][other + 1]:
            yield rows[one], columns[other]
            one, other = one + 1, other + 1
        elif best[one][other] == best[one + 1][other]:
            one += 1
        else:
            other += 1


def _likeness(old: Statement, new: Statement) -> float:
    """Give how much of one statement is in the other, 0 for what cannot be the same."""
    if old.is_comment or new.is_comment:
        return 1.0 if old.key == new.key else 0.0
    if old.key == new.key:
        return 1.0
    if old.defines or new.defines:
        return 1.0 if old.defines == new.defines and old.first == new.first else 0.0
    if old.first != new.first and (old.is_head or new.is_head):
        return 0.0
    if "import" in (old.first, new.first):
        return 0.0
    if old.first == "from" and [w.key for w in old.words[:2]] != [w.key for w in new.words[:2]]:
        return 0.0
    if bound_names(old) != bound_names(new):
        return 0.0
    words, others = [w.key for w in old.words], [w.key for w in new.words]
    least = _LEAST_ALIKE_HEADS if old.is_head and new.is_head else _LEAST_ALIKE
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= least else 0.0


def bound_names(one: Statement) -> frozenset[str]:
    """Give the names that a statement binds where it stands."""
    words = one.words
    if one.defines:
        return frozenset((one.defines,))
    if one.first in ("import", "from"):
        start = next((n for n, word in enumerate(words) if word.text == "import"), 0)
        names = []
        for number in range(start + 1, len(words)):
            follows = words[number + 1].text if number + 1 < len(words) else ","
            is_module = one.first == "import" and words[number - 1].text in ("import", ",")
            if is_module or (words[number].is_name and follows == ","):
                names.append(words[number].text)
        return frozenset(names)
    depth = 0
    for number, word in enumerate(words):
        depth += (word.text in "([{") - (word.text in ")]}") if len(word.text) == 1 else 0
        if not depth and word.text in ("=", ":") and not one.is_head:
            return frozenset((" ".join(w.key for w in words[:number]),))
    return frozenset()
