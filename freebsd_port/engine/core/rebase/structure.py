"""Three-way merge of Python by its statements and words, for what clashes line by line.

Whole statements are aligned whatever their formatting; what both sides did to one statement is
merged word by word. Theirs is kept as it is written, and ours is put into it. What is not certain
is left alone: a merge of lines that only looks right is worse than a conflict.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from freebsd_port.engine.core.rebase.merge import UncertainError
from freebsd_port.engine.core.rebase.renamed_names import find_renames, rename_in
from freebsd_port.engine.core.rebase.statement_alignment import bound_names
from freebsd_port.engine.core.rebase.statement_blocks import (
    Blocks,
    Piece,
    is_in,
    is_text,
    shift_lines,
    shifted,
)
from freebsd_port.engine.core.rebase.statement_words import find_run, merge_words
from freebsd_port.engine.core.source.scope import UNPARSED, as_module
from freebsd_port.engine.core.source.statements import (
    NoStatementsError,
    Source,
    Statement,
    read_source,
)
from freebsd_port.engine.core.text.file import split_lines

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


def merge_structure(
    base: Sequence[bytes], ours: Sequence[bytes], theirs: Sequence[bytes]
) -> Merged | None:
    """Merge whole statements of three versions of the same code; None where it is not certain.

    Certain means that the result parses, that ours stays within the same functions and blocks,
    that no name it uses is gone from theirs, and that merging once more changes nothing.
    """
    try:
        old, mine, other = read_source(base), read_source(ours), read_source(theirs)
        names = find_renames(old, other)
        if names:
            old, mine = rename_in(old, names), rename_in(mine, names)
        merge = _Merge(old, mine, other)
        lines = merge.run()
        text = "".join(lines).encode()
        ast.parse(as_module(text))
        made = split_lines(text)
        again = _Merge(old, mine, read_source(made))
        if "".join(again.run()).encode() != text:
            return None
    except (NoStatementsError, UncertainError, *UNPARSED):
        return None
    renamed = ", ".join(f"{one} is {new} there" for one, new in sorted(names.items()))
    is_present = made == list(theirs)
    return Merged(tuple(made), renamed or merge.reason, is_present)


class _Merge:
    """One merge of statements."""

    def __init__(self, base: Source, ours: Source, theirs: Source) -> None:
        self.base, self.ours, self.theirs = base, ours, theirs
        self.blocks = Blocks(base, ours, theirs)
        self.to_ours, self.to_theirs = self.blocks.to_ours, self.blocks.to_theirs
        self.numbers_ours = self.blocks.numbers_ours
        self.reason = "merged by statements: the lines around it changed"
        self.added: list[Statement] = []
        """Statements of ours that went into the result."""

        self.used: set[str] = set()
        """Words of ours that went into statements of theirs."""

    def run(self) -> list[str]:
        """Give the lines of the result."""
        anchors = self.blocks.anchors()
        kept = sum(number is not None for number in self.to_theirs.to)
        if kept < _LEAST_KEPT * len(self.base.statements):
            raise UncertainError
        self._require_none_moved()
        pieces: list[Piece] = []
        edges = (-1, *anchors, len(self.base.statements))
        for before, behind in pairwise(edges):
            pieces += self._merge_stretch(before, behind)
            if behind < len(self.base.statements):
                pieces.append(self._merge_pair(behind))
        self._require_known_names()
        theirs = self.theirs
        tail = theirs.lines[theirs.statements[-1].stop :] if theirs.statements else ()
        lines: list[str] = []
        for above, piece in pairwise((None, *pieces)):
            if piece is not None:
                lines += [*self.blocks.lead(piece, above), *piece.lines]
        lines += tail
        self.blocks.require_blocks(lines, pieces)
        return lines

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
                raise UncertainError

    def _merge_stretch(self, before: int, behind: int) -> list[Piece]:
        """Merge what lies between two statements that both sides have."""
        mine, other = self.blocks.sides(before)
        mine_stop, other_stop = self.blocks.sides(behind)
        old = list(range(before + 1, behind))
        ours = list(range(mine + 1, mine_stop))
        theirs = list(range(other + 1, other_stop))
        if self._begins_with_edited_docstring(old, ours, theirs):
            docstring = self._put(ours[0], before, behind)
            return [docstring, *self._merge_run(old[1:], ours[1:], theirs[1:], before, behind)]
        return self._merge_run(old, ours, theirs, before, behind)

    def _begins_with_edited_docstring(
        self, old: Sequence[int], ours: Sequence[int], theirs: Sequence[int]
    ) -> bool:
        """Tell whether ours alone edits a docstring, behind which each side may put statements."""
        if not (old and ours and theirs):
            return False
        first = self.base.statements[old[0]]
        mine, other = self.ours.statements[ours[0]], self.theirs.statements[theirs[0]]
        return first.key == other.key and all(map(is_text, (first, mine, other)))

    def _merge_run(
        self, old: list[int], ours: list[int], theirs: list[int], before: int, behind: int
    ) -> list[Piece]:
        """Merge runs of statements, at the edges of which both sides agree."""
        keys = [self.base.statements[one].full_key for one in old]
        keys_ours = [self.ours.statements[one].full_key for one in ours]

        def kept() -> list[Piece]:
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
            at = find_run(keys_ours, keys) if keys else len(ours)
            if at is None:
                raise UncertainError
            return [
                *(self._put(one, before, behind) for one in ours[:at]),
                *kept(),
                *(self._put(one, before, behind) for one in ours[at + len(keys) :]),
            ]
        if meant_ours and self._is_there(ours, theirs, before, behind):
            is_gone = not set(meant) & set(meant_theirs)
            if is_gone or not meant:
                return kept()
        if meant and find_run(meant_theirs, meant) is not None:
            return self._replace(old, ours, theirs, before, behind)
        if meant:
            return self._merge_imports(old, ours, theirs, before, behind)
        if not meant_ours:
            there = [one.key for n in theirs if (one := self.theirs.statements[n]).is_comment]
            mine_keys = [self.ours.statements[n].key for n in ours]
            gone = {self.base.statements[n].key for n in old}.difference(mine_keys)
            if gone.isdisjoint(there) and find_run(there, mine_keys) is not None:
                return kept()
            return self._replace(old, ours, theirs, before, behind)
        return self._merge_additions(old, ours, theirs, before, behind)

    def _replace(
        self, old: list[int], ours: list[int], theirs: list[int], before: int, behind: int
    ) -> list[Piece]:
        """Put ours in the place of the base's statements, next to which theirs has put others."""
        only_comments = not _meant(self.base, old)
        statements = [self.base.statements[number] for number in old]
        keys = [one.key for one in statements if only_comments or not one.is_comment]
        run = [n for n in theirs if only_comments or not self.theirs.statements[n].is_comment]
        at = find_run([self.theirs.statements[n].key for n in run], keys) if keys else None
        if at is None:
            raise UncertainError
        first, last = run[at], run[at + len(keys) - 1]
        known = {self.base.statements[n].key for n in old}
        if any(self.theirs.statements[n].key not in known for n in range(first, last + 1)):
            raise UncertainError
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
        at = find_run([one.key for one in every], [one.key for one in mine])
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
            blocks = [parent, self.blocks.find_home(block)]
            for neighbour in (before, behind):
                if 0 <= neighbour < len(self.base.statements):
                    n, m = self.blocks.sides(neighbour)
                    if self.ours.statements[n].parent is one.parent:
                        blocks.append(self.theirs.statements[m].parent)
            is_empty = parent is not None and blocks[1] is None and is_in(other, parent)
            if not is_empty and not any(other.parent is known for known in blocks):
                return False
        return True

    def _merge_imports(
        self, old: list[int], ours: list[int], theirs: list[int], before: int, behind: int
    ) -> list[Piece]:
        """Merge runs of imports, which may stand in any order."""
        every = (
            *(self.base.statements[n] for n in old),
            *(self.ours.statements[n] for n in ours),
            *(self.theirs.statements[n] for n in theirs),
        )
        if any(not one.is_comment and one.first not in ("import", "from") for one in every):
            raise UncertainError
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
            raise UncertainError
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
        self, old: list[int], ours: list[int], theirs: list[int], before: int, behind: int
    ) -> list[Piece]:
        """Keep what both sides put in at the same place, where that may be done.

        The base has at most comments there, and ours leaves them as they are.
        """
        comments = [self.to_ours.to[n] for n in old]
        if None in comments:
            raise UncertainError
        new = [n for n in ours if n not in comments]
        inside = self._merge_into_new_block(new, theirs, before, behind)
        if inside is not None:
            return inside
        tops = self._tops(self.theirs, theirs)
        if tops and self.blocks.is_docstring(tops[0]):
            if len(tops) > 1:
                raise UncertainError
            kept = [self._keep(n, before, behind) for n in theirs]
            return [*kept, *(self._put(n, before, behind) for n in new)]
        pieces: list[Piece] = []
        for mine, other, shared in self._cut_at_comments(old, ours, theirs):
            put = [self._put(n, before, behind) for n in mine if n in new]
            kept = [self._keep(n, before, behind) for n in other]
            is_first = not _meant(self.ours, mine) or not _meant(self.theirs, other)
            is_first = is_first or self._goes_first(
                self._tops(self.ours, mine), self._tops(self.theirs, other), other
            )
            pieces += [*put, *kept] if is_first else [*kept, *put]
            pieces += [self._keep(n, before, behind) for n in shared]
        return pieces

    def _cut_at_comments(
        self, old: list[int], ours: list[int], theirs: list[int]
    ) -> Iterator[tuple[list[int], list[int], list[int]]]:
        """Give what ours and theirs have before each comment that both kept, and the comment."""
        mine = other = 0
        for number in old:
            one, another = self.to_ours.to[number], self.to_theirs.to[number]
            if one is not None and another is not None:
                stop, other_stop = ours.index(one), theirs.index(another)
                yield ours[mine:stop], theirs[other:other_stop], [another]
                mine, other = stop + 1, other_stop + 1
        yield ours[mine:], theirs[other:], []

    def _goes_first(
        self, mine: Sequence[Statement], other: Sequence[Statement], theirs: Sequence[int]
    ) -> bool:
        """Tell whether what ours puts in goes before what theirs puts in at the same place."""
        depths = {self.blocks.depth(self.ours, self.to_ours, one) for one in mine}
        depths_theirs = {self.blocks.depth(self.theirs, self.to_theirs, one) for one in other}
        if len(depths) > 1 or len(depths_theirs) > 1:
            raise UncertainError
        deep, deep_theirs = depths.pop(), depths_theirs.pop()
        if deep != deep_theirs:
            self.reason = "the release adds something next to it, in another block"
            return deep > deep_theirs
        if (is_first := _precedes(mine, other)) is not None:
            self.reason = "the release adds something at the same place; both are kept"
            return is_first
        self._require_free(mine, other)
        names = {name for one in mine for name in bound_names(one)}
        names_theirs = {name for one in other for name in bound_names(one)}
        read = {w.text for n in theirs for w in self.theirs.statements[n].words if w.is_name}
        if not names.isdisjoint(names_theirs) or not names.isdisjoint(read - names_theirs):
            raise UncertainError
        self.reason = "the release adds something at the same place; both are kept"
        return False

    def _merge_into_new_block(
        self,
        ours: Sequence[int],
        theirs: Sequence[int],
        before: int,
        behind: int,
    ) -> list[Piece] | None:
        """Keep ours inside a block that theirs has put around all of what is around ours.

        None where there is no such block.
        """
        parents = {id(one.parent): one.parent for one in self._tops(self.ours, ours)}
        if len(parents) > 1:
            return None
        (parent,) = parents.values()
        numbers = self.numbers_ours
        block = None if parent is None else self.to_ours.back.get(numbers[id(parent)])
        if parent is not None and block is None:
            return None
        home = self.blocks.find_home(block)
        known = {id(self.theirs.statements[n]) for n in self.to_theirs.back}
        if home is None or id(home) in known:
            return None
        run = [self.theirs.statements[number] for number in theirs]
        begin = next((n + 1 for n, one in enumerate(run) if one is home), 0)
        end = next((n for n in range(begin, len(run)) if not is_in(run[n], home)), len(run))
        if any(not one.is_comment for one in run[begin:end]):
            raise UncertainError
        self.reason = "the release has put a new block around the lines"
        put = [self._put(n, before, behind) for n in ours]
        kept = [self._keep(n, before, behind) for n in theirs]
        return [*kept[:begin], *put, *kept[begin:]]

    def _require_free(self, mine: Sequence[Statement], other: Sequence[Statement]) -> None:
        """Raise unless the order of these statements means nothing."""
        for run in (mine, other):
            if run[-1].first == "@":
                raise UncertainError
            for one in run:
                if one.first in ("import", "from", "@"):
                    continue
                is_outside = one.parent is None or one.parent.first == "class"
                if not is_outside or not bound_names(one):
                    raise UncertainError

    @staticmethod
    def _tops(source: Source, numbers: Iterable[int]) -> list[Statement]:
        """Give those that lie in no other of them, comments left out."""
        run = [source.statements[number] for number in numbers]
        inside = {id(one) for one in run}
        return [one for one in run if not one.is_comment and id(one.parent) not in inside]

    def _keep(self, number: int, before: int, behind: int) -> Piece:
        """Give a statement that theirs has put in, or a comment, where ours changes nothing."""
        one = self.theirs.statements[number]
        shift = self.blocks.shift_at(one, before, behind)
        return Piece(shifted(self.theirs, one, shift), one.key, theirs=number)

    def _put(self, number: int, before: int, behind: int) -> Piece:
        """Give a statement that ours has put in, with the indentation of the block around it."""
        one = self.ours.statements[number]
        self.added.append(one)
        shift = self.blocks.indentation(one, before, behind)
        return Piece(shifted(self.ours, one, shift), one.key, ours=number)

    def _merge_pair(self, number: int) -> Piece:
        """Merge a statement that both sides have."""
        mine, other = self.blocks.sides(number)
        old, ours = self.base.statements[number], self.ours.statements[mine]
        theirs = self.theirs.statements[other]
        shift = self.blocks.shift(number)
        if ours.full_key == old.full_key or ours.key == theirs.key:
            lines = shifted(self.theirs, theirs, shift)
            return Piece(lines, theirs.key, theirs=other)
        shift_theirs = theirs.indent - old.indent
        if shifted(self.theirs, theirs, -shift_theirs) == shifted(self.base, old, 0):
            self.used |= {w.text for w in ours.words} - {w.text for w in old.words}
            lines = shifted(self.ours, ours, shift_theirs)
            return Piece(lines, ours.key, mine, other)
        if old.key == theirs.key and ours.key == old.key:
            raise UncertainError  # ours changes a comment in what theirs has formatted
        words = merge_words(old, ours, theirs, (self.ours, self.theirs))
        self.used |= words.used
        self.reason = "merged inside a statement that the release changed"
        lines = tuple(line.decode() for line in split_lines(words.text.encode()))
        return Piece(shift_lines(lines, theirs, shift), words.key, mine, other)

    def _require_known_names(self) -> None:
        """Raise where what ours puts in uses a name that theirs no longer has."""
        gone = _all_names(self.base) - _all_names(self.theirs)
        own = {name for one in self.added for name in bound_names(one)}
        used = self.used | {w.text for one in self.added for w in one.words}
        if not (gone - own).isdisjoint(used):
            raise UncertainError


def _precedes(mine: Sequence[Statement], other: Sequence[Statement]) -> bool | None:
    """Tell what goes first where only one side adds decorators: they stay with what follows."""
    is_mine, is_other = ({one.first == "@" for one in run} for run in (mine, other))
    if is_other == {True} and mine[-1].first != "@":
        return True
    return False if is_mine == {True} and other[-1].first != "@" else None


def _meant(source: Source, numbers: Iterable[int]) -> list[str]:
    """Give the keys of statements that are more than comments."""
    return [s.key for n in numbers if not (s := source.statements[n]).is_comment]


def _all_names(source: Source) -> set[str]:
    return {word.text for one in source.statements for word in one.words if word.is_name}
