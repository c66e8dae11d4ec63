"""The rule that a patch explains itself, in the fields and in the prose of its header."""

from __future__ import annotations

from collections.abc import Iterator

from freebsd_port.engine.core.patch.header import find_header_faults, parse_header
from freebsd_port.engine.core.review.rules.rule import ReadPatch, Rule, Spot


def _find_faults(read: ReadPatch) -> Iterator[Spot]:
    changes = read.patch.changes
    header = parse_header(changes[0].preamble if changes else read.patch.trailer)
    for fault in find_header_faults(header):
        yield Spot(1, fault)


RULE = Rule(
    name="header-field",
    level="error",
    asks="The header has every field, and prose that gives the reasons.",
    flags="a field that is missing or malformed; prose without reasons",
    spares="",
    find=_find_faults,
)
