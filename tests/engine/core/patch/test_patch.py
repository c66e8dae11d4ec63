"""Reading a patch file: headers, hunks, what is tolerated and what is refused by line."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.patch.hunk import HunkError
from freebsd_port.engine.core.patch.patch import (
    FileChange,
    parse_patch,
    render_patch,
    reverse_patch,
)
from freebsd_port.engine.core.patch.reader import MAX_LINE_BYTES

HEAD = b"--- a/f\n+++ b/f\n"
BODY = b"@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n"


def only_change(data: bytes) -> FileChange:
    patch = parse_patch("p", data)
    assert render_patch(patch) == data
    (change,) = patch.changes
    return change


def test_text_before_between_and_after_the_diffs_is_kept() -> None:
    data = b"Subject: x\n\nwhy\n" + HEAD + BODY + b"more text\n" + HEAD + BODY + b"-- \n2.39\n"
    patch = parse_patch("p", data)
    assert [change.preamble for change in patch.changes] == [
        b"Subject: x\n\nwhy\n" + HEAD,
        b"more text\n" + HEAD,
    ]
    assert patch.trailer == b"-- \n2.39\n"
    assert render_patch(patch) == data


def test_an_empty_file_is_a_patch_that_changes_nothing() -> None:
    assert parse_patch("p", b"").changes == ()


@pytest.mark.parametrize("data", [b"no diff here\n", b"\0\xff"])
def test_a_file_without_a_diff_is_refused(data: bytes) -> None:
    with pytest.raises(HunkError, match="contains no diff"):
        parse_patch("p", data)


def test_git_headers_tell_modes_renames_and_copies() -> None:
    moved = only_change(b"diff --git a/f b/g\nrename from f\nrename to g\n")
    assert (moved.is_rename, moved.is_copy, moved.hunks) == (True, False, ())
    assert (moved.old and moved.old.name, moved.new and moved.new.name) == (b"a/f", b"b/g")
    mode = only_change(b"diff --git a/f b/f\nold mode 100644\nnew mode 100755\n")
    assert (mode.old_mode, mode.new_mode) == (0o100644, 0o100755)
    made = only_change(b"diff --git a/f b/f\nnew file mode 100644\nindex 000..e69de29\n")
    assert (made.creates, made.deletes) == (2, 1)


def test_git_header_lines_count_only_below_diff_git() -> None:
    change = only_change(b"rename from f\nrename to g\nnew file mode 100755\n" + HEAD + BODY)
    assert (change.is_rename, change.new_mode, change.creates) == (False, None, 0)


def test_a_binary_patch_is_marked() -> None:
    change = only_change(b"diff --git a/f b/f\nindex 1..2\nGIT binary patch\nliteral 1\nIcmZP\n\n")
    assert change.is_binary


@pytest.mark.parametrize(
    ("old", "new", "creates", "deletes"),
    [
        (b"/dev/null", b"b/f", 2, 0),
        (b"a/f\t1970-01-01 00:00:00.000000000 +0000", b"b/f", 2, 0),
        (b"a/f\t1969-12-31 16:00:00 -0800", b"b/f", 2, 0),
        (b"a/f\tThu Jan  1 01:00:00 1970", b"b/f", 2, 0),
        (b"a/f\t1970-01-03 00:00:00 +0000", b"b/f", 1, 0),
        (b"a/f\t(revision 1970)", b"b/f", 1, 0),
        (b"a/f", b"b/f", 1, 0),
    ],
)
def test_an_empty_side_is_an_absent_file_when_the_header_says_so(
    old: bytes, new: bytes, creates: int, deletes: int
) -> None:
    data = b"--- " + old + b"\n+++ " + new + b"\n@@ -0,0 +1 @@\n+a\n"
    change = only_change(data)
    assert (change.creates, change.deletes) == (creates, deletes)
    (turned,) = reverse_patch(parse_patch("p", data)).changes
    assert (turned.creates, turned.deletes) == (deletes, creates)


def test_what_mail_does_to_a_patch_is_undone() -> None:
    plain = only_change(HEAD + BODY).hunks[0]
    eaten = only_change(HEAD + b"@@ -1,3 +1,3 @@\n\n-b\n+c\n\n").hunks[0]
    assert eaten.old == (b"\n", b"b\n", b"\n")
    chopped = only_change(HEAD + b"@@ -1,4 +1,4 @@\n a\n-b\n+c\n").hunks[0]
    assert chopped.old == (b"a\n", b"b\n", b"\n", b"\n")
    indented = b"".join(b"  " + line for line in (HEAD + BODY).splitlines(keepends=True))
    assert only_change(indented).hunks[0].old == plain.old
    assert only_change((HEAD + BODY).replace(b"\n", b"\r\n")).hunks[0].new == plain.new
    commented = only_change(HEAD + BODY.replace(b"-b", b"# why\n-b"))
    assert commented.hunks[0].old == plain.old


def test_comments_between_hunks_do_not_end_the_file() -> None:
    change = only_change(HEAD + BODY + b"# why\n@@ -9 +9 @@\n-x\n+y\n")
    assert len(change.hunks) == 2


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"@@ -1,9 +1,9 @@\n a\n-b\n+c\n", 3),
        (b"@@ -1,2 +1,2 @@\n-a\n-b\n-c\n+a\n", 6),
        (b"@@ -1,2 +1,2 @@\n a\n?b\n", 5),
        (b"@@ -1,2 +1,2 @@\n a\n\\ No newline at end of file\n b\n", 5),
        (b"@@ -1,2 +1,2 @@\n a\n b\n", 3),
        (b"@@ -0,0 +0,0 @@\n", 3),
        (b"@@ -one +two @@\n a\n", 3),
        (b"@@ -1,999999999999 +1,999999999999 @@\n a\n-b\n+c\n", 3),
    ],
)
def test_a_hunk_whose_counts_lie_is_refused_by_line(body: bytes, line: int) -> None:
    with pytest.raises(HunkError) as caught:
        parse_patch("nova/x.patch", HEAD + body)
    assert caught.value.where == f"nova/x.patch:{line}"


@pytest.mark.parametrize("lead", [b"", HEAD + b"@@ -1 +1 @@\n-a\n+"])
def test_a_line_of_a_hundred_megabytes_is_refused_by_line(lead: bytes) -> None:
    with pytest.raises(HunkError, match=f"longer than {MAX_LINE_BYTES >> 20} MB"):
        parse_patch("p", lead + b"x" * 100_000_000 + b"\n")


@pytest.mark.parametrize(
    "text",
    [b"********\n*** 1 ****\n! a\n--- 1 ----\n! b\n", b"1c1\n< a\n---\n> b\n"],
    ids=["context", "normal"],
)
def test_other_kinds_of_diff_are_refused_instead_of_skipped(text: bytes) -> None:
    with pytest.raises(HunkError, match="only unified diffs"):
        parse_patch("p", HEAD + BODY + b"Index: g\n" + text)
