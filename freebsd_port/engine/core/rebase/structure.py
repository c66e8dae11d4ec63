"""Three-way merge of Python by its statements and words, for what clashes line by line.

Whole statements are aligned whatever their formatting; what both sides did to one statement is
merged word by word. Theirs is kept as it is written, and ours is put into it. What is not certain
is left alone: a merge of lines that only looks right is worse than a conflict.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from freebsd_port.engine.core.source.scope import UNPARSED, as_module
from freebsd_port.engine.core.source.statements import (
    NoStatementsError,
    Source,
    Statement,
    Token,
    read_source,
)
from freebsd_port.engine.core.text.align import align_lines

_LEAST_ALIKE = 0.6
"""What two statements must have in common for one to be the other, changed."""

_LEAST_ALIKE_HEADS = 0.4
"""The same for the heads of two blocks, which begin with the same word."""

_TELLING = 2
"""A statement of more words than this stands at one place only, as a rule."""

_LEAST_KEPT = 0.3
"""What theirs must have of the base's statements for it to be the same code."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Theirs with what ours does."""

    lines: tuple[bytes, ...]
    reason: str
    """In words, for the hunk."""

    is_present: bool
    """Whether theirs does all of it already, in other words."""


class _UncertainError(Exception):
    """Nobody can tell what the merge is."""


def merge_structure(
    base: Sequence[bytes], ours: Sequence[bytes], theirs: Sequence[bytes]
) -> Merged | None:
    """Merge whole statements of three versions of the same code; None where it is not certain.

    Certain means that the result parses, that ours stays within the same functions and blocks,
    that no name it uses is gone from theirs, and that merging once more changes nothing.
    """
    try:
        old, mine, other = read_source(base), read_source(ours), read_source(theirs)
        names = _find_renames(old, other)
        if names:
            old, mine = _rename(old, names), _rename(mine, names)
        merge = _Merge(old, mine, other)
        lines = merge.run()
        text = "".join(lines).encode()
        ast.parse(as_module(text))
        made = _split(text)
        again = _Merge(old, mine, read_source(made))
        if "".join(again.run()).encode() != text:
            return None
    except (NoStatementsError, _UncertainError, *UNPARSED):
        return None
    renamed = ", ".join(f"{one} is {new} there" for one, new in sorted(names.items()))
    is_present = tuple(made) == tuple(theirs)
    return Merged(made, renamed or merge.reason, is_present)


def _split(text: bytes) -> tuple[bytes, ...]:
    lines = text.split(b"\n")
    return (*(line + b"\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else []))


@dataclass(slots=True)
class _Alignment:
    """What became of the base's statements on one side."""

    to: list[int | None]
    """By base statement, the side's one: the same, or the same changed."""

    back: dict[int, int] = field(default_factory=dict)


def _align(
    old: Sequence[Statement], new: Sequence[Statement], key: Callable[[Statement], str]
) -> _Alignment:
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
    back = {other: one for one, other in enumerate(to) if other is not None}
    return _Alignment(to, back)


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
    if _bound(old) != _bound(new):
        return 0.0
    words, others = [w.key for w in old.words], [w.key for w in new.words]
    least = _LEAST_ALIKE_HEADS if old.is_head and new.is_head else _LEAST_ALIKE
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= least else 0.0


def _bound(one: Statement) -> frozenset[str]:
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


_NAME = re.compile(r"\w+")


def _plain_names(statement: Statement) -> Iterator[Token]:
    """Give the words that name a variable, not an attribute or an argument of a call."""
    words = statement.words
    is_def = statement.defines is not None and statement.first != "class"
    depth = 0
    for number, word in enumerate(words):
        if len(word.text) == 1:
            depth += (word.text in "([{") - (word.text in ")]}")
        before = words[number - 1].text if number else ""
        behind = words[number + 1].text if number + 1 < len(words) else ""
        is_keyword = depth > 0 and behind == "=" and before in ("(", ",") and not is_def
        if word.is_name and before not in (".", "def", "class") and not is_keyword:
            yield word


def _find_renames(old: Source, new: Source) -> dict[str, str]:
    """Find local names that have another name throughout the new version."""
    known = {name.text for one in new.statements for name in _plain_names(one)}
    mine = [name.text for one in old.statements for name in _plain_names(one)]
    gone = set(mine) - known
    come = known - set(mine)
    if not gone or not come:
        return {}
    found: dict[str, set[str]] = {}
    alignment = _align(old.statements, new.statements, lambda one: one.key)
    pairs = [(one, other) for one, other in enumerate(alignment.to) if other is not None]
    missed = _pair_by_form(old, new, alignment, gone, come)
    for one, other in (*pairs, *missed):
        before, behind = old.statements[one].words, new.statements[other].words
        words = [w.key for w in before], [w.key for w in behind]
        plain = {name.start for name in _plain_names(old.statements[one])}
        for kind, i, j, k, m in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
            if kind != "replace" or j - i != m - k:
                continue
            for step in range(j - i):
                word, instead = before[i + step], behind[k + step]
                if word.text in gone and word.start in plain:
                    found.setdefault(word.text, set()).add(instead.text)
    one_to_one = {name: next(iter(to)) for name, to in found.items() if len(to) == 1}
    names = {
        name: to
        for name, to in one_to_one.items()
        if to in come and list(one_to_one.values()).count(to) == 1 and to.isidentifier()
    }
    known_keys = {one.key for one in new.statements}
    for statement in old.statements:
        bound = {name for name in names if _binds(statement, name)}
        if not bound or statement.defines is not None:
            continue
        if _key_with(statement, names) not in known_keys:
            for name in bound:  # it stands for something else now
                names.pop(name)
    return names


def _binds(one: Statement, name: str) -> bool:
    """Tell whether a statement gives a variable its value."""
    texts = [word.text for word in one.words]
    ends = [n for n, text in enumerate(texts) if text in ("=", "in", ":=")]
    targets = texts[: ends[0]] if ends and (texts[ends[0]] != "in" or "for" in texts) else []
    after_as = [texts[n + 1] for n, text in enumerate(texts[:-1]) if text == "as"]
    return name in targets or name in after_as


def _key_with(one: Statement, names: dict[str, str]) -> str:
    """Give the key of a statement with other names for its variables."""
    plain = {name.start for name in _plain_names(one)}
    return " ".join(
        names.get(word.text, word.key) if word.start in plain else word.key for word in one.words
    )


def _pair_by_form(
    old: Source, new: Source, alignment: _Alignment, gone: set[str], come: set[str]
) -> list[tuple[int, int]]:
    """Pair statements that only differ in names that went and came."""

    def form(one: Statement, names: set[str]) -> bytes:
        plain = {name.start for name in _plain_names(one) if name.text in names}
        return " ".join("?" if w.start in plain else w.key for w in one.words).encode()

    before = [form(one, gone) for one in old.statements]
    behind = [form(one, come) for one in new.statements]
    return [
        (block.base + step, block.other + step)
        for block in align_lines(before, behind)
        for step in range(block.count)
        if alignment.to[block.base + step] is None
    ]


def _rename(source: Source, names: dict[str, str]) -> Source:
    """Give the source with other names for its variables; one in a format string is not certain."""
    lines = list(source.lines)
    places = []
    for one in source.statements:
        places += [name for name in _plain_names(one) if name.text in names]
        for token in one.tokens:
            head = token.text.partition("'")[0].partition('"')[0].lower()
            is_format = len(head) < 3 and "f" in head and token.text != head
            if is_format and not names.keys().isdisjoint(_NAME.findall(token.text)):
                raise _UncertainError
    for name in sorted(places, key=lambda name: name.start, reverse=True):
        row, column = name.start
        line = lines[row]
        lines[row] = line[:column] + names[name.text] + line[column + len(name.text) :]
    return read_source([line.encode() for line in lines])


@dataclass(frozen=True, slots=True)
class _Piece:
    """A statement of the result."""

    lines: tuple[str, ...]
    lead: tuple[str, ...]
    """Blank lines above it."""

    key: str
    ours: int | None = None
    """The statement of ours that it is, or that went into it."""

    theirs: int | None = None


class _Merge:
    """One merge of statements."""

    def __init__(self, base: Source, ours: Source, theirs: Source) -> None:
        self.base, self.ours, self.theirs = base, ours, theirs
        self.to_ours = _align(base.statements, ours.statements, lambda one: one.full_key)
        self.to_theirs = _align(base.statements, theirs.statements, lambda one: one.key)
        self.numbers_ours = {id(one): n for n, one in enumerate(ours.statements)}
        self.numbers_theirs = {id(one): n for n, one in enumerate(theirs.statements)}
        self.reason = "merged by statements: the lines around it changed"
        self.added: list[Statement] = []
        """Statements of ours that went into the result."""

        self.used: set[str] = set()
        """Words of ours that went into statements of theirs."""

    def run(self) -> list[str]:
        """Give the lines of the result."""
        anchors = self._anchors()
        kept = sum(number is not None for number in self.to_theirs.to)
        if kept < _LEAST_KEPT * len(self.base.statements):
            raise _UncertainError
        self._require_none_moved()
        pieces: list[_Piece] = []
        edges = (-1, *anchors, len(self.base.statements))
        for before, behind in pairwise(edges):
            pieces += self._merge_stretch(before, behind)
            if behind < len(self.base.statements):
                pieces.append(self._merge_pair(behind))
        self._require_known_names()
        theirs = self.theirs
        tail = theirs.lines[theirs.statements[-1].stop :] if theirs.statements else ()
        lines = [line for piece in pieces for line in (*piece.lead, *piece.lines)]
        lines += tail
        self._require_blocks(lines, pieces)
        return lines

    def _anchors(self) -> list[int]:
        """Give the base statements that both sides have; both keep them in order.

        Where theirs has imports in another order, none of them is one.
        """
        there = {one.key for one in self.theirs.statements}
        is_sorted = not any(
            one.first in ("import", "from") and one.key in there and other is None
            for one, other in zip(self.base.statements, self.to_theirs.to, strict=True)
        )
        return [
            number
            for number, one in enumerate(self.base.statements)
            if self.to_ours.to[number] is not None
            and self.to_theirs.to[number] is not None
            and not one.is_comment
            and (is_sorted or one.first not in ("import", "from"))
        ]

    def _require_none_moved(self) -> None:
        """Raise where theirs has elsewhere what ours takes away."""
        there = {
            one.key
            for number, one in enumerate(self.theirs.statements)
            if number not in self.to_theirs.back
        }
        for one, mine in zip(self.base.statements, self.to_ours.to, strict=True):
            is_import = one.first in ("import", "from")
            if mine is None and len(one.words) > _TELLING and not is_import and one.key in there:
                raise _UncertainError

    def _sides(self, number: int) -> tuple[int, int]:
        """Give an anchor's statement on both sides; what lies behind the last for the end."""
        if number < 0:
            return -1, -1
        if number == len(self.base.statements):
            return len(self.ours.statements), len(self.theirs.statements)
        mine, other = self.to_ours.to[number], self.to_theirs.to[number]
        if mine is None or other is None:
            raise _UncertainError
        return mine, other

    def _merge_stretch(self, before: int, behind: int) -> list[_Piece]:
        """Merge what lies between two statements that both sides have."""
        (mine, other), (mine_stop, other_stop) = self._sides(before), self._sides(behind)
        old = list(range(before + 1, behind))
        ours = list(range(mine + 1, mine_stop))
        theirs = list(range(other + 1, other_stop))
        keys = [self.base.statements[one].full_key for one in old]
        keys_ours = [self.ours.statements[one].full_key for one in ours]

        def kept() -> list[_Piece]:
            return [self._keep(one, before, behind) for one in theirs]

        if keys == keys_ours:
            return kept()
        meant = _meant(self.base, old)
        meant_ours, meant_theirs = _meant(self.ours, ours), _meant(self.theirs, theirs)
        is_same = [self.theirs.statements[n].key for n in theirs] == [
            self.base.statements[n].key for n in old
        ]
        if is_same:
            return [self._put(one, before, behind) for one in ours]
        if meant_ours == meant_theirs and (
            not meant_ours or self._is_there(ours, theirs, before, behind)
        ):
            return kept()  # theirs has other comments here: they stay
        if meant == meant_theirs:
            at = _find_run(keys_ours, keys) if keys else len(ours)
            if at is None:
                raise _UncertainError
            return [
                *(self._put(one, before, behind) for one in ours[:at]),
                *kept(),
                *(self._put(one, before, behind) for one in ours[at + len(keys) :]),
            ]
        if meant_ours and self._is_there(ours, theirs, before, behind):
            is_gone = not set(meant) & set(meant_theirs)
            if is_gone or not meant:
                return kept()
        if meant and _find_run(meant_theirs, meant) is not None:
            return self._replace(old, ours, theirs, before, behind)
        if meant:
            return self._merge_imports(old, ours, theirs, before, behind)
        if not meant_ours:
            there = [one.key for n in theirs if (one := self.theirs.statements[n]).is_comment]
            mine_keys = [self.ours.statements[n].key for n in ours]
            gone = {self.base.statements[n].key for n in old}.difference(mine_keys)
            if gone.isdisjoint(there) and _find_run(there, mine_keys) is not None:
                return kept()
            return self._replace(old, ours, theirs, before, behind)
        return self._merge_additions(ours, theirs, kept(), before, behind)

    def _replace(
        self, old: list[int], ours: list[int], theirs: list[int], before: int, behind: int
    ) -> list[_Piece]:
        """Put ours in the place of the base's statements, next to which theirs has put others."""
        only_comments = not _meant(self.base, old)
        statements = [self.base.statements[number] for number in old]
        keys = [one.key for one in statements if only_comments or not one.is_comment]
        run = [n for n in theirs if only_comments or not self.theirs.statements[n].is_comment]
        at = _find_run([self.theirs.statements[n].key for n in run], keys) if keys else None
        if at is None:
            raise _UncertainError
        first, last = run[at], run[at + len(keys) - 1]
        known = {self.base.statements[n].key for n in old}
        if any(self.theirs.statements[n].key not in known for n in range(first, last + 1)):
            raise _UncertainError
        kept = [
            self._keep(n, before, behind)
            for n in theirs
            if self.theirs.statements[n].key not in known
        ]
        above = sum(n < first and self.theirs.statements[n].key not in known for n in theirs)
        put = [self._put(n, before, behind) for n in ours]
        return [*kept[:above], *put, *kept[above:]]

    def _is_there(
        self, ours: Sequence[int], theirs: Sequence[int], before: int, behind: int
    ) -> bool:
        """Tell whether theirs has put in the same statements, in the same block."""
        mine = [s for n in ours if not (s := self.ours.statements[n]).is_comment]
        every = [s for n in theirs if not (s := self.theirs.statements[n]).is_comment]
        at = _find_run([one.key for one in every], [one.key for one in mine])
        if at is None:
            return False
        run = every[at : at + len(mine)]
        if len({one.indent - other.indent for one, other in zip(mine, run, strict=True)}) > 1:
            return False
        inside = {id(one) for one in mine}
        for one, other in zip(mine, run, strict=True):
            if id(one.parent) in inside:
                continue
            block = None
            if one.parent is not None:
                block = self.to_ours.back.get(self.numbers_ours[id(one.parent)])
                if block is None:
                    continue  # put in by ours further up, where the same is asked
            place = None if block is None else self.to_theirs.to[block]
            parent = None if place is None else self.theirs.statements[place]
            blocks = [parent, self._find_home(block)]
            for neighbour in (before, behind):
                if 0 <= neighbour < len(self.base.statements):
                    n, m = self._sides(neighbour)
                    if self.ours.statements[n].parent is one.parent:
                        blocks.append(self.theirs.statements[m].parent)
            is_empty = parent is not None and blocks[1] is None and _is_in(other, parent)
            if not is_empty and not any(other.parent is known for known in blocks):
                return False
        return True

    def _merge_imports(
        self, old: list[int], ours: list[int], theirs: list[int], before: int, behind: int
    ) -> list[_Piece]:
        """Merge runs of imports, which may stand in any order."""
        every = (
            *(self.base.statements[n] for n in old),
            *(self.ours.statements[n] for n in ours),
            *(self.theirs.statements[n] for n in theirs),
        )
        if any(not one.is_comment and one.first not in ("import", "from") for one in every):
            raise _UncertainError
        known = {self.base.statements[n].key for n in old}
        new = [n for n in ours if self.ours.statements[n].key not in known]
        mine = {self.ours.statements[n].key for n in ours}
        gone = {key for key in known - mine if not key.startswith("#")}
        there = {self.theirs.statements[n].key for n in theirs}
        changed = {
            tuple(key.split()[:2])
            for n in theirs
            if (key := self.theirs.statements[n].key) not in known | mine
        }
        if any(tuple(key.split()[:2]) in changed for key in gone - there):
            raise _UncertainError
        pieces = [
            self._keep(n, before, behind)
            for n in theirs
            if self.theirs.statements[n].key not in gone
        ]
        self.reason = "the release has its imports in another order"
        for number in new:
            key = self.ours.statements[number].key
            if key in there:
                continue
            above = self.ours.statements[number - 1].key if number else ""
            at = next((n + 1 for n, p in enumerate(pieces) if p.key == above), len(pieces))
            pieces.insert(at, self._put(number, before, behind))
        return pieces

    def _merge_additions(
        self,
        ours: list[int],
        theirs: list[int],
        kept: list[_Piece],
        before: int,
        behind: int,
    ) -> list[_Piece]:
        """Keep what both sides put in at the same place, where that may be done."""
        put = [self._put(one, before, behind) for one in ours]
        mine, other = self._tops(self.ours, ours), self._tops(self.theirs, theirs)
        inside = self._merge_into_new_block(mine, theirs, put, kept)
        if inside is not None:
            return inside
        depths = {self._depth(self.ours, self.to_ours, one) for one in mine}
        depths_theirs = {self._depth(self.theirs, self.to_theirs, one) for one in other}
        if len(depths) > 1 or len(depths_theirs) > 1:
            raise _UncertainError
        deep, deep_theirs = depths.pop(), depths_theirs.pop()
        if deep != deep_theirs:
            self.reason = "the release adds something next to it, in another block"
            return [*put, *kept] if deep > deep_theirs else [*kept, *put]
        self._require_free(mine, other)
        names = {name for one in mine for name in _bound(one)}
        names_theirs = {name for one in other for name in _bound(one)}
        read = {w.text for n in theirs for w in self.theirs.statements[n].words if w.is_name}
        if not names.isdisjoint(names_theirs) or not names.isdisjoint(read - names_theirs):
            raise _UncertainError
        self.reason = "the release adds something at the same place; both are kept"
        return [*kept, *put]

    def _merge_into_new_block(
        self,
        mine: Sequence[Statement],
        theirs: Sequence[int],
        put: Sequence[_Piece],
        kept: Sequence[_Piece],
    ) -> list[_Piece] | None:
        """Keep ours inside a block that theirs has put around all of what is around ours.

        None where there is no such block.
        """
        parents = {id(one.parent): one.parent for one in mine}
        if len(parents) > 1:
            return None
        (parent,) = parents.values()
        numbers = self.numbers_ours
        block = None if parent is None else self.to_ours.back.get(numbers[id(parent)])
        if parent is not None and block is None:
            return None
        home = self._find_home(block)
        known = {id(self.theirs.statements[n]) for n in self.to_theirs.back}
        if home is None or id(home) in known:
            return None
        run = [self.theirs.statements[number] for number in theirs]
        begin = next((n + 1 for n, one in enumerate(run) if one is home), 0)
        end = next((n for n in range(begin, len(run)) if not _is_in(run[n], home)), len(run))
        if any(not one.is_comment for one in run[begin:end]):
            raise _UncertainError
        self.reason = "the release has put a new block around the lines"
        return [*kept[:begin], *put, *kept[begin:]]

    def _find_home(self, block: int | None) -> Statement | None:
        """Give the block of theirs that a block of the base is: the innermost around all of it."""
        parent = None if block is None else self.base.statements[block]
        children = [
            other
            for one, other in zip(self.base.statements, self.to_theirs.to, strict=True)
            if one.parent is parent and not one.is_comment and other is not None
            if not _is_text(one)  # a docstring stays before any block
        ]
        around: list[Statement] | None = None
        for number in children:
            chain = []
            at = self.theirs.statements[number].parent
            while at is not None:
                chain.append(at)
                at = at.parent
            known = {id(one) for one in chain}
            around = chain if around is None else [one for one in around if id(one) in known]
        return around[0] if around else None

    def _require_free(self, mine: Sequence[Statement], other: Sequence[Statement]) -> None:
        """Raise unless the order of these statements means nothing."""
        for run in (mine, other):
            if run[-1].first == "@":
                raise _UncertainError
            for one in run:
                if one.first in ("import", "from", "@"):
                    continue
                is_outside = one.parent is None or one.parent.first == "class"
                if not is_outside or not _bound(one):
                    raise _UncertainError

    @staticmethod
    def _tops(source: Source, numbers: Iterable[int]) -> list[Statement]:
        """Give those that lie in no other of them, comments left out."""
        run = [source.statements[number] for number in numbers]
        inside = {id(one) for one in run}
        return [one for one in run if not one.is_comment and id(one.parent) not in inside]

    @staticmethod
    def _depth(source: Source, alignment: _Alignment, one: Statement) -> int:
        """Count the blocks around a statement that the base has too."""
        known = {id(source.statements[n]) for n in alignment.back}
        depth = 0
        at = one.parent
        while at is not None:
            depth += id(at) in known
            at = at.parent
        return depth

    def _keep(self, number: int, before: int, behind: int) -> _Piece:
        """Give a statement that theirs has put in, or a comment, where ours changes nothing."""
        one = self.theirs.statements[number]
        shift = self._shift_at(one, before, behind)
        return _Piece(
            _shifted(self.theirs, one, shift), self._lead(self.theirs, number), one.key,
            theirs=number,
        )  # fmt: skip

    def _shift_at(self, one: Statement, before: int, behind: int) -> int:
        """Give by how much ours indents the block around a statement of theirs."""
        numbers = self.numbers_theirs
        at = one.parent
        while at is not None and numbers[id(at)] not in self.to_theirs.back:
            at = at.parent  # put in by theirs as well
        if at is not None and self.to_ours.to[self.to_theirs.back[numbers[id(at)]]] is None:
            raise _UncertainError  # ours takes its block away
        above = below = None
        if behind < len(self.base.statements):
            following = self.theirs.statements[self._sides(behind)[1]]
            below = self._shift(behind) if following.parent is at else None
        if before >= 0:
            step: Statement | None = self.theirs.statements[self._sides(before)[1]]
            while step is not None and step.parent is not at:
                step = step.parent
            if step is not None and numbers[id(step)] in self.to_theirs.back:
                base = self.to_theirs.back[numbers[id(step)]]
                above = self._shift(base) if self.to_ours.to[base] is not None else None
        if above is None and below is None:
            return 0 if at is None else self._shift(self.to_theirs.back[numbers[id(at)]])
        if above is None or below is None or above == below:
            return (above or 0) if below is None else below
        if one.is_comment:
            return below  # it is about what follows
        raise _UncertainError

    def _shift(self, number: int) -> int:
        """Give by how much ours indents a statement that both sides have, and theirs does not."""
        mine, other = self._sides(number)
        old, ours = self.base.statements[number], self.ours.statements[mine]
        shift = ours.indent - old.indent
        if not shift or ours.parent is None:
            return shift
        block = self.to_ours.back.get(self.numbers_ours[id(ours.parent)])
        if block is not None and old.parent is self.base.statements[block]:
            return self._shift(block)
        if block is not None:  # ours takes the block around it away
            gone = next(n for n, one in enumerate(self.base.statements) if one is old.parent)
            return shift if self.to_theirs.to[gone] is not None else 0
        at = self.theirs.statements[other].parent
        while at is not None:
            is_new = self.numbers_theirs[id(at)] not in self.to_theirs.back
            if is_new and at.key == ours.parent.key:
                return 0
            at = at.parent
        return shift

    def _put(self, number: int, before: int, behind: int) -> _Piece:
        """Give a statement that ours has put in, with the indentation of the block around it."""
        one = self.ours.statements[number]
        self.added.append(one)
        shift = self._indentation(one, before, behind)
        return _Piece(
            _shifted(self.ours, one, shift), self._lead(self.ours, number), one.key, ours=number
        )

    def _indentation(self, one: Statement, before: int, behind: int) -> int:
        """Give by how much theirs indents the block that a statement of ours is put into."""
        numbers = self.numbers_ours
        at = one.parent
        while at is not None and numbers[id(at)] not in self.to_ours.back:
            at = at.parent  # put in by ours as well
        block = None if at is None else self.to_ours.back[numbers[id(at)]]
        siblings = []
        if before >= 0:
            above = self.ours.statements[self._sides(before)[0]]
            step: Statement | None = above
            while step is not None and step.parent is not at:
                step = step.parent
            is_known = step is not None and numbers[id(step)] in self.to_ours.back
            if step is not None and is_known and not _is_text(step):
                siblings.append(self.to_ours.back[numbers[id(step)]])
        if behind < len(self.base.statements):
            below = self.ours.statements[self._sides(behind)[0]]
            if below.parent is at:
                siblings.append(behind)
        places = []
        for base in siblings:
            mine, other = self.to_ours.to[base], self.to_theirs.to[base]
            if mine is None or other is None:
                continue
            there, own = self.theirs.statements[other], self._shift(base)
            indent = there.indent + own - self.ours.statements[mine].indent
            places.append((indent, None if own else there.parent))
        if block is not None and self.to_theirs.to[block] is None:
            raise _UncertainError  # theirs has taken the block away
        parents = {id(parent): parent for _, parent in places if parent is not None}
        if len({indent for indent, _ in places}) > 1 or len(parents) > 1:
            raise _UncertainError
        if places:
            for parent in parents.values():
                self._require_whole(block, parent, siblings)
            return places[0][0]
        return self._indentation_of(block)

    def _indentation_of(self, block: int | None) -> int:
        """Give by how much theirs indents a block of the base, with what ours makes of it."""
        parent = None if block is None else self.base.statements[block]
        moved = 0
        if block is not None and parent is not None:
            mine = self._sides(block)[0]
            moved = self._shift(block) - (self.ours.statements[mine].indent - parent.indent)
        home = self._find_home(block)
        shifts = {
            self.theirs.statements[other].indent - one.indent
            for one, other in zip(self.base.statements, self.to_theirs.to, strict=True)
            if other is not None and one.parent is parent and not one.is_comment
            if self.theirs.statements[other].parent is home
        }
        if len(shifts) > 1:
            raise _UncertainError
        if shifts:
            return shifts.pop() + moved
        if block is None or parent is None:
            return 0
        return self.theirs.statements[self._sides(block)[1]].indent - parent.indent + moved

    def _require_whole(
        self, block: int | None, parent: Statement | None, siblings: Sequence[int]
    ) -> None:
        """Raise where theirs has put one neighbour into a new block, and not all of its own."""
        numbers = self.numbers_theirs
        if parent is None or numbers[id(parent)] in self.to_theirs.back or len(siblings) > 1:
            return
        if self._find_home(block) is not parent:
            raise _UncertainError

    def _lead(self, source: Source, number: int) -> tuple[str, ...]:
        """Give the blank lines above a statement; ours' where only ours has changed them."""
        lead = _lead(source, number)
        if source is not self.theirs:
            return lead
        base = self.to_theirs.back.get(number)
        mine = self.to_ours.to[base] if base is not None else None
        if base is None or mine is None:
            return lead
        is_same = len(lead) == len(_lead(self.base, base))
        return _lead(self.ours, mine) if is_same else lead

    def _merge_pair(self, number: int) -> _Piece:
        """Merge a statement that both sides have."""
        mine, other = self._sides(number)
        old, ours = self.base.statements[number], self.ours.statements[mine]
        theirs = self.theirs.statements[other]
        lead = self._lead(self.theirs, other)
        shift = self._shift(number)
        if ours.full_key == old.full_key or ours.key == theirs.key:
            lines = _shifted(self.theirs, theirs, shift)
            return _Piece(lines, lead, theirs.key, theirs=other)
        shift_theirs = theirs.indent - old.indent
        if _shifted(self.theirs, theirs, -shift_theirs) == _shifted(self.base, old, 0):
            self.used |= {w.text for w in ours.words} - {w.text for w in old.words}
            lines = _shifted(self.ours, ours, shift_theirs)
            return _Piece(lines, lead, ours.key, mine, other)
        if old.key == theirs.key and ours.key == old.key:
            raise _UncertainError  # ours changes a comment in what theirs has formatted
        text, key = self._merge_words(old, ours, theirs)
        self.reason = "merged inside a statement that the release changed"
        lines = tuple(_split_text(text))
        return _Piece(_shift_lines(lines, theirs, shift), lead, key, mine, other)

    def _merge_words(self, old: Statement, ours: Statement, theirs: Statement) -> tuple[str, str]:
        """Put what ours does to the words of a statement into theirs.

        Words on several lines are put on one if nothing in theirs lets a statement go on there.
        """
        try:
            return self._put_words(old, ours, theirs, is_joined=False)
        except (NoStatementsError, _UncertainError):
            return self._put_words(old, ours, theirs, is_joined=True)

    def _put_words(
        self, old: Statement, ours: Statement, theirs: Statement, *, is_joined: bool
    ) -> tuple[str, str]:
        changes_theirs = _word_changes(old, theirs)
        changes = [
            change
            for change in _word_changes(old, ours)
            if not any(_is_within(ours, theirs, change, one) for one in changes_theirs)
        ]
        for change in changes:
            for one in changes_theirs:
                _require_apart(old, ours, theirs, change, one)
        words = [word.key for word in theirs.words]
        begin = (theirs.start, 0)
        end = (theirs.stop - 1, len(self.theirs.lines[theirs.stop - 1]))
        text = self.theirs.text(begin, end)
        for i, j, k, m in reversed(changes):
            put = ours.words[k:m]
            start, stop = _locate_words(changes_theirs, theirs, i, j, put)
            self.used |= {word.text for word in put}
            first, last = _find_range(theirs, start, stop)
            instead = ""
            if put:
                since = ours.words[k - 1].stop if i == j and k else put[0].start
                instead = self.ours.text(since, put[-1].stop)
                if is_joined and "#" not in instead:
                    instead = _LINE_END.sub(" ", instead)
            head, tail = self.theirs.text(begin, first), text[len(self.theirs.text(begin, last)) :]
            if not put and head[-1:] in ("(", "[", "{"):
                tail = tail.lstrip(" ")
            if i == j and (put[-1].text == "," or not k) and not tail[:1].isspace():
                instead += " "
            text = head + instead + tail
            words[start:stop] = [word.key for word in put]
        made = read_source(_split_bytes(text))
        if len(made.statements) != 1 or [w.key for w in made.statements[0].words] != words:
            raise _UncertainError
        if not changes_theirs:
            end = (ours.stop - 1, len(self.ours.lines[ours.stop - 1]))
            if _meaning(text) != _meaning(self.ours.text((ours.start, 0), end)):
                raise _UncertainError
        return text, made.statements[0].key

    def _require_known_names(self) -> None:
        """Raise where what ours puts in uses a name that theirs no longer has."""
        gone = _all_names(self.base) - _all_names(self.theirs)
        own = {name for one in self.added for name in _bound(one)}
        used = self.used | {w.text for one in self.added for w in one.words}
        if not (gone - own).isdisjoint(used):
            raise _UncertainError

    def _require_blocks(self, lines: Sequence[str], pieces: Sequence[_Piece]) -> None:
        """Raise unless every statement is what it was, in its function and its block."""
        made = read_source([line.encode() for line in lines]).statements
        if [one.key for one in made] != [piece.key for piece in pieces]:
            raise _UncertainError
        of_ours = {
            id(self.ours.statements[piece.ours]): one
            for piece, one in zip(pieces, made, strict=True)
            if piece.ours is not None
        }
        of_theirs = {
            id(self.theirs.statements[piece.theirs]): one
            for piece, one in zip(pieces, made, strict=True)
            if piece.theirs is not None
        }
        numbers = self.numbers_ours
        for piece, one in zip(pieces, made, strict=True):
            if one.is_comment:
                continue
            around = set()
            at = one.parent
            while at is not None:
                around.add(id(at))
                at = at.parent
            if piece.ours is not None:
                mine = self.ours.statements[piece.ours]
                if mine.chain != one.chain:
                    raise _UncertainError
                if mine.parent is not None:
                    base = self.to_ours.back.get(numbers[id(mine.parent)])
                    other = None if base is None else self.to_theirs.to[base]
                    wanted = of_ours.get(id(mine.parent))
                    if other is not None:
                        wanted = of_theirs.get(id(self.theirs.statements[other]))
                    if wanted is None or id(wanted) not in around:
                        raise _UncertainError
            elif piece.theirs is not None:
                other_parent = self.theirs.statements[piece.theirs].parent
                wanted = of_theirs.get(id(other_parent)) if other_parent else None
                if wanted is not None and id(wanted) not in around:
                    raise _UncertainError


def _is_in(one: Statement, block: Statement) -> bool:
    """Tell whether a statement lies in a block."""
    at = one.parent
    while at is not None and at is not block:
        at = at.parent
    return at is block


def _is_text(one: Statement) -> bool:
    """Tell whether a statement is only a string, as a docstring is."""
    return len(one.words) == 1 and one.words[0].text[-1:] in ("'", '"')


def _meant(source: Source, numbers: Iterable[int]) -> list[str]:
    """Give the keys of statements that are more than comments."""
    return [s.key for n in numbers if not (s := source.statements[n]).is_comment]


def _find_run(every: Sequence[str], run: Sequence[str]) -> int | None:
    """Give where a run of keys stands, or None."""
    starts = range(len(every) - len(run) + 1)
    return next((n for n in starts if list(every[n : n + len(run)]) == list(run)), None)


def _all_names(source: Source) -> set[str]:
    return {word.text for one in source.statements for word in one.words if word.is_name}


def _lead(source: Source, number: int) -> tuple[str, ...]:
    start = source.statements[number - 1].stop if number else 0
    return source.lines[start : source.statements[number].start]


def _shifted(source: Source, one: Statement, shift: int) -> tuple[str, ...]:
    """Give the lines of a statement, indented by so much more."""
    return _shift_lines(source.lines[one.start : one.stop], one, shift)


def _shift_lines(lines: Sequence[str], one: Statement, shift: int) -> tuple[str, ...]:
    if not shift:
        return tuple(lines)
    inside = {
        row - one.start
        for token in one.tokens
        if token.start[0] != token.stop[0]
        for row in range(token.start[0] + 1, token.stop[0] + 1)
    }
    made = []
    for number, line in enumerate(lines):
        if number in inside or not line.strip():
            made.append(line)
        elif shift > 0:
            made.append(" " * shift + line)
        elif line[:-shift].strip(" "):
            raise _UncertainError
        else:
            made.append(line[-shift:])
    return tuple(made)


def _split_text(text: str) -> list[str]:
    return [line.decode() for line in _split_bytes(text)]


def _split_bytes(text: str) -> list[bytes]:
    return list(_split(text.encode()))


_Change = tuple[int, int, int, int]
"""Words [i, j) became words [k, m)."""


_LINE_END = re.compile(r"\s*\n\s*")
_AROUND = ("{}", "{} pass", "if 1: pass\n{} pass", "try: pass\n{} pass", "{}\ndef f(): pass")
"""What makes a module of a statement, or of the head of one."""


def _meaning(text: str) -> str | None:
    """Give the syntax tree of a statement as text; None where it does not stand by itself."""
    for around in _AROUND:
        try:
            return ast.dump(ast.parse(around.format(text.strip())))
        except SyntaxError:
            continue
    return None


def _word_changes(old: Statement, new: Statement) -> list[_Change]:
    """Give what differs, in order; what was put in or taken out begins at a comma if it can."""
    before, behind = [w.key for w in old.words], [w.key for w in new.words]
    found = []
    for kind, i, j, k, m in SequenceMatcher(None, before, behind, autojunk=False).get_opcodes():
        if kind == "insert":
            shift = _find_comma(behind, k, m)
            found.append((i + shift, j + shift, k + shift, m + shift))
        elif kind == "delete":
            shift = _find_comma(before, i, j)
            found.append((i + shift, j + shift, k + shift, m + shift))
        elif kind == "replace":
            found.append((i, j, k, m))
    return found


def _find_comma(words: Sequence[str], start: int, stop: int) -> int:
    """Give by how much to move a run, to words that read the same, so that it is whole items."""
    shifts = [0]
    while start + shifts[-1] > 0 and words[start + shifts[-1] - 1] == words[stop + shifts[-1] - 1]:
        shifts.append(shifts[-1] - 1)
    step = 0
    while stop + step < len(words) and words[start + step] == words[stop + step]:
        step += 1
        shifts.append(step)
    begins = (shift for shift in shifts if words[start + shift] == ",")
    ends = (shift for shift in shifts if words[stop + shift - 1] == ",")
    return next(begins, next(ends, 0))


def _is_within(ours: Statement, theirs: Statement, mine: _Change, other: _Change) -> bool:
    """Tell whether theirs has made a change too; words that it puts in there may be more."""
    if mine[:2] != other[:2]:
        return False
    words = [word.key for word in ours.words[mine[2] : mine[3]]]
    words_theirs = [word.key for word in theirs.words[other[2] : other[3]]]
    if mine[0] < mine[1]:
        return words == words_theirs
    return _find_run(words_theirs, words) is not None


_Path = tuple[tuple[int, int], ...]


def _paths(words: Sequence[Token]) -> tuple[list[_Path], list[_Path]]:
    """Give for each word, and for each gap before one, the items of brackets that it is in.

    An item is the bracket by its number and the commas before it.
    """
    at: list[tuple[int, int]] = []
    paths: list[_Path] = []
    gaps: list[_Path] = []
    for number, word in enumerate(words):
        gaps.append(tuple(at))
        is_operator = len(word.text) == 1
        if is_operator and word.text in ")]}" and at:
            at.pop()
        if is_operator and word.text == "," and at:
            paths.append(tuple(at[:-1]))
            at[-1] = (at[-1][0], at[-1][1] + 1)
            continue
        paths.append(tuple(at))
        if is_operator and word.text in "([{":
            at.append((number, 0))
    gaps.append(tuple(at))
    return paths, gaps


def _path_of(old: Statement, new: Statement, change: _Change, mark: int) -> _Path:
    """Give the item that a change is in; whole items that are put in have one of their own."""
    i, j, k, m = change
    paths, gaps = _paths(old.words)
    if i == j:
        is_item = "," in (new.words[k].text, new.words[m - 1].text)
        return (*gaps[i][:-1], (gaps[i][-1][0], mark)) if is_item and gaps[i] else gaps[i]
    while j - i > 1 and old.words[i].text == ",":
        i += 1
    while j - i > 1 and old.words[j - 1].text == ",":
        j -= 1
    common = paths[i]
    for path in paths[i + 1 : j]:
        length = next(
            (n for n, (a, b) in enumerate(zip(common, path, strict=False)) if a != b),
            min(len(common), len(path)),
        )
        common = common[:length]
    return common


def _is_annotation(old: Statement, new: Statement, change: _Change) -> bool:
    i, j, k, _ = change
    is_def = old.defines is not None and "class" not in (old.first,)
    return is_def and i == j and new.words[k].text in (":", "->")


def _require_apart(
    old: Statement, ours: Statement, theirs: Statement, mine: _Change, other: _Change
) -> None:
    """Raise unless two changes of a statement have nothing to do with each other."""
    if mine[0] < mine[1] or other[0] < other[1]:
        is_over = mine[0] < other[1] and other[0] < mine[1]
    else:
        is_over = False
    if other[0] == other[1]:
        is_over = is_over or mine[0] < other[0] < mine[1]
    if is_over:
        raise _UncertainError
    if _is_annotation(old, theirs, other):
        if _is_annotation(old, ours, mine) and mine[0] == other[0]:
            raise _UncertainError
        return
    one, another = _path_of(old, ours, mine, -1), _path_of(old, theirs, other, -2)
    length = min(len(one), len(another))
    if one[:length] == another[:length]:
        raise _UncertainError


def _locate_words(
    changes: Sequence[_Change], theirs: Statement, i: int, j: int, put: Sequence[Token]
) -> tuple[int, int]:
    """Give the words of theirs that words [i, j) are; where `put` goes if there are none."""
    shift = 0
    for start, stop, other, other_stop in changes:
        if stop < i or (stop == i and i < j):
            shift = other_stop - stop
        elif i < j:
            continue
        elif start == stop == i:
            return (at := _choose_side(theirs.words[other:other_stop], other, put)), at
        elif start <= i <= stop:
            at = other_stop if stop == i else other
            return at, at
    return i + shift, j + shift


def _choose_side(between: Sequence[Token], start: int, put: Sequence[Token]) -> int:
    """Give on which side of words that theirs has put in ours go that were put in there too."""
    stop = start + len(between)
    if put[0].text == ",":
        if between[-1].text == "," and between[0].text != ",":
            raise _UncertainError
        if _first_name(between) == _first_name(put):
            raise _UncertainError
        return stop
    if put[-1].text == "," and between[-1].text == ",":
        return stop
    if between[0].text == ",":
        return start
    raise _UncertainError


def _first_name(words: Sequence[Token]) -> str:
    return next((word.key for word in words if word.text != ","), "")


_Place = tuple[int, int]


def _find_range(theirs: Statement, start: int, stop: int) -> tuple[_Place, _Place]:
    """Give the text that words are; raises where a comment stands among them."""
    words = theirs.words
    if start == stop:
        place = words[start - 1].stop if start else words[0].start
        return place, place
    first, last = words[start].start, words[stop - 1].stop
    if any(token.is_comment and first < token.start < last for token in theirs.tokens):
        raise _UncertainError
    return first, last
