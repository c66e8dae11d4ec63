"""Three-way merge of one statement, word by word: what ours does is put into theirs.

Theirs is kept as it is written. What is not certain raises UncertainError.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from freebsd_port.engine.core.rebase.merge import UncertainError
from freebsd_port.engine.core.source.statements import (
    NoStatementsError,
    Source,
    Statement,
    Token,
    read_source,
)
from freebsd_port.engine.core.text.file import split_lines

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


@dataclass(frozen=True, slots=True)
class MergedWords:
    """One statement of theirs with what ours does to it."""

    text: str
    key: str
    used: frozenset[str]
    """The words that ours put in."""


def merge_words(
    old: Statement, ours: Statement, theirs: Statement, sources: tuple[Source, Source]
) -> MergedWords:
    """Put what ours does to the words of a statement into theirs.

    Words on several lines are put on one if nothing in theirs lets a statement go on there.
    `sources` are the texts of ours and theirs. Raises UncertainError or NoStatementsError.
    """
    try:
        return _put_words(old, ours, theirs, sources, is_joined=False)
    except (NoStatementsError, UncertainError):
        return _put_words(old, ours, theirs, sources, is_joined=True)


def _put_words(
    old: Statement,
    ours: Statement,
    theirs: Statement,
    sources: tuple[Source, Source],
    *,
    is_joined: bool,
) -> MergedWords:
    mine, other = sources
    used: set[str] = set()
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
    end = (theirs.stop - 1, len(other.lines[theirs.stop - 1]))
    text = other.text(begin, end)
    for i, j, k, m in reversed(changes):
        put = ours.words[k:m]
        start, stop = _locate_words(changes_theirs, theirs, i, j, put)
        used |= {word.text for word in put}
        first, last = _find_range(theirs, start, stop)
        instead = ""
        if put:
            since = ours.words[k - 1].stop if i == j and k else put[0].start
            instead = mine.text(since, put[-1].stop)
            if is_joined and "#" not in instead:
                instead = _LINE_END.sub(" ", instead)
        head, tail = other.text(begin, first), text[len(other.text(begin, last)) :]
        if not put and head[-1:] in ("(", "[", "{"):
            tail = tail.lstrip(" ")
        if i == j and (put[-1].text == "," or not k) and not tail[:1].isspace():
            instead += " "
        text = head + instead + tail
        words[start:stop] = [word.key for word in put]
    made = read_source(split_lines(text.encode()))
    if len(made.statements) != 1 or [w.key for w in made.statements[0].words] != words:
        raise UncertainError
    if not changes_theirs:
        end = (ours.stop - 1, len(mine.lines[ours.stop - 1]))
        if _meaning(text) != _meaning(mine.text((ours.start, 0), end)):
            raise UncertainError
    return MergedWords(text, made.statements[0].key, frozenset(used))


def find_run(every: Sequence[str], run: Sequence[str]) -> int | None:
    """Give where a run of keys stands, or None."""
    starts = range(len(every) - len(run) + 1)
    return next((n for n in starts if list(every[n : n + len(run)]) == list(run)), None)


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
    return find_run(words_theirs, words) is not None


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
        raise UncertainError
    if _is_annotation(old, theirs, other):
        if _is_annotation(old, ours, mine) and mine[0] == other[0]:
            raise UncertainError
        return
    one, another = _path_of(old, ours, mine, -1), _path_of(old, theirs, other, -2)
    length = min(len(one), len(another))
    if one[:length] == another[:length]:
        raise UncertainError


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
            raise UncertainError
        if _first_name(between) == _first_name(put):
            raise UncertainError
        return stop
    if put[-1].text == "," and between[-1].text == ",":
        return stop
    if between[0].text == ",":
        return start
    raise UncertainError


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
        raise UncertainError
    return first, last
