"""Names of hunks: what they depend on, and what leaves them alone."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.on_release import digest_content, name_hunk, number_names

TEXT = b"""\
--- a/f.py
+++ b/f.py
@@ -10,3 +10,3 @@ def f():
 before
-old
+new
 after
"""


def hunk(text: bytes) -> Hunk:
    return parse_patch("x", text).changes[0].hunks[0]


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace(b"-10,3 +10,3", b"-99,3 +120,3"),
        TEXT.replace(b" before", b" another"),
        TEXT.replace(b"@@ def f():", b"@@"),
        TEXT.replace(b" after\n", b"").replace(b"10,3", b"10,2"),
    ],
    ids=["lines", "context", "section", "less context"],
)
def test_what_surrounds_a_change_is_no_part_of_it(other: bytes) -> None:
    assert other != TEXT
    assert digest_content(hunk(other)) == digest_content(hunk(TEXT))


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace(b"+new", b"+newer"),
        TEXT.replace(b"-old", b"-older"),
        TEXT.replace(b"+new", b"+ new"),
        TEXT.replace(b"-old\n+new", b"+new\n-old"),
    ],
)
def test_another_change_has_another_content(other: bytes) -> None:
    assert digest_content(hunk(other)) != digest_content(hunk(TEXT))


def test_an_id_is_of_content_and_scope() -> None:
    content = digest_content(hunk(TEXT))
    assert name_hunk(content, "Host.f") == name_hunk(content, "Host.f")
    assert len({name_hunk(content, scope) for scope in (None, "Host", "Host.f")}) == 3
    assert len(name_hunk(content, None)) == 12


def test_repeats_are_numbered_in_their_order() -> None:
    assert number_names(["a", "b", "a", "a"]) == ("a", "b", "a-2", "a-3")
