"""Lines that belong to a diff but to no hunk, and what a patch only tells of."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.patch.hunk import HunkError
from freebsd_port.engine.core.patch.patch import parse_patch, render_patch, require_complete

CHANGE = b"--- a/%s\n+++ b/%s\n@@ -1,1 +1,1 @@\n-one\n+two\n"
A, B = CHANGE % (b"a", b"a"), CHANGE % (b"b", b"b")
HUNK = b"@@ -7,1 +7,1 @@\n-one\n+two\n"


def refusal(data: bytes) -> str:
    with pytest.raises(HunkError) as caught:
        parse_patch("p", data)
    return f"{caught.value.what} at {caught.value.where}"


@pytest.mark.parametrize("text", [b"+three\n", b"-three\n", b" c\n+three\n", b"++three\n", b"-\n"])
def test_a_hunk_that_goes_on_is_refused_where_it_does(text: bytes) -> None:
    for data, line in ((A + text, 6), (A + text + B, 6), (A + B + text, 11)):
        assert refusal(data) == f"the hunk has more lines than its header says at p:{line}"


def test_context_behind_a_hunk_is_left_out_and_told() -> None:
    patch = parse_patch("p", A + b" three\n four\n" + B)
    assert [omission.line for omission in patch.omissions] == [6]
    with pytest.raises(HunkError, match="more lines than its header says"):
        require_complete(patch)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (A + b"\n" + HUNK, "the hunk stands below no names of a file at p:7"),
        (A + b"prose\n" + HUNK + B, "the hunk stands below no names of a file at p:7"),
        (b"Subject: x\n\n" + HUNK + A, "the hunk stands below no names of a file at p:3"),
        (A + b"\n-one\n+two\n", "the line belongs to no hunk at p:7"),
        (A + b"-- \n2.39\n+two\n" + B, "the line belongs to no hunk at p:8"),
        (b"diff --git a/f b/f\nindex 1..2 100644\n--- a/f\n+++ b/f\n a\n-b\n+c\n",
         "the line belongs to no hunk at p:6"),
        (b"--- a/f\n+++ b/f\n" + A, "no hunk follows the names of the file at p:1"),
        (A + b"--- a/f\n+++ b/f\n", "no hunk follows the names of the file at p:6"),
        (A + b"--- a/f\n+++ b/f\ndiff --git a/g b/g\nnew file mode 100644\n",
         "no hunk follows the names of the file at p:6"),
        (A + b"\\ No newline at end of file\n" + b"\\ No newline at end of file\n",
         "the hunk has more lines than its header says at p:7"),
        (A + b"--- a/f\n", "the hunk has more lines than its header says at p:6"),
        (A + b"+cut off", "the hunk has more lines than its header says at p:6"),
        (b"".join(b"  " + line for line in (A + b"+c\n").splitlines(keepends=True)),
         "the hunk has more lines than its header says at p:6"),
        (A.replace(b"\n", b"\r\n") + b"\r\n+c\r\n", "the line belongs to no hunk at p:7"),
    ],
)  # fmt: skip
def test_lines_of_a_lost_hunk_are_refused_by_line(data: bytes, what: str) -> None:
    assert refusal(data) == what


@pytest.mark.parametrize(
    "text",
    [
        b"Index: g\n3c\nfoo\n.\n",
        b"diff -e a/g b/g\n3d\n",
        b"diff a/g b/g\n3,4c3\n< a\n---\n> b\n",
        b"***************\n*** 1 ****\n! a\n--- 1 ----\n! b\n",
    ],
)
def test_a_section_of_another_kind_is_refused_wherever_it_is(text: bytes) -> None:
    for data in (A + text, text + A, A + text + B):
        assert "only unified diffs are supported" in refusal(data)


def test_a_whole_ed_script_is_refused_by_line() -> None:
    assert refusal(b"Subject: x\n\n3c\nfoo\n.\n").endswith("not ed scripts at p:3")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            b"diff --git a/x b/x\nnew file mode 100644\nBinary files a/x and b/x differ\n",
            "the difference of the binary files is not in",
        ),
        (b"diff --git a/x b/x\nnew file mode 100644\nindex 000..123\n", "the content of the file"),
    ],
)
def test_what_a_patch_only_tells_of_is_left_out_and_told(text: bytes, what: str) -> None:
    for data in (A + text, text, A + text + b"diff --git a/b b/b\n" + B):
        patch = parse_patch("p", data)
        assert render_patch(patch) == data
        with pytest.raises(HunkError, match=what):
            require_complete(patch)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"-- \n2.39.5\n",
        b"--\n",
        b"\nmore text\n 12 files\n",
        b"Index: x\n==========\n",
        b"Property changes on: x\n______\nAdded: svn:executable\n   + *\n",
        b"-- \n2.39.5\n\nFrom 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
        b"Subject: [PATCH]\n\n- a list\n+ another\n---\n f | 2 +-\n\n",
        b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\ndiff --git a/b b/b\n",
        b"diff --git a/x b/x\nnew file mode 100644\nindex 000..e69de29\ndiff --git a/b b/b\n",
        b"\n-----\nprose\n+++++\n",
    ],
)
def test_text_between_and_behind_diffs_is_fine(text: bytes) -> None:
    for data in (b"+ a list\n- and\n 12d\n" + A + text, A + text + B):
        patch = parse_patch("p", data)
        assert render_patch(patch) == data
        assert patch.omissions == ()


@pytest.mark.parametrize(
    "lines",
    [
        b"old mode 100644\nnew mode 100755\n",
        b"new file mode 100644\nindex 000..e69de29\n",
        b"similarity index 100%\nrename from x\nrename to y\n",
    ],
)
def test_git_header_lines_without_a_hunk_are_not_given_to_the_next_file(lines: bytes) -> None:
    data = b"diff --git a/x b/y\n" + lines + A
    number = 4 + lines.count(b"\n")
    assert refusal(data) == f"git's header lines above it are not of a/a at p:{number}"


def test_a_binary_patch_is_left_to_the_planner() -> None:
    data = b"diff --git a/f b/f\nindex 1..2\nGIT binary patch\nliteral 1\n+cmZP\n\n-x\n"
    assert parse_patch("p", A + data + B).changes[1].is_binary
