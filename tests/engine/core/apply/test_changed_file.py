"""Which of the names in a header is the file to patch."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.apply.changed_file import ChangedFile, find_target
from freebsd_port.engine.core.patch.patch import parse_patch, reverse_patch
from freebsd_port.engine.core.text.file import PathError

BODY = b"@@ -1 +1 @@\n-a\n+b\n"


def target(header: bytes, *there: str, strip: int = 1, body: bytes = BODY) -> ChangedFile | None:
    (change,) = parse_patch("p", header + body).changes
    directories = {path.rpartition("/")[0] for path in there}
    return find_target(change, strip, there.__contains__, directories.__contains__)


def test_the_name_that_is_there_wins() -> None:
    assert target(b"--- a/f\n+++ b/g\n", "g") == ChangedFile("g", "g")


def test_of_two_that_are_there_the_plainer_wins() -> None:
    assert target(b"--- a/f.orig\n+++ b/f\n", "f", "f.orig") == ChangedFile("f", "f")
    assert target(b"--- a/d/f\n+++ b/g\n", "d/f", "g") == ChangedFile("g", "g")
    assert target(b"--- x/f\n+++ y/f\n", "x/f", "y/f", strip=0) == ChangedFile("x/f", "x/f")


def test_one_with_fewer_components_but_a_longer_base_name_leaves_none_as_in_gnu_patch() -> None:
    assert target(b"--- a/d/f\n+++ b/longer\n", "d/f", "longer") is None


def test_a_name_with_too_few_components_leaves_the_one_before_it() -> None:
    assert target(b"diff --git a/g b/g\n--- f\n+++ f\n", "f", "g") == ChangedFile("g", "g")


def test_reversing_does_not_change_which_of_two_equal_names_wins() -> None:
    (change,) = reverse_patch(parse_patch("p", b"--- x/f\n+++ y/f\n" + BODY)).changes
    assert find_target(change, 0, lambda _: True, lambda _: True) == ChangedFile("x/f", "x/f")


def test_the_index_line_counts_when_no_other_name_does() -> None:
    assert target(b"Index: a/g\n--- f\n+++ f\n", "g") == ChangedFile("g", "g")
    assert target(b"Index: a/g\n--- a/f\n+++ b/f\n", "g") is None


def test_a_file_that_is_not_there_is_found_only_by_a_patch_that_makes_it() -> None:
    made = b"@@ -0,0 +1 @@\n+a\n"
    assert target(b"--- a/f\n+++ b/f\n") is None
    assert target(b"--- /dev/null\n+++ b/f\n", body=made) == ChangedFile("f", "f")


def test_a_file_that_a_patch_deletes_may_be_gone() -> None:
    header = b"diff --git a/f b/f\ndeleted file mode 100644\nindex e69de29..0000000\n"
    assert target(header, body=b"") == ChangedFile("f", "f")


def test_a_new_file_takes_the_name_that_needs_fewer_new_directories() -> None:
    made = b"@@ -0,0 +1 @@\n+a\n"
    found = target(b"--- a/gone/f\n+++ b/here/deep\n", "here/x", body=made)
    assert found == ChangedFile("here/deep", "here/deep")


def test_a_rename_reads_the_old_name_or_the_new_one_when_it_is_done_already() -> None:
    header = b"diff --git a/f b/g\nrename from f\nrename to g\n"
    assert target(header, "f", body=b"") == ChangedFile("f", "g")
    assert target(header, "g", body=b"") == ChangedFile("g", "g")
    assert target(header, body=b"") is None


@pytest.mark.parametrize(
    ("name", "strip", "fault"),
    [
        (b"/etc/passwd", 0, "absolute"),
        (b"/dev/sda", 0, "absolute"),
        (b"a/../../x", 1, "climbs out"),
        (b"a/b/../../../x", 1, "climbs out"),
        (b'"a/x\\000y"', 1, "not a file name"),
        (b"a/.freebsd-port/state.json", 1, "own state"),
    ],
)
def test_an_unsafe_name_is_refused_even_beside_a_good_one(
    name: bytes, strip: int, fault: str
) -> None:
    with pytest.raises(PathError, match=fault):
        target(b"--- " + name + b"\n+++ b/f\n", "f", "b/f", strip=strip)
