"""Which block each statement lies in, in three versions of the same code, and how deep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.rebase.merge import UncertainError
from freebsd_port.engine.core.rebase.statement_alignment import (
    Alignment,
    align_statements,
    blocks_around,
)
from freebsd_port.engine.core.source.statements import Source, Statement, read_source


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement of the result."""

    lines: tuple[str, ...]
    key: str
    ours: int | None = None
    """The statement of ours that it is, or that went into it."""

    theirs: int | None = None


class Blocks:
    """Three versions of the same code, the base's statements aligned with those of both sides.

    Statements are numbered in each version. What is not certain raises UncertainError.
    """

    def __init__(self, base: Source, ours: Source, theirs: Source) -> None:
        """Align both sides with the base."""
        self.base, self.ours, self.theirs = base, ours, theirs
        self.to_ours = align_statements(base.statements, ours.statements, lambda one: one.full_key)
        self.to_theirs = align_statements(base.statements, theirs.statements, lambda one: one.key)
        self.numbers_ours = {id(one): n for n, one in enumerate(ours.statements)}
        self.numbers_theirs = {id(one): n for n, one in enumerate(theirs.statements)}

    def anchors(self) -> list[int]:
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

    def sides(self, number: int) -> tuple[int, int]:
        """Give an anchor's statement on both sides; what lies behind the last for the end."""
        if number < 0:
            return -1, -1
        if number == len(self.base.statements):
            return len(self.ours.statements), len(self.theirs.statements)
        mine, other = self.to_ours.to[number], self.to_theirs.to[number]
        if mine is None or other is None:
            raise UncertainError
        return mine, other

    def find_home(self, block: int | None) -> Statement | None:
        """Give the block of theirs that a block of the base is: the innermost around all of it."""
        parent = None if block is None else self.base.statements[block]
        children = [
            other
            for one, other in zip(self.base.statements, self.to_theirs.to, strict=True)
            if one.parent is parent and not one.is_comment and other is not None
            if not is_text(one)  # a docstring stays before any block
        ]
        return next(iter(blocks_around([self.theirs.statements[n] for n in children])), None)

    def is_docstring(self, one: Statement) -> bool:
        """Tell whether theirs has put a docstring in."""
        number = self.numbers_theirs[id(one)]
        body = (other for other in self.theirs.statements if other.parent is one.parent)
        first = next(other for other in body if not other.is_comment)
        is_new = is_text(one) and number not in self.to_theirs.back
        return is_new and first is one and (one.parent is None or one.parent.defines is not None)

    def is_above_docstring(self, one: Statement) -> bool:
        """Tell whether theirs has put a docstring in where a statement of ours would come first."""
        known, numbers = self.to_ours.back, self.numbers_ours
        if one.is_comment or one.parent is None or numbers[id(one.parent)] not in known:
            return False
        number = numbers[id(one)]
        above = self.ours.statements[numbers[id(one.parent)] + 1 : number]
        there = self.to_theirs.to[known[numbers[id(one.parent)]]]
        if there is None or number in known or any(not other.is_comment for other in above):
            return False
        inside = (s for s in self.theirs.statements if s.parent is self.theirs.statements[there])
        first = next((other for other in inside if not other.is_comment), None)
        return first is not None and self.is_docstring(first)

    def is_beside_new_block(self, one: Statement) -> bool:
        """Tell whether theirs has put what is next to a statement of ours into a new block."""
        known, numbers = self.to_ours.back, self.numbers_ours
        if one.is_comment or numbers[id(one)] in known:
            return False
        if one.parent is not None and numbers[id(one.parent)] not in known:
            return False  # its block is put in by ours, and asked about
        siblings = [
            number
            for number, other in enumerate(self.ours.statements)
            if other.parent is one.parent and number in known and not other.is_comment
            if not is_text(other)  # a docstring stays before any block
        ]
        above = [number for number in siblings if number < numbers[id(one)]]
        below = [number for number in siblings if number > numbers[id(one)]]
        for number in (*above[-1:], *below[:1]):
            there = self.to_theirs.to[known[number]]
            parent = None if there is None else self.theirs.statements[there].parent
            if parent is not None and self.numbers_theirs[id(parent)] not in self.to_theirs.back:
                return True
        return False

    @staticmethod
    def depth(source: Source, alignment: Alignment, one: Statement) -> int:
        """Count the blocks around a statement that the base has too."""
        known = {id(source.statements[n]) for n in alignment.back}
        depth = 0
        at = one.parent
        while at is not None:
            depth += id(at) in known
            at = at.parent
        return depth

    def shift_at(self, one: Statement, before: int, behind: int) -> int:
        """Give by how much ours indents the block around a statement of theirs."""
        numbers = self.numbers_theirs
        at = one.parent
        while at is not None and numbers[id(at)] not in self.to_theirs.back:
            at = at.parent  # put in by theirs as well
        if at is not None and self.to_ours.to[self.to_theirs.back[numbers[id(at)]]] is None:
            raise UncertainError  # ours takes its block away
        above = below = None
        if behind < len(self.base.statements):
            following = self.theirs.statements[self.sides(behind)[1]]
            below = self.shift(behind) if following.parent is at else None
        if before >= 0:
            step: Statement | None = self.theirs.statements[self.sides(before)[1]]
            while step is not None and step.parent is not at:
                step = step.parent
            if step is not None and numbers[id(step)] in self.to_theirs.back:
                base = self.to_theirs.back[numbers[id(step)]]
                above = self.shift(base) if self.to_ours.to[base] is not None else None
        if above is None and below is None:
            return 0 if at is None else self.shift(self.to_theirs.back[numbers[id(at)]])
        if above is None or below is None or above == below:
            return (above or 0) if below is None else below
        if one.is_comment:
            return below  # it is about what follows
        raise UncertainError

    def shift(self, number: int) -> int:
        """Give by how much ours indents a statement that both sides have, and theirs does not."""
        mine, other = self.sides(number)
        old, ours = self.base.statements[number], self.ours.statements[mine]
        shift = ours.indent - old.indent
        if not shift or ours.parent is None:
            return shift
        block = self.to_ours.back.get(self.numbers_ours[id(ours.parent)])
        if block is not None and old.parent is self.base.statements[block]:
            return self.shift(block)
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

    def indentation(self, one: Statement, before: int, behind: int) -> int:
        """Give by how much theirs indents the block that a statement of ours is put into."""
        numbers = self.numbers_ours
        at = one.parent
        while at is not None and numbers[id(at)] not in self.to_ours.back:
            at = at.parent  # put in by ours as well
        block = None if at is None else self.to_ours.back[numbers[id(at)]]
        siblings = []
        if before >= 0:
            above = self.ours.statements[self.sides(before)[0]]
            step: Statement | None = above
            while step is not None and step.parent is not at:
                step = step.parent
            is_known = step is not None and numbers[id(step)] in self.to_ours.back
            if step is not None and is_known and not is_text(step):
                siblings.append(self.to_ours.back[numbers[id(step)]])
        if behind < len(self.base.statements):
            below = self.ours.statements[self.sides(behind)[0]]
            if below.parent is at:
                siblings.append(behind)
        places = []
        for base in siblings:
            mine, other = self.to_ours.to[base], self.to_theirs.to[base]
            if mine is None or other is None:
                continue
            there, own = self.theirs.statements[other], self.shift(base)
            indent = there.indent + own - self.ours.statements[mine].indent
            places.append((indent, None if own else there.parent))
        if block is not None and self.to_theirs.to[block] is None:
            raise UncertainError  # theirs has taken the block away
        parents = {id(parent): parent for _, parent in places if parent is not None}
        if len({indent for indent, _ in places}) > 1 or len(parents) > 1:
            raise UncertainError
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
            mine = self.sides(block)[0]
            moved = self.shift(block) - (self.ours.statements[mine].indent - parent.indent)
        home = self.find_home(block)
        shifts = {
            self.theirs.statements[other].indent - one.indent
            for one, other in zip(self.base.statements, self.to_theirs.to, strict=True)
            if other is not None and one.parent is parent and not one.is_comment
            if self.theirs.statements[other].parent is home
        }
        if len(shifts) > 1:
            raise UncertainError
        if shifts:
            return shifts.pop() + moved
        if block is None or parent is None:
            return 0
        return self.theirs.statements[self.sides(block)[1]].indent - parent.indent + moved

    def _require_whole(
        self, block: int | None, parent: Statement | None, siblings: Sequence[int]
    ) -> None:
        """Raise where theirs has put one neighbour into a new block, and not all of its own."""
        numbers = self.numbers_theirs
        if parent is None or numbers[id(parent)] in self.to_theirs.back or len(siblings) > 1:
            return
        if self.find_home(block) is not parent:
            raise UncertainError

    def lead(self, piece: Piece, above: Piece | None) -> tuple[str, ...]:
        """Give the blank lines above a statement; ours' where only ours has changed them.

        `above` is the statement before it in the result, which has to be the same one in ours.
        """
        if piece.theirs is None:
            return () if piece.ours is None else _blank_lines_above(self.ours, piece.ours)
        lead = _blank_lines_above(self.theirs, piece.theirs)
        base = self.to_theirs.back.get(piece.theirs)
        mine = self.to_ours.to[base] if base is not None else None
        if base is None or mine is None or self._number_in_ours(above) != mine - 1:
            return lead
        is_same = len(lead) == len(_blank_lines_above(self.base, base))
        return _blank_lines_above(self.ours, mine) if is_same else lead

    def _number_in_ours(self, piece: Piece | None) -> int | None:
        """Give the statement of ours that a piece is, -1 for the beginning."""
        if piece is None or piece.ours is not None or piece.theirs is None:
            return -1 if piece is None else piece.ours
        base = self.to_theirs.back.get(piece.theirs)
        return None if base is None else self.to_ours.to[base]

    def require_blocks(self, lines: Sequence[str], pieces: Sequence[Piece]) -> None:
        """Raise unless every statement is what it was, in its function and its block."""
        made = read_source([line.encode() for line in lines]).statements
        if [one.key for one in made] != [piece.key for piece in pieces]:
            raise UncertainError
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
                    raise UncertainError
                if mine.parent is not None:
                    base = self.to_ours.back.get(numbers[id(mine.parent)])
                    other = None if base is None else self.to_theirs.to[base]
                    wanted = of_ours.get(id(mine.parent))
                    if other is not None:
                        wanted = of_theirs.get(id(self.theirs.statements[other]))
                    if wanted is None or id(wanted) not in around:
                        raise UncertainError
            elif piece.theirs is not None:
                other_parent = self.theirs.statements[piece.theirs].parent
                wanted = of_theirs.get(id(other_parent)) if other_parent else None
                if wanted is not None and id(wanted) not in around:
                    raise UncertainError


def is_in(one: Statement, block: Statement) -> bool:
    """Tell whether a statement lies in a block."""
    at = one.parent
    while at is not None and at is not block:
        at = at.parent
    return at is block


def is_text(one: Statement) -> bool:
    """Tell whether a statement is only a string, as a docstring is."""
    return len(one.words) == 1 and one.words[0].text[-1:] in ("'", '"')


def _blank_lines_above(source: Source, number: int) -> tuple[str, ...]:
    """Give the blank lines above a statement."""
    start = source.statements[number - 1].stop if number else 0
    return source.lines[start : source.statements[number].start]


def shifted(source: Source, one: Statement, shift: int) -> tuple[str, ...]:
    """Give the lines of a statement, indented by so much more."""
    return shift_lines(source.lines[one.start : one.stop], one, shift)


def shift_lines(lines: Sequence[str], one: Statement, shift: int) -> tuple[str, ...]:
    """Indent the lines of a statement by so much more; lines inside a string stay."""
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
            raise UncertainError
        else:
            made.append(line[-shift:])
    return tuple(made)
