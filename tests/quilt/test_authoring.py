"""Authoring sessions, with quilt itself and with us: same patches, series, trees and statuses.

What differs on purpose is in docs/authoring.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from authoring import SWAP, Both, begin, make_editor
from programs import needs
from small_overlay import diff, numbered

pytestmark = needs("quilt")

PYTHON = b"""\
import os


def first():
    return 1


class Second:
    def method(self):
        a = 1
        b = 2
        c = 3
        d = 4
        return a + b + c + d


def last():
    return os.name
"""
HEADER = b"Subject: a change\n\nWhy it is made,\nin two lines.\n\n"


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return begin(tmp_path, {"a.txt": numbered(), "b.txt": numbered(), "lib/m.py": PYTHON})


def two_patches(both: Both) -> None:
    """one.patch changes a.txt; two.patch changes a.txt and b.txt."""
    both.run("new", "one.patch")
    both.run("add", "a.txt")
    both.write({"a.txt": numbered(2)})
    both.run("refresh")
    both.run("new", "two.patch")
    both.run("add", "a.txt", "b.txt")
    both.write({"a.txt": numbered(2, 9), "b.txt": numbered(5)})
    both.run("refresh")


def test_new_add_edit_refresh(both: Both) -> None:
    both.run("new", "one.patch")
    both.run("top")
    both.run("add", "lib/m.py")
    both.write({"lib/m.py": PYTHON.replace(b"c = 3", b"c = 30").replace(b"os.name", b"'x'")})
    both.run("files")
    both.run("files", "-v")
    both.run("diff")
    both.run("diff", "-z")
    both.run("diff", "-R")
    both.run("refresh")
    assert b"@@ -9,10 +9,10 @@ class Second:\n" in both.patch("one.patch")
    both.run("diff", "-z")
    text = both.patch("one.patch")
    both.run("refresh")
    assert both.patch("one.patch") == text
    both.run("pop")
    both.run("push")


def test_a_series_that_is_not_there_is_made(tmp_path: Path) -> None:
    both = begin(tmp_path, {"a.txt": numbered()}, series=None)
    both.run("new", "sub/one.patch")
    both.run("add", "a.txt")
    both.write({"a.txt": numbered(4)})
    both.run("refresh")
    assert both.patch("series") == b"sub/one.patch\n"


def test_files_that_come_and_go(both: Both) -> None:
    both.run("new", "one.patch")
    both.run("add", "new.txt", "a.txt", "dir/deep/new.txt", "b.txt")
    both.write({"new.txt": b"one\ntwo\n", "a.txt": None, "dir/deep/new.txt": b"no newline"})
    both.run("files")
    both.run("files", "-v")
    both.run("refresh")
    both.run("files", "-v")
    both.run("pop")
    both.run("push")
    both.write({"new.txt": b"one\ntwo\nthree"})
    both.run("refresh")
    both.run("pop", "-a")
    both.run("push", "-a")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (b"a\nb", b"a\nc"),
        (b"a\nb", b"x\na\nb"),
        (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n"),
        (b"a\r\nb\r\n", b"a\nb\n"),
        (b"caf\xe9\nb\n", b"caf\xe8\nb\nna\xefve\n"),
        (b"\xef\xbb\xbfa\n", b"a\n"),
        (b"- a\n-- b\n+++ c\n", b"- a\n+++ c\n--- d\n"),
        (b"a\rb\x0cc\x85d\n", b"a\rb\x0cc\x85e\n"),
    ],
)
def test_bytes_of_every_kind(tmp_path: Path, before: bytes, after: bytes) -> None:
    both = begin(tmp_path, {"a.txt": before})
    both.run("new", "one.patch")
    both.run("add", "a.txt")
    both.write({"a.txt": after})
    both.run("diff")
    both.run("refresh")
    both.run("pop")
    both.run("push")
    assert both.tree("a.txt").read_bytes() == after


def test_a_file_that_is_emptied(both: Both) -> None:
    both.run("new", "one.patch")
    both.run("add", "a.txt")
    both.write({"a.txt": b""})
    both.run("refresh")
    assert b"+++ b/a.txt\n@@ -1,12 +0,0 @@" in both.patch("one.patch")


def test_refresh_takes_context_and_keeps_a_backup(both: Both) -> None:
    two_patches(both)
    both.run("refresh", "-U", "1")
    assert b"@@ -4,3 +4,3 @@" in both.patch("two.patch")
    both.run("refresh", "-U", "0", "--backup")
    assert b"@@ -4,3 +4,3 @@" in both.patch("two.patch~")
    both.run("refresh")


def test_refresh_with_nothing_in_the_patch(both: Both) -> None:
    both.run("new", "one.patch")
    both.run("header", "-r", stdin=HEADER)
    both.run("add", "a.txt")
    both.run("refresh")
    assert both.patch("one.patch") == HEADER


def test_the_header_stays_and_what_follows_the_diff_goes(both: Both) -> None:
    text = HEADER + diff("a.txt", numbered(), numbered(3)) + b"-- \n2.39.5\n"
    both.save_patches({"one.patch": text, "series": b"# first\none.patch\n"})
    both.run("push")
    both.write({"a.txt": numbered(3, 4)})
    both.run("refresh")
    assert both.patch("one.patch").startswith(HEADER + b"--- a/a.txt\n")
    assert both.patch("series") == b"# first\none.patch\n"


def test_files_keep_the_order_of_the_patch(both: Both) -> None:
    text = diff("b.txt", numbered(), numbered(3)) + diff("a.txt", numbered(), numbered(3))
    both.save_patches({"one.patch": text, "series": b"one.patch\n"})
    both.run("push")
    both.run("add", "lib/m.py", "another")
    both.write({"lib/m.py": PYTHON[10:], "another": b"x\n"})
    both.run("refresh")
    both.run("diff")
    both.run("files")


def test_a_patch_below_the_top_is_refreshed(both: Both) -> None:
    two_patches(both)
    both.run("add", "-P", "one.patch", "lib/m.py")
    both.write({"lib/m.py": PYTHON.replace(b"a = 1", b"a = 10")})
    both.run("files", "one.patch")
    both.run("refresh", "one.patch", status=1)
    both.run("refresh", "-f", "one.patch")
    assert b"a = 10" in both.patch("one.patch")
    both.run("pop", "-a")
    both.run("push", "-a")


def test_a_file_of_a_later_patch_may_not_be_added_below(both: Both) -> None:
    two_patches(both)
    both.run("add", "-P", "one.patch", "b.txt", status=1)
    both.run("add", "a.txt", status=2)
    both.run("add", "-P", "three.patch", "b.txt", status=1)
    both.run("remove", "-P", "one.patch", "a.txt", status=1)


def test_where_one_stands(both: Both) -> None:
    both.run("top", status=2)
    both.run("previous", status=1)
    both.run("files", status=1)
    both.run("diff", status=1)
    both.run("refresh", status=1)
    both.run("add", "a.txt", status=1)
    two_patches(both)
    both.run("new", "three.patch")
    for words in (("top",), ("previous",), ("previous", "two"), ("previous", "three.patch")):
        both.run(*words)
    both.run("previous", "one.patch", status=2)
    both.run("previous", "nine.patch", status=1)
    both.run("next", status=2)
    both.run("pop", "-a")
    both.run("top", status=2)
    both.run("next")
    both.run("push")
    both.run("next")
    both.run("next", "one.patch", status=2)
    both.run("next", "two.patch")
    both.run("next", "nine.patch", status=1)
    both.run("previous", "two.patch")


def test_new_goes_behind_the_top_patch(both: Both) -> None:
    two_patches(both)
    series = b"# ours\none.patch # for a reason\n\n# theirs\ntwo.patch -p1\n# end\n"
    both.save_patches({"series": series})
    both.run("pop")
    both.run("new", "between.patch")
    assert both.patch("series") == series.replace(b"two.patch", b"between.patch\ntwo.patch")
    both.run("new", "one.patch", status=1)
    both.run("new", "with space.patch", status=1)
    both.run("push")
    both.run("new", "last.patch")


def test_files_and_diffs_of_several_patches(both: Both) -> None:
    two_patches(both)
    both.write({"a.txt": numbered(2, 9, 11)})
    for words in (
        ("files", "-a"),
        ("files", "-v", "-a"),
        ("files", "-l", "-a"),
        ("files", "-v", "-l", "-a"),
        ("files", "one.patch"),
        ("files", "--combine", "-", "two.patch"),
        ("files", "--combine", "one.patch", "two.patch"),
        ("diff", "-P", "one.patch"),
        ("diff", "-P", "two.patch", "b.txt"),
        ("diff", "a.txt"),
        ("diff", "-z"),
        ("diff", "--combine", "-"),
        ("diff", "--combine", "one.patch"),
        ("diff", "-U", "1"),
        ("diff", "-R"),
    ):
        both.run(*words)
    both.run("files", "--combine", "two.patch", "one.patch", status=1)
    both.run("diff", "-P", "three.patch", status=1)
    both.run("refresh")
    both.run("pop")
    both.run("files", "two.patch")
    both.run("diff", "-P", "two.patch", status=1)


def test_annotate(both: Both) -> None:
    two_patches(both)
    both.run("annotate", "a.txt")
    both.run("annotate", "-P", "one.patch", "a.txt")
    both.run("annotate", "b.txt")
    both.run("annotate", "lib/m.py")
    both.write({"a.txt": numbered(1, 2, 9)})
    both.run("annotate", "a.txt")


def test_headers(both: Both) -> None:
    two_patches(both)
    both.run("header")
    both.run("header", "-r", stdin=HEADER)
    both.run("header")
    both.run("header", "-a", stdin=b"More, without newline")
    both.run("header", "one.patch")
    both.run("header", "-a", "one.patch", stdin=b"Text for one.\n")
    both.run("header", "one.patch")
    both.run("header", "--backup", "-r", stdin=b"New.\n")
    assert both.patch("two.patch~").startswith(HEADER)
    both.run("header", "nine.patch", status=1)
    both.environment["EDITOR"] = make_editor(both.root / "editor", 'echo "By hand" >> "$1"')
    both.run("header", "-e")
    assert both.patch("two.patch").startswith(b"New.\nBy hand\n--- a/")
    both.environment["EDITOR"] = "false"
    both.run("header", "-e", status=1)
    both.run("pop", "-a")
    both.run("push", "-a")
    both.run("refresh")


def test_rename(both: Both) -> None:
    two_patches(both)
    both.save_patches({"series": b"one.patch # why\ntwo.patch # why too\n"})
    both.run("rename", "sub/second.patch")
    assert both.patch("series") == b"one.patch # why\nsub/second.patch # why too\n"
    both.run("top")
    both.run("rename", "-P", "one.patch", "first.patch")
    both.run("rename", "-P", "first.patch", "sub/second.patch", status=1)
    both.run("rename", "-P", "nine.patch", "ten.patch", status=1)
    both.run("pop", "-a")
    both.run("rename", "-P", "first.patch", "once.patch")
    both.run("rename", "x.patch", status=1)
    both.run("push", "-a")


def test_delete(both: Both) -> None:
    two_patches(both)
    both.run("new", "three.patch")
    both.run("add", "lib/m.py")
    both.write({"lib/m.py": PYTHON[10:]})
    both.run("refresh")
    both.run("delete", "one.patch", status=1)
    both.run("delete", "nine.patch", status=1)
    both.run("delete")
    assert b"-import os" in both.patch("three.patch")
    both.run("delete", "-n", status=1)
    both.run("pop")
    both.run("delete", "-r", "--backup", "-n")
    assert both.patch("two.patch~")
    both.run("delete", "-r", "one.patch")
    both.run("delete", status=1)
    assert both.patch("series") == b""


def test_fold(both: Both) -> None:
    two_patches(both)
    more = diff("b.txt", numbered(5), numbered(5, 10)) + diff("n.txt", None, b"new\n")
    both.run("fold", stdin=more)
    both.run("files")
    both.run("refresh")
    both.run("fold", "-R", stdin=diff("b.txt", numbered(5), numbered(5, 10)))
    zero = diff("lib/m.py", PYTHON, PYTHON[10:]).replace(b"a/lib", b"lib").replace(b"b/lib", b"lib")
    both.run("fold", "-p", "0", stdin=zero)
    misfit = diff("b.txt", b"no\nsuch\nlines\n", b"no\nlines\n")
    both.run("fold", stdin=misfit, status=1, compared=False)
    (both.root / "quilt/tree/b.txt.rej").unlink()
    both.compare()
    both.run("refresh")
    both.run("pop", "-a")
    both.run("fold", stdin=more, status=1)
    both.run("push", "-a")


def test_remove(both: Both) -> None:
    two_patches(both)
    both.run("remove", "b.txt", compared=False)  # ours has written the patch anew already
    both.run("refresh")
    both.run("remove", "b.txt", status=1)
    both.run("add", "n.txt")
    both.run("remove", "n.txt")
    both.run("files")
    both.run("refresh")


def test_import(both: Both, tmp_path: Path) -> None:
    text = HEADER + diff("b.txt", numbered(), numbered(5))
    (tmp_path / "fix.patch").write_bytes(text)
    (tmp_path / "zero.diff").write_bytes(text.replace(b"a/b", b"b").replace(b"b/b", b"b"))
    both.run("new", "one.patch")
    both.run("import", str(tmp_path / "fix.patch"))
    both.run("import", "-P", "sub/named.patch", "-R", str(tmp_path / "fix.patch"))
    both.run("import", "-p", "0", str(tmp_path / "zero.diff"))
    assert both.patch("series") == (b"one.patch\nzero.diff -p0\nsub/named.patch -R\nfix.patch\n")
    both.run("import", str(tmp_path / "fix.patch"), status=1)
    both.run("push")
    both.run("import", "-f", str(tmp_path / "zero.diff"), status=1)
    both.run("pop")
    (tmp_path / "fix.patch").write_bytes(diff("b.txt", numbered(), numbered(6)))
    both.run("import", "-f", str(tmp_path / "fix.patch"))
    assert both.patch("fix.patch").startswith(HEADER)
    (tmp_path / "fix.patch").write_bytes(b"Another.\n\n" + diff("b.txt", numbered(), numbered(7)))
    both.run("import", "-f", str(tmp_path / "fix.patch"), status=1)
    for keep in "oan":
        both.run("import", "-f", "-d", keep, str(tmp_path / "fix.patch"))
    both.run("push", "-a")
    both.run("pop", "-a")


def test_import_of_a_patch_that_lies_there(both: Both) -> None:
    both.save_patches({"sub/there.patch": diff("b.txt", numbered(), numbered(5))})
    for side in ("quilt", "ours"):
        assert (both.root / side / "patches/sub/there.patch").is_file()
    both.save_patches({"series": b"sub/there.patch\n"})
    both.run("push")


def test_edit(both: Both) -> None:
    both.run("new", "one.patch")
    script = make_editor(both.root / "editor", SWAP.format("line 2", "line two"))
    both.environment.update(EDITOR=script, VISUAL=script)
    both.run("edit", "a.txt", "b.txt")
    both.run("files")
    both.run("refresh")
    both.environment["EDITOR"] = both.environment["VISUAL"] = make_editor(
        both.root / "maker", 'echo new > "$1"'
    )
    both.run("edit", "fresh.txt")
    both.run("refresh")
    both.environment["EDITOR"] = both.environment["VISUAL"] = "true"
    both.run("edit", "never.txt", status=1)
    both.run("files")
    both.run("refresh")
    both.run("pop")
    both.run("edit", "a.txt", status=1)


def test_push_and_pop_between(both: Both) -> None:
    two_patches(both)
    both.run("pop")
    both.write({"a.txt": numbered(2, 3)})
    both.run("refresh")
    both.run("new", "mid.patch")
    both.run("add", "lib/m.py")
    both.write({"lib/m.py": PYTHON.replace(b"return 1", b"return 10")})
    both.run("refresh")
    both.run("push", "two.patch")
    both.run("pop", "one.patch")
    both.run("push", "-a")
    both.write({"b.txt": numbered(5, 7)})
    both.run("refresh")
    both.run("pop", "-a")
    assert both.tree("a.txt").read_bytes() == numbered()
