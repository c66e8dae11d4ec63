"""The rule that text reads as the machine reads it: no character changes its order on the screen.

Source: Trojan Source, https://trojansource.codes.
"""

from __future__ import annotations

from collections.abc import Iterator

from freebsd_port.engine.core.patch.patch import render_patch
from freebsd_port.engine.core.review.rules.rule import ReadPatch, Rule, Spot
from freebsd_port.engine.core.text.unseen import BIDI


def _find_marks(read: ReadPatch) -> Iterator[Spot]:
    data = render_patch(read.patch)
    if data.isascii():
        return
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if marks := sorted(BIDI.intersection(line)):
            names = ", ".join(f"U+{ord(mark):04X}" for mark in marks)
            before = [hunk for hunk in read.hunks if hunk.line <= number]
            last = max(before, key=lambda hunk: hunk.line).id if before else None
            message = f"characters that change the order in which text is shown: {names}"
            yield Spot(number, message, last)


RULE = Rule(
    name="bidi-control",
    level="error",
    asks="No character makes text look different from what it is.",
    flags=(
        "characters that make text look different from what it is ([Trojan "
        "Source](https://trojansource.codes)), in code or prose"
    ),
    spares="letters of languages written from right to left",
    find=_find_marks,
)
