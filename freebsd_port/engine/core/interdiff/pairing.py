"""Which hunks of two texts of a patch are one and the same, by what they change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from freebsd_port.engine.core.apply.place import Miss, Placement
from freebsd_port.engine.core.interdiff.hunk_change import Marked, marked_lines
from freebsd_port.engine.core.patch.hunk import Hunk

State = Literal["same", "moved", "context", "changed", "added", "dropped"]
"""The same in every line; at another line or in another file; only with other context, or cut
into other hunks; changed; only in the new text; only in the old one."""

_WORD = re.compile(rb"\w+|[^\w\s]")
_LEAST_ALIKE = 0.4
_MOST_PAIRS = 20_000
"""More hunks than this many pairs are compared only with the one at the same place."""


@dataclass(frozen=True, slots=True)
class HunkText:
    """One hunk of a text of a patch."""

    path: str
    """The file as the patch names it, without the components that are stripped."""

    number: int
    """1-based within its file change."""

    total: int
    hunk: Hunk
    change: tuple[Marked, ...]
    """The lines that it removes and adds."""

    placement: Placement | Miss | None = None
    """Where it lands on the release; None where that is not known."""


@dataclass(frozen=True, slots=True)
class HunkPair:
    """What became of hunks: mostly of one, of several where they were cut otherwise."""

    state: State
    old: tuple[HunkText, ...]
    new: tuple[HunkText, ...]


def pair_hunks(old: Sequence[HunkText], new: Sequence[HunkText]) -> tuple[HunkPair, ...]:
    """Pair the hunks of two texts, in the order of the new one; dropped ones stand first.

    Equal hunks come first, then equal changes in the same file, then in any file, then changes
    that were cut into other hunks, then such as have most words in common.
    """
    pairing = _Pairing(list(old), list(new))
    pairing.match_equal(lambda hunk: (hunk.path, marked_lines(hunk.hunk, with_context=True)))
    pairing.match_equal(lambda hunk: (hunk.path, hunk.change))
    pairing.match_equal(lambda hunk: hunk.change)
    pairing.match_cut()
    pairing.match_alike()
    dropped = [HunkPair("dropped", (hunk,), ()) for hunk in pairing.old]
    added = [HunkPair("added", (), (hunk,)) for hunk in pairing.new]
    place = {id(hunk): number for number, hunk in enumerate(new)}
    return (*dropped, *sorted((*pairing.pairs, *added), key=lambda pair: place[id(pair.new[0])]))


def alike(old: Sequence[Marked], new: Sequence[Marked]) -> float:
    """Tell how many words two changes have in common, from 0 to 1."""
    return _dice(_count_words(old), _count_words(new))


class _Pairing:
    """Hunks that have no counterpart yet, and the pairs found."""

    def __init__(self, old: list[HunkText], new: list[HunkText]) -> None:
        self.old = old
        self.new = new
        self.pairs: list[HunkPair] = []

    def match_equal(self, key: Callable[[HunkText], Hashable]) -> None:
        """Pair hunks of equal keys, in order."""
        waiting: dict[Hashable, list[HunkText]] = {}
        for hunk in self.old:
            waiting.setdefault(key(hunk), []).append(hunk)
        for hunk in list(self.new):
            if waiting.get(key(hunk)):
                other = waiting[key(hunk)].pop(0)
                self._take(_state(other, hunk), [other], [hunk])

    def match_cut(self) -> None:
        """Pair one hunk with the several that make the same change."""
        for hunk in list(self.new):
            if (run := _find_run(hunk, self.old)) is not None:
                self._take("context", run, [hunk])
        for hunk in list(self.old):
            if (run := _find_run(hunk, self.new)) is not None:
                self._take("context", [hunk], run)

    def match_alike(self) -> None:
        """Pair what is left and alike, the most alike first, the nearest of equals."""
        words_old = [_count_words(hunk.change) for hunk in self.old]
        words_new = [_count_words(hunk.change) for hunk in self.new]
        is_small = len(self.old) * len(self.new) <= _MOST_PAIRS
        scores = []
        for i, one in enumerate(self.old):
            for j in range(len(self.new)) if is_small else range(i, min(i + 1, len(self.new))):
                is_far = one.path != self.new[j].path
                score = _dice(words_old[i], words_new[j])
                if score >= _LEAST_ALIKE:
                    scores.append((is_far, -score, abs(i - j), i, j))
        old, new = list(self.old), list(self.new)
        used: set[int] = set()
        for *_, i, j in sorted(scores):
            if id(old[i]) not in used and id(new[j]) not in used:
                used |= {id(old[i]), id(new[j])}
                self._take("changed", [old[i]], [new[j]])

    def _take(self, state: State, old: list[HunkText], new: list[HunkText]) -> None:
        gone = {id(hunk) for hunk in (*old, *new)}
        self.old = [hunk for hunk in self.old if id(hunk) not in gone]
        self.new = [hunk for hunk in self.new if id(hunk) not in gone]
        self.pairs.append(HunkPair(state, tuple(old), tuple(new)))


def _state(old: HunkText, new: HunkText) -> State:
    """Say how two hunks that make the same change differ."""
    if marked_lines(old.hunk, with_context=True) != marked_lines(new.hunk, with_context=True):
        return "context"
    starts = [(one.path, one.hunk.old_start, one.hunk.new_start) for one in (old, new)]
    return "same" if starts[0] == starts[1] else "moved"


def _find_run(whole: HunkText, parts: Sequence[HunkText]) -> list[HunkText] | None:
    """Find hunks of the same file, one after the other, that together make a hunk's change."""
    for first in range(len(parts)):
        change: tuple[Marked, ...] = ()
        for last in range(first, len(parts)):
            if parts[last].path != whole.path:
                break
            change += parts[last].change
            if change == whole.change:
                return list(parts[first : last + 1])
            if change != whole.change[: len(change)]:
                break
    return None


def _count_words(change: Sequence[Marked]) -> Counter[tuple[bytes, bytes]]:
    return Counter((mark, word) for mark, text in change for word in _WORD.findall(text))


def _dice(old: Counter[tuple[bytes, bytes]], new: Counter[tuple[bytes, bytes]]) -> float:
    total = old.total() + new.total()
    return 2 * (old & new).total() / total if total else 0.0
