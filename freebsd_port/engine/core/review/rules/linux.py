"""The rule that Linux stays as it was: code that it runs is not taken away unconditionally."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from freebsd_port.engine.core.review.hunk_text import HunkTextLine, added, removed, split_blocks
from freebsd_port.engine.core.review.rules.rule import ReadPatch, Rule, Spot, in_each_hunk, is_test

_CONDITION = re.compile(
    r"\b(if|elif|except|try|while|and|or)\b|\b(hasattr|getattr)\(|bhyve"
    r"|\bsys\.platform\b|\bplatform\.\w+\(|\bos\.(name|uname)\b"
)
_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|\w+|[^\w\s]")
_DEFINITION = re.compile(r"(?:async )?def (\w+)")
_ASSIGNMENT = re.compile(r"([\w, ]+?) = ")
_NAME = re.compile(r"\w+")
_SHOWN = 60


def find_careful_names(hunks: Iterable[Sequence[HunkTextLine]]) -> frozenset[str]:
    """Give the functions of a patch that ask where they run, and the variables that hold answers.

    Code that goes through one of them is behind a test, only in another place.
    """
    names: set[str] = set()
    lines = [line for hunk in hunks for line in added(hunk) if line.is_code]
    inside = ""
    for line in lines:
        if match := _DEFINITION.match(line.bare):
            inside = match[1]
        elif inside and _CONDITION.search(line.text):
            names.add(inside)
    for line in lines:
        match = _ASSIGNMENT.match(line.bare)
        if match and names.intersection(_NAME.findall(line.bare[match.end() :])):
            names.update(_NAME.findall(match[1]))
    return frozenset(names)


def find_lost_code(
    lines: Sequence[HunkTextLine], careful: frozenset[str]
) -> Iterator[tuple[int, str]]:
    """Give line and remark where code goes, and nothing that is added asks where it runs.

    Code that only moves below a condition is still there, and so is a line that only grew.
    `careful` is find_careful_names() of the whole patch.
    """
    if any(line.is_code and _CONDITION.search(line.text) for line in added(lines)):
        return
    kept = {line.bare for line in added(lines) if line.is_code}
    for block in split_blocks(lines):
        lost = [line for line in removed(block) if _is_run(line) and line.bare not in kept]
        new = [token for line in added(block) if line.is_code for token in _tokens(line)]
        old = [token for line in lost for token in _tokens(line)]
        if not lost or _is_within(old, new) or careful.intersection(new):
            continue
        what = lost[0].bare[:_SHOWN]
        if not new or new == ["pass"]:
            yield lost[0].line, f"Linux no longer runs `{what}`, and nothing checks the platform"
        else:
            yield (
                lost[0].line,
                f"Linux runs different code instead of `{what}`: put the new code behind a test of "
                "what is there",
            )


def _is_run(line: HunkTextLine) -> bool:
    return line.is_code and not line.bare.startswith(("import ", "from "))


def _tokens(line: HunkTextLine) -> list[str]:
    return _TOKEN.findall(line.bare)


def _is_within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Tell whether all of it stands in the whole, in this order."""
    rest = iter(whole)
    return all(token in rest for token in part)


def _find_in_patch(read: ReadPatch) -> Iterator[Spot]:
    careful = find_careful_names(hunk.lines for hunk in read.hunks)
    find = partial(find_lost_code, careful=careful)
    return in_each_hunk(find, where=lambda path: not is_test(path))(read)


RULE = Rule(
    name="linux-changed",
    level="warning",
    asks="Linux runs the same code with the patch as without it.",
    flags="code that is removed or replaced, if nothing that is added tests where it runs",
    spares=(
        "code below an `if` or `try`, code that goes through a function of the patch that "
        "tests, code that only grows, such as a tuple; imports, comments, docstrings, tests"
    ),
    find=_find_in_patch,
)
