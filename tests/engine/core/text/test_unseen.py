"""Text that may be printed."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.text.unseen import show_unseen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext é 漢\n", "plain\ttext é 漢\n"),
        ("\x1b[31m", "<^[>[31m"),
        ("a\u202eb\r", "a<U+202E>b<^M>"),
        ("\udcff", "<\\xFF>"),
    ],
)
def test_what_cannot_be_seen_is_named(text: str, shown: str) -> None:
    assert show_unseen(text) == shown
