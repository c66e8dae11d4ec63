"""Local names that have another name throughout a new version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from freebsd_port.engine.core.rebase.merge import UncertainError
from freebsd_port.engine.core.rebase.statement_alignment import Alignment, align_statements
from freebsd_port.engine.core.source.statements import Source, Statement, Token, read_source
from freebsd_port.engine.core.text.align import align_lines

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


def find_renames(old: Source, new: Source) -> dict[str, str]:
    """Find local names that have another name throughout the new version."""
    known = {name.text for one in new.statements for name in _plain_names(one)}
    mine = [name.text for one in old.statements for name in _plain_names(one)]
    gone = set(mine) - known
    come = known - set(mine)
    if not gone or not come:
        return {}
    found: dict[str, set[str]] = {}
    alignment = align_statements(old.statements, new.statements, lambda one: one.key)
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
    old: Source, new: Source, alignment: Alignment, gone: set[str], come: set[str]
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


def rename_in(source: Source, names: dict[str, str]) -> Source:
    """Give the source with other names for its variables; one in a format string is not certain."""
    lines = list(source.lines)
    places = []
    for one in source.statements:
        places += [name for name in _plain_names(one) if name.text in names]
        for token in one.tokens:
            head = token.text.partition("'")[0].partition('"')[0].lower()
            is_format = len(head) < 3 and "f" in head and token.text != head
            if is_format and not names.keys().isdisjoint(_NAME.findall(token.text)):
                raise UncertainError
    for name in sorted(places, key=lambda name: name.start, reverse=True):
        row, column = name.start
        line = lines[row]
        lines[row] = line[:column] + names[name.text] + line[column + len(name.text) :]
    return read_source([line.encode() for line in lines])
