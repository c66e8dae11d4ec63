"""What the rule about headers flags, and what it must not."""

from __future__ import annotations

import pytest
from judged_patch import HEADER, found
from small_overlay import diff


@pytest.mark.parametrize("field", ["Subject", "Origin", "Forwarded", "Drop-When", "Last-Update"])
def test_a_missing_field_is_flagged_on_the_patch(field: str) -> None:
    lines = [line for line in HEADER.splitlines(keepends=True) if not line.startswith(field)]
    text = "".join(lines).encode() + diff("x.py", b"a = 1\n", b"a = 1\nb = f()\n")
    (one,) = found(text)
    assert (one.rule, one.level, one.line, one.hunk) == ("header-field", "error", 1, None)
    assert field in one.message
