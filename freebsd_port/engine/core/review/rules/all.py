"""What a maintainer would remark on in a patch: the rules, and all that they find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from freebsd_port.engine.core.patch.header import Header, find_header_faults, parse_header
from freebsd_port.engine.core.patch.patch import Patch, render_patch
from freebsd_port.engine.core.review.facts import Level, Remark
from freebsd_port.engine.core.review.hunk_text import read_hunk
from freebsd_port.engine.core.review.on_release import WalkedHunk
from freebsd_port.engine.core.review.rules.comment import find_commented_code
from freebsd_port.engine.core.review.rules.linux import find_careful_names, find_lost_code
from freebsd_port.engine.core.review.rules.machine import find_foreign_paths, find_machine_facts
from freebsd_port.engine.core.review.rules.platform import find_platform_tests
from freebsd_port.engine.core.review.rules.stranger import find_strange_needs, is_test
from freebsd_port.engine.core.text.unseen import BIDI


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    name: str
    level: Level
    asks: str
    """What it asks of a patch, in a sentence."""


LINUX, PLATFORM, COMMENT, MACHINE, HEADER, STRANGER, BIDI_RULE = RULES = (
    Rule("linux-changed", "warning", "What Linux runs today it runs with the patch."),
    Rule("platform-test", "warning", "A condition asks for a feature, not for a platform's name."),
    Rule("commented-out-code", "warning", "Code that does not run is removed, not commented out."),
    Rule("machine-fact", "warning", "No path, address, user or size is that of one machine."),
    Rule("header-field", "error", "The header has every field, and prose that gives the reasons."),
    Rule("test-for-strangers", "warning", "A test needs no home, rights or network."),
    Rule("bidi-control", "error", "No character makes text look other than it is read."),
)  # fmt: skip

_LINE_RULES = (
    (PLATFORM, find_platform_tests),
    (COMMENT, find_commented_code),
    (MACHINE, find_machine_facts),
)


def find_findings(file: str, patch: Patch, hunks: Sequence[WalkedHunk]) -> tuple[Remark, ...]:
    """Hold a patch against every rule; findings are in the order of its lines.

    `file` is its path below the project, `hunks` are its hunks with their ids.
    """
    ids = {one.hunk.line: one.id for one in hunks}
    found = {
        *(_finding(HEADER, file, 1, fault, None) for fault in find_header_faults(_header(patch))),
        *_find_bidi(file, patch, ids),
    }
    for change in patch.changes:
        found |= {_finding(MACHINE, file, *one, None) for one in find_foreign_paths(change)}
    texts = [read_hunk(laid.hunk) for laid in hunks]
    find_lost = partial(find_lost_code, careful=find_careful_names(texts))
    for laid, lines in zip(hunks, texts, strict=True):
        by_file = (STRANGER, find_strange_needs) if is_test(laid.path) else (LINUX, find_lost)
        for rule, find in (*_LINE_RULES, by_file):
            found |= {_finding(rule, file, line, said, laid.id) for line, said in find(lines)}
    return tuple(sorted(found, key=lambda one: (one.line, one.rule, one.message)))


def _header(patch: Patch) -> Header:
    return parse_header(patch.changes[0].preamble if patch.changes else patch.trailer)


def _find_bidi(file: str, patch: Patch, ids: dict[int, str]) -> Iterator[Remark]:
    starts = sorted(ids)
    data = render_patch(patch)
    if data.isascii():
        return
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if marks := sorted(BIDI.intersection(line)):
            names = ", ".join(f"U+{ord(mark):04X}" for mark in marks)
            before = [start for start in starts if start <= number]
            message = f"characters that change the order in which text is shown: {names}"
            yield _finding(BIDI_RULE, file, number, message, ids[before[-1]] if before else None)


def _finding(rule: Rule, file: str, line: int, message: str, hunk: str | None) -> Remark:
    return Remark(rule.name, rule.level, message, file, line, hunk)
