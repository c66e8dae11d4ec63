"""What `export` writes is read by its reader: git am, patch -p0 and quilt, each on a tree."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from authoring import run_quilt
from beside_quilt import differences, snapshot
from drawn_diffs import contents, unified, variants
from drawn_patches import headers
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_repository import MailRepository
from small_overlay import diff, numbered, write_tree

from freebsd_port.engine.core.exchange.contribution import to_mail
from freebsd_port.engine.core.exchange.mail_out import render_mail
from freebsd_port.engine.core.patch.patch import split_patch
from freebsd_port.engine.ops.apply.apply import Distance, apply_series, push_patches
from freebsd_port.engine.ops.author import export
from freebsd_port.engine.ops.author.import_patch import ImportOptions, Incoming, import_patches
from freebsd_port.engine.ops.target.workspace import Workspace, open_tree
from freebsd_port.errors import ProblemsError

FILES = {
    "f.py": numbered(count=30),
    "top.py": numbered(count=4),
    "dos.txt": b"one\r\ntwo\r\nthree\r\n",
    "empty.py": b"",
    "a b.txt": b"one\n",
    "gap.py": b"one\n\nthree\n",
    "end.txt": b"b\na",
    "twice.py": b"a\nb\na\nb\na\n",
    "gone.py": b"x\n",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> MailRepository:
    return MailRepository(write_tree(tmp_path_factory.mktemp("git"), FILES))


@pytest.fixture(scope="module")
def own_repository(tmp_path_factory: pytest.TempPathFactory) -> MailRepository:
    return MailRepository(write_tree(tmp_path_factory.mktemp("git"), FILES))


def make(root: Path, series: str, patches: dict[str, bytes]) -> Workspace:
    write_tree(root / "tree", FILES)
    write_tree(root / "patches", {**patches, "series": series.encode()})
    return open_tree(root / "tree", None, root / "patches")


def result(workspace: Workspace) -> dict[str, tuple[str, bytes]]:
    apply_series(workspace)
    return snapshot(workspace.target.root)


@settings(max_examples=20, deadline=None)
@given(drawn=st.lists(headers(), min_size=4, max_size=12))
def test_git_am_commits_what_the_header_says(
    repository: MailRepository, drawn: list[bytes]
) -> None:
    texts = [
        split_patch(header + diff(f"new{number}.py", None, b"x\n"))
        for number, header in enumerate(drawn)
    ]
    mails = [render_mail(f"p/{n}.patch", *text, n + 1, len(texts)) for n, text in enumerate(texts)]
    commits = repository.take(b"".join(mails))
    assert len(commits) == len(texts)
    for number, (commit, text) in enumerate(zip(commits, texts, strict=True)):
        meant = to_mail(f"p/{number}.patch", *text)
        assert commit.subject == meant.subject
        assert commit.author == meant.author
        assert commit.body.encode() == meant.message
        assert meant.when
        assert commit.date == f"{int(meant.when.timestamp())} {meant.when:%z}"


GNU_FORMS = {
    "fuzz": diff("f.py", numbered(count=30), numbered(9, count=30)).replace(
        b" line 6\n", b" line six\n"
    ),
    "offset": diff("f.py", numbered(count=30), numbered(9, count=30)).replace(
        b"@@ -6,7 +6,7 @@", b"@@ -2,7 +2,7 @@"
    ),
    "offset, two places": b"--- a/twice.py\n+++ b/twice.py\n"
    b"@@ -2,1 +2,2 @@\n+a\n a\n@@ -4,3 +5,1 @@\n a\n-b\n-a\n",
    "no context below": b"--- a/f.py\n+++ b/f.py\n@@ -7,3 +7,3 @@\n line 7\n line 8\n-line 9\n+9\n",
    "no context above": b"--- a/f.py\n+++ b/f.py\n@@ -1,2 +1,2 @@\n-line 9\n+nine\n line 10\n",
    "at the end": b"--- a/top.py\n+++ b/top.py\n@@ -3,2 +3,2 @@ def x():\n line 3\n-line 4\n+4\n",
    "behind no newline": b"--- a/end.txt\n+++ b/end.txt\n@@ -2,0 +3,2 @@\n+a\n+a\n",
    "comments": b"--- a/top.py\n+++ b/top.py\n@@ -2,2 +2,2 @@\n line 2\n# why\n-line 3\n+three\n",
    "indented": b" --- a/top.py\n +++ b/top.py\n @@ -1,2 +1,2 @@\n -line 1\n +one\n  line 2\n",
    "eaten blanks": b"--- a/gap.py\n+++ b/gap.py\n@@ -1,3 +1,3 @@\n-one\n+two\n\n three\n",
    "index only": b"Index: a/top.py\n@@ -1,2 +1,2 @@\n-line 1\n+one\n line 2\n",
    "other names": b"--- a/top.py.orig\n+++ b/top.py\n@@ -1,2 +1,2 @@\n-line 1\n+one\n line 2\n",
    "carriage returns": diff("dos.txt", FILES["dos.txt"], b"one\r\n2\r\nthree\r\n"),
    "of the way": diff("top.py", FILES["top.py"], numbered(2, count=4)).replace(b"\n", b"\r\n"),
    "emptied": b"--- a/gone.py\n+++ b/gone.py\n@@ -1 +0,0 @@\n-x\n",
    "filled": diff("empty.py", None, b"x\n"),
    "removed": diff("gone.py", b"x\n", None),
    "with a blank in its name": b"--- a/a b.txt\t\n+++ b/a b.txt\t\n@@ -1 +1 @@\n-one\n+two\n",
    "mode": b"diff --git a/f.py b/f.py\nold mode 100644\nnew mode 100755\n",
    "renamed": b"diff --git a/f.py b/g.py\nrename from f.py\nrename to g.py\n",
    "signature": diff("top.py", FILES["top.py"], numbered(2, count=4)) + b"-- \n2.39.5\n\n",
}


@pytest.mark.parametrize("name", GNU_FORMS)
def test_git_am_makes_of_every_form_what_the_series_does(
    name: str, repository: MailRepository, tmp_path: Path
) -> None:
    text = b"Subject: it\n\n" + GNU_FORMS[name]
    workspace = make(tmp_path, "a.patch\n", {"a.patch": text})
    state = tmp_path / "tree"
    push_patches(workspace, Distance(), fuzz=2)
    mailbox = export.render_mailbox(export.read_whole(workspace))
    repository.take(mailbox)
    assert differences(snapshot(state), repository.files()) == []

    again = open_tree(write_tree(tmp_path / "again", FILES), None, tmp_path / "imported")
    import_patches(again, [Incoming("x", mailbox)], ImportOptions("2026-11-25"))
    assert differences(result(again), snapshot(state)) == []


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_fits_goes_out_to_git_and_comes_back(
    own_repository: MailRepository, data: st.DataObject
) -> None:
    """Any two versions, context and displacement: the same files there and here afterwards."""
    old = data.draw(contents(min_size=1))
    new = data.draw(variants(old).filter(lambda one: one not in (old, b"")))
    text = unified(old, new, data.draw(st.integers(0, 3)), shift=data.draw(st.integers(0, 2)))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_tree(root / "tree", {"f": old})
        write_tree(root / "patches", {"a.patch": data.draw(headers()) + text})
        (root / "patches/series").write_bytes(b"a.patch\n")
        workspace = open_tree(root / "tree", None, root / "patches")
        try:
            wanted = result(workspace)
        except ProblemsError:
            return  # displaced to where it does not fit
        mailbox = export.render_mailbox(export.read_whole(workspace))
        own_repository.begin({"f": old})
        own_repository.take(mailbox)
        assert differences(wanted, own_repository.files()) == []
        again = open_tree(write_tree(root / "again", {"f": old}), None, root / "imported")
        import_patches(again, [Incoming("x", mailbox)], ImportOptions("2026-11-25"))
        assert differences(result(again), wanted) == []
        if old and text in mailbox and b"\r" not in text:
            imported = (root / "imported/a.patch").read_bytes()
            assert imported == (root / "patches/a.patch").read_bytes()


@pytest.mark.parametrize("line", ["a.patch -p0", "a.patch -R", "a.patch -p2"])
def test_a_patch_of_another_depth_or_direction_becomes_one_for_git(
    line: str, repository: MailRepository, tmp_path: Path
) -> None:
    old, new = FILES["top.py"], numbered(2, count=4)
    text = diff("top.py", new, old) if "-R" in line else diff("top.py", old, new)
    lead = {"a.patch -p0": b"", "a.patch -p2": b"x/y/"}.get(line)
    if lead is not None:
        text = text.replace(b" a/", b" " + lead).replace(b" b/", b" " + lead)
    workspace = make(tmp_path, f"{line}\n", {"a.patch": text})
    repository.take(export.render_mailbox(export.read_whole(workspace)))
    assert differences(result(workspace), repository.files()) == []


def test_a_patch_that_changes_nothing_is_named_instead_of_stopping_git_am(tmp_path: Path) -> None:
    patches = {"a.patch": b"Subject: begun\n", "b.patch": b"", "c.patch": GNU_FORMS["removed"]}
    workspace = make(tmp_path, "a.patch\nb.patch\nc.patch\n", patches)
    whole = export.read_whole(workspace)
    with pytest.raises(ProblemsError) as caught:
        export.render_mailbox(whole)
    assert [problem.what.partition(",")[0] for problem in caught.value.problems] == [
        "a.patch changes nothing",
        "b.patch changes nothing",
    ]
    assert export.render_mailbox(whole, ("c",)).count(b"\nSubject: ") == 1


STATES = st.none() | contents()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_patch_p0_makes_of_the_ports_files_what_the_series_does(data: st.DataObject) -> None:
    """Files that come, go and change; what a port cannot have is refused with the file's name."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        before, after = {}, {}
        for path in ("one.py", "two_2.py", "pkg/three.py"):
            old = data.draw(STATES)
            new = data.draw(STATES if old is None else variants(old) | st.none())
            before |= {path: old} if old is not None else {}
            after |= {path: new} if new is not None else {}
        for side in ("tree", "after"):
            (root / side).mkdir()
        write_tree(root / "tree", before)
        write_tree(root / "after", after)
        done = subprocess.run(
            ["git", "diff", "--no-index", "--no-prefix", "tree", "after"],
            cwd=root,
            capture_output=True,
            check=False,
        )
        write_tree(root / "patches", {"a.patch": done.stdout, "series": b"a.patch\n"})
        workspace = open_tree(root / "tree", None, root / "patches")
        try:
            files = export.render_ports(export.read_whole(workspace))
        except ProblemsError as error:
            told = " ".join(problem.what for problem in error.problems)
            empty = [p for p in {*before, *after} if b"" in (before.get(p), after.get(p))]
            assert any(path in told for path in empty)
            return
        export.save_export(root / "ports", files)
        (root / "work").mkdir()
        work = write_tree(root / "work", before)
        for path in sorted(p for p in (root / "ports").rglob("*") if p.is_file()):
            options = ["--forward", "-s", "-E", "-V", "none", "-p0"]
            subprocess.run(["patch", *options, "-i", path], cwd=work, check=True)
        assert differences(snapshot(work), result(workspace)) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            b"diff --git a/p/new.py b/p/new.py\nnew file mode 100644\nindex 0000000..e69de29\n",
            "cannot say that p/new.py becomes an empty file",
        ),
        (GNU_FORMS["mode"], "cannot say that f.py becomes executable"),
        (
            b"diff --git a/empty.py b/empty.py\ndeleted file mode 100644\nindex e69de29..0000000\n",
            "cannot say that empty.py is an empty file that goes away",
        ),
        (GNU_FORMS["with a blank in its name"], "no port can have a patch of 'a b.txt'"),
    ],
)
def test_what_no_port_can_have_is_refused_by_name(text: bytes, told: str, tmp_path: Path) -> None:
    workspace = make(tmp_path, "a.patch\n", {"a.patch": text})
    with pytest.raises(ProblemsError) as caught:
        export.render_ports(export.read_whole(workspace))
    (problem,) = caught.value.problems
    assert told in problem.what
    assert problem.hint


@pytest.mark.skipif(shutil.which("quilt") is None, reason="quilt is not installed")
def test_quilt_takes_every_kind_of_patch_that_a_series_can_have(tmp_path: Path) -> None:
    texts = {
        "a.patch": b"",
        "b.patch.gz": gzip.compress(diff("f.py", FILES["f.py"], numbered(2, count=30))),
        "sub/c.patch": GNU_FORMS["emptied"],
        "d.patch": GNU_FORMS["mode"],
        "e.patch": diff("top.py", numbered(2, count=4), FILES["top.py"]),
        "f.patch": diff("empty.py", None, b"x\n").replace(b"b/", b""),
    }
    series = "a.patch\nb.patch.gz\nsub/c.patch\nd.patch\ne.patch -R\nf.patch -p0\n"
    workspace = make(tmp_path, series, texts)
    export.save_export(tmp_path / "q/patches", export.render_quilt(export.read_whole(workspace)))
    write_tree(tmp_path / "q/tree", FILES)
    done = run_quilt(tmp_path / "q", ("push", "-a", "-q"), b"")
    assert done.status == 0, done
    shutil.rmtree(tmp_path / "q/tree/.pc")
    assert differences(snapshot(tmp_path / "q/tree"), result(workspace)) == []
