"""One patch file with several diffs of the same files, in every verb that reads or writes it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from freebsd_port.engine.core.graph.needs import find_needs
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.on_release import SeriesWalk
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.ops.apply.apply import Distance, apply_series, pop_patches, push_patches
from freebsd_port.engine.ops.author.export import read_whole, render_mailbox, render_merged
from freebsd_port.engine.ops.author.fold import fold_patch
from freebsd_port.engine.ops.author.import_patch import ImportOptions, Incoming, import_patches
from freebsd_port.engine.ops.author.refresh import refresh_patch
from freebsd_port.engine.ops.author.show import annotate_file, list_files
from freebsd_port.engine.ops.target.workspace import Workspace, open_tree
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.errors import ProblemsError

TEN = b"".join(b"line %d\n" % number for number in range(1, 11))
GIT = b"diff --git a/%b b/%b\n"
FROM = b"From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n\n- a\n---\n"


def edit(number: int, old: bytes, new: bytes, name: bytes = b"f") -> bytes:
    """Give a git diff that changes one line."""
    context = (number - 1, number - 1, number - 1, old, new, number + 1)
    names = GIT % (name, name) + b"--- a/%b\n+++ b/%b\n" % (name, name)
    return names + b"@@ -%d,3 +%d,3 @@\n line %d\n-%b\n+%b\n line %d\n" % context


MANY = b"Subject: many\n\n" + FROM.join(
    (
        edit(5, b"line 5", b"five"),
        edit(2, b"line 2", b"two") + GIT % (b"n", b"n") + b"new file mode 100644\n--- /dev/null\n"
        b"+++ b/n\n@@ -0,0 +1 @@\n+n\n",
        edit(8, b"line 8", b"eight") + GIT % (b"f", b"f") + b"old mode 100644\nnew mode 100755\n",
        edit(5, b"five", b"FIVE") + GIT % (b"n", b"n") + b"--- a/n\n+++ b/n\n@@ -1 +1 @@\n-n\n+N\n",
        GIT % (b"gone", b"gone") + b"deleted file mode 100644\n--- a/gone\n+++ /dev/null\n"
        b"@@ -1 +0,0 @@\n-x\n",
    )
)
AFTER = TEN.replace(b"line 2", b"two").replace(b"line 5", b"FIVE").replace(b"line 8", b"eight")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    tree, patches = tmp_path / "tree", tmp_path / "patches"
    tree.mkdir()
    patches.mkdir()
    (tree / "f").write_bytes(TEN)
    (tree / "gone").write_bytes(b"x\n")
    (patches / "many.patch").write_bytes(MANY)
    (patches / "next.patch").write_bytes(b"Subject: next\n\n" + edit(5, b"FIVE", b"5"))
    (patches / "series").write_bytes(b"many.patch\nnext.patch\n")
    return open_tree(tree, patches / "series", patches)


def content(workspace: Workspace, name: str) -> bytes | None:
    path = workspace.target.root / name
    return path.read_bytes() if path.exists() else None


def require_after(workspace: Workspace) -> None:
    assert content(workspace, "f") == AFTER
    assert content(workspace, "n") == b"N\n"
    assert content(workspace, "gone") is None
    assert (workspace.target.root / "f").stat().st_mode & 0o777 == 0o755


def test_push_puts_on_every_diff_and_pop_takes_it_off(workspace: Workspace) -> None:
    push_patches(workspace, Distance())
    require_after(workspace)
    push_patches(workspace, Distance())
    pop_patches(workspace, Distance())
    require_after(workspace)
    pop_patches(workspace, Distance(is_all=True))
    assert content(workspace, "f") == TEN
    assert (content(workspace, "n"), content(workspace, "gone")) == (None, b"x\n")


def test_refresh_writes_one_diff_a_file_that_makes_the_same(workspace: Workspace) -> None:
    push_patches(workspace, Distance())
    assert refresh_patch(workspace).files == ("f", "n", "gone")
    text = (workspace.source.patches / "many.patch").read_bytes()
    assert [text.count(b"+++ b/f\n"), text.count(b"+++ b/n\n")] == [1, 1]
    pop_patches(workspace, Distance(is_all=True))
    push_patches(workspace, Distance())
    require_after(workspace)


def test_fold_takes_all_of_it_or_nothing(workspace: Workspace) -> None:
    (workspace.source.patches / "series").write_bytes(b"empty.patch\n")
    (workspace.source.patches / "empty.patch").write_bytes(b"")
    push_patches(workspace, Distance())
    with pytest.raises(ProblemsError):
        fold_patch(workspace, MANY.replace(b"-five", b"-six"))
    assert content(workspace, "f") == TEN
    assert fold_patch(workspace, MANY).paths == ("f", "n", "gone")
    assert content(workspace, "f") == AFTER


def test_annotate_files_graph_and_review_know_every_diff(workspace: Workspace) -> None:
    apply_series(workspace)
    shown = annotate_file(workspace, str(workspace.target.root / "f"))
    changed = {text: patch for patch, text in shown.lines if patch}
    assert changed == {b"two\n": 1, b"5\n": 2, b"eight\n": 1}
    assert [(one.path, one.mark) for one in list_files(workspace, "many.patch")] == [
        ("f", " "),
        ("gone", "-"),
        ("n", "+"),
    ]
    pop_patches(workspace, Distance(is_all=True))
    assert [(one.path, one.mark) for one in list_files(workspace, "many.patch")] == [
        ("f", " "),
        ("gone", "-"),
        ("n", "+"),
    ]
    series = [
        (SeriesEntry(one.entry.name, 1, False, "", 1), parse_patch(one.entry.name, one.data))
        for one in workspace.source.load_patches(workspace.entries())
    ]
    tree = DirectoryTree(workspace.target.root)
    assert [(need.patch, need.on) for need in find_needs(tree, series).needs] == [
        ("next.patch", "many.patch")
    ]
    walked = SeriesWalk(tree).lay(*series[0])
    assert [(hunk.path, hunk.line) for hunk in walked.hunks] == [
        *(("f", 4), ("f", 1), ("n", 1), ("f", 7), ("f", 4), ("n", 1), ("gone", 1)),
    ]


def test_a_line_of_a_later_diff_is_given_in_the_file_below_the_patch(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_bytes(b"class A:\n    a = 1\n    b = 2\n\n\nclass B:\n    c = 3\n")
    data = (
        b"--- a/f.py\n+++ b/f.py\n@@ -1,2 +1,4 @@\n class A:\n+    x = 0\n+    y = 0\n     a = 1\n"
        b"--- a/f.py\n+++ b/f.py\n@@ -8,2 +8,2 @@\n class B:\n-    c = 3\n+    c = 4\n"
    )
    entry = SeriesEntry("p", 1, False, "", 1)
    walked = SeriesWalk(DirectoryTree(tmp_path)).lay(entry, parse_patch("p", data))
    assert [(hunk.line, hunk.scope) for hunk in walked.hunks] == [(1, "A"), (6, "B")]


def test_export_and_import_keep_every_diff(workspace: Workspace, tmp_path: Path) -> None:
    whole = read_whole(workspace)
    for number, diff in enumerate((render_merged(whole), None)):
        root = tmp_path / f"git-{number}"
        shutil.copytree(workspace.target.root, root)
        run = [("git", "init", "-q"), ("git", "add", "."), ("git", "commit", "-qm", "x")]
        mail = render_mailbox(whole) if diff is None else diff
        run.append(("git", "am", "-q") if diff is None else ("git", "apply"))
        for words in run:
            config = ("-c", "user.name=A", "-c", "user.email=a@example.org")
            subprocess.run(
                [words[0], *config, *words[1:]], cwd=root, check=True, input=mail, timeout=60
            )
        assert (root / "f").read_bytes() == AFTER.replace(b"FIVE", b"5")
        assert (root / "n").read_bytes() == b"N\n"
        assert not (root / "gone").exists()
    (workspace.source.patches / "series").write_bytes(b"")
    options = ImportOptions("2026-11-30", name="taken.patch")
    plain = MANY.replace(FROM, b"")
    import_patches(workspace, [Incoming("x.diff", plain)], options)
    apply_series(workspace)
    require_after(workspace)
