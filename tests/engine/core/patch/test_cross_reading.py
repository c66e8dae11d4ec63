"""unidiff reads a patch a second time and must find the same in it."""

from __future__ import annotations

from dataclasses import replace

from drawn_diffs import contents, unified, variants
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.patch.cross_reading import find_disagreements
from freebsd_port.engine.core.patch.filename import HeaderName
from freebsd_port.engine.core.patch.patch import Patch, parse_patch

DIFF = b"""\
Subject: greet
--- a/m.py
+++ b/m.py
@@ -1,2 +1,3 @@
 one
+new
 two
\\ No newline at end of file
@@ -9 +10 @@ def last():
-caf\xe9
+coffee
--- a/n.py
+++ b/n.py
@@ -0,0 +1 @@
+only
"""


def differs(patch: Patch) -> tuple[tuple[int, str], ...]:
    """Hold what a reader made of DIFF against what unidiff makes of it."""
    return find_disagreements(patch, DIFF)


def read() -> Patch:
    return parse_patch("nova/a.patch", DIFF)


def with_hunk(patch: Patch, **fields: object) -> Patch:
    """Give the patch as a reader would that is wrong about its first hunk."""
    first = patch.changes[0]
    wrong = replace(first.hunks[0], **fields)  # type: ignore[arg-type]
    change = replace(first, hunks=(wrong, *first.hunks[1:]))
    return replace(patch, changes=(change, *patch.changes[1:]))


def test_both_readers_find_the_same() -> None:
    assert differs(read()) == ()


def test_a_hunk_that_one_of_them_reads_otherwise_is_named_with_its_line() -> None:
    says = ((4, "unidiff reads other lines in this hunk"),)
    assert differs(with_hunk(read(), new=(b"one\n", b"two"))) == says
    assert differs(with_hunk(read(), old=(b"one\n", b"two\n"))) == says
    assert differs(with_hunk(read(), old_start=2)) == says
    assert differs(with_hunk(read(), new_start=2)) == says


def test_a_name_that_one_of_them_reads_otherwise_is_named() -> None:
    patch = read()
    change = replace(patch.changes[1], new=HeaderName(b"b/o.py", False))
    assert differs(replace(patch, changes=(patch.changes[0], change))) == (
        (14, "unidiff reads 'b/n.py' as the name of the file, not 'b/o.py'"),
    )


def test_hunks_and_files_are_counted() -> None:
    patch = read()
    first, second = patch.changes
    fewer = replace(first, hunks=first.hunks[:1])
    assert differs(replace(patch, changes=(fewer, second))) == (
        (4, "unidiff reads 2 hunks, not 1"),
    )
    assert differs(replace(patch, changes=(first,))) == (
        (1, "unidiff reads changes to 2 files, not 1"),
    )


def test_a_form_that_only_gnu_patch_takes_disagrees() -> None:
    chopped = DIFF.replace(b"@@ -0,0 +1 @@\n+only\n", b"@@ -1,2 +1,3 @@\n a\n+only\n")
    assert find_disagreements(parse_patch("a.patch", chopped), chopped) == (
        (1, "unidiff cannot read it: Hunk is shorter than expected"),
    )


@settings(max_examples=300)
@given(st.data())
def test_they_agree_on_every_diff_of_two_files(data: st.DataObject) -> None:
    old = data.draw(contents())
    new = data.draw(variants(old))
    assume(old != new)
    diff = unified(old, new, data.draw(st.integers(0, 4)))
    assert find_disagreements(parse_patch("a.patch", diff), diff) == ()
