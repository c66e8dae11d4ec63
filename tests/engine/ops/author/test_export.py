"""Patches on their way out and back in: git itself, patch itself, and our own import."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from authoring import run_quilt
from beside_quilt import differences, snapshot
from programs import needs
from small_overlay import diff, numbered, write_tree
from small_project import HEADER, SmallProject, small_project

from freebsd_port.engine.core.exchange.contribution import from_mail
from freebsd_port.engine.core.exchange.mail_out import render_mail
from freebsd_port.engine.core.exchange.mailbox import read_mails
from freebsd_port.engine.core.patch.patch import split_patch
from freebsd_port.engine.core.series.series import parse_series
from freebsd_port.engine.ops.apply.apply import Distance, apply_series, push_patches
from freebsd_port.engine.ops.author import export
from freebsd_port.engine.ops.author.import_patch import (
    ImportOptions,
    Incoming,
    import_patches,
    read_incoming,
)
from freebsd_port.engine.ops.target.workspace import Workspace, open_tree
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.openstack.store.project.project import find_project

TODAY = ImportOptions("2026-11-25")
FILES = {
    "pkg/a_b.py": numbered(),
    "pkg/gone.txt": b"one\ntwo\n",
    "pkg/edge.txt": b"no newline",
    "pkg/latin.txt": b"caf\xe9\n",
    "pkg/__init__.py": b"",
}
ONE = (
    HEADER.format(subject="first: change, with an \N{LATIN SMALL LETTER E WITH ACUTE}").encode()
    + diff("pkg/a_b.py", numbered(), numbered(3))
    + diff("pkg/gone.txt", b"one\ntwo\n", None)
    + diff("pkg/latin.txt", b"caf\xe9\n", b"caf\xe8\n")
)
FILLED = diff("pkg/__init__.py", None, b"filled = 1\n")
"""As quilt has it: an empty file is none."""

TWO = (
    b"Subject: second\nOrigin: vendor\nForwarded: no\nDrop-When: it is told\n over two lines\n"
    b"Native-Only: `x = 1` asks the kernel\nNative-Only: `y = 2` too\nLast-Update: 2026-11-20\n\n"
    b"Prose.\n\n- a list\n  of things\n\n    code: here\n\n"
    + diff("pkg/a_b.py", numbered(3), numbered(3, 8))
    .replace(b"a/pkg", b"pkg")
    .replace(b"b/pkg", b"pkg")
    + b"--- pkg/edge.txt\n+++ pkg/edge.txt\n@@ -1 +1,2 @@\n-no newline\n"
    b"\\ No newline at end of file\n+newline\n+and none\n\\ No newline at end of file\n"
    + diff("pkg/sub/new.py", None, b"new = 1\n").replace(b"b/pkg", b"pkg")
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A tree with a series of two, nothing on."""
    write_tree(tmp_path / "tree", FILES)
    write_tree(
        tmp_path / "patches",
        {
            "one.patch": ONE,
            "sub/two.patch": TWO + FILLED.replace(b" b/", b" "),
            "series": b"one.patch # why\nsub/two.patch -p0\n",
        },
    )
    return open_tree(tmp_path / "tree", None, tmp_path / "patches")


def result(workspace: Workspace) -> dict[str, tuple[str, bytes]]:
    """What the series makes of the tree."""
    apply_series(workspace)
    return snapshot(workspace.target.root)


def git(root: Path, *words: str, stdin: bytes = b"") -> bytes:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{who}_{what}": f"x{at}y.z"[: 5 if what == "EMAIL" else 1]
            for who in ("AUTHOR", "COMMITTER")
            for what, at in (("NAME", ""), ("EMAIL", "@"))
        },
    }
    done = subprocess.run(
        ["git", *words], cwd=root, env=env, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def repository(root: Path) -> Path:
    write_tree(root, FILES)
    git(root, "init", "-q", ".")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "before")
    return root


def test_git_am_takes_the_mailbox_and_its_own_mails_come_back_with_all_fields(
    workspace: Workspace, tmp_path: Path
) -> None:
    mailbox = export.render_mailbox(export.read_whole(workspace))
    root = repository(tmp_path / "git")
    git(root, "am", "-s", "-q", stdin=mailbox)
    assert git(root, "log", "--format=%s").decode().splitlines() == [
        "second",
        "first: change, with an \N{LATIN SMALL LETTER E WITH ACUTE}",
        "before",
    ]
    back = git(root, "format-patch", "--stdout", "HEAD~2")
    found = [from_mail(mail) for mail in read_mails(back)]
    shutil.rmtree(root / ".git")
    assert differences(snapshot(root), result(workspace)) == []
    assert [one.name for one in found] == ["one.patch", "sub/two.patch"]
    for one, text in zip(found, (ONE, TWO), strict=True):
        header = split_patch(one.text)[0]
        assert b"\n\nSigned-off-by: x <x@y.z>\n\n" in header
        assert header.replace(b"\n\nSigned-off-by: x <x@y.z>", b"") == split_patch(text)[0]
        assert b"index " not in one.text


def test_git_am_keeps_the_line_ends_of_a_file_when_it_is_told_to(tmp_path: Path) -> None:
    files = {"a.txt": b"one\r\ntwo\r\n"}
    for name in ("tree", "git"):
        write_tree(tmp_path / name, files)
    text = b"Subject: x\n\n" + diff("a.txt", files["a.txt"], b"one\r\n2\r\n")
    write_tree(tmp_path / "patches", {"one.patch": text, "series": b"one.patch\n"})
    workspace = open_tree(tmp_path / "tree", None, tmp_path / "patches")
    root = tmp_path / "git"
    git(root, "init", "-q", ".")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "before")
    mailbox = export.render_mailbox(export.read_whole(workspace))
    git(root, "am", "-q", "--keep-cr", stdin=mailbox)
    assert (root / "a.txt").read_bytes() == b"one\r\n2\r\n"
    (mail,) = read_mails(git(root, "format-patch", "--stdout", "HEAD~1"))
    assert from_mail(mail).text == text


def test_an_exported_mailbox_is_imported_as_the_series_that_it_was(
    workspace: Workspace, tmp_path: Path
) -> None:
    mailbox = export.render_mailbox(export.read_whole(workspace))
    write_tree(tmp_path / "again", FILES)
    again = open_tree(tmp_path / "again", None, tmp_path / "new")
    import_patches(again, [Incoming("x.mbox", mailbox)], TODAY)
    assert (tmp_path / "new/series").read_text() == "one.patch\nsub/two.patch\n"
    assert (tmp_path / "new/one.patch").read_bytes() == ONE
    assert split_patch((tmp_path / "new/sub/two.patch").read_bytes())[0] == split_patch(TWO)[0]
    wanted = result(workspace)
    assert differences(result(again), wanted) == []


def test_every_patch_of_this_project_comes_back_byte_for_byte() -> None:
    project = find_project()
    names = parse_series(project.series.read_bytes()).names
    assert len(names) > 40
    for name in names:
        data = (project.patches / name).read_bytes()
        (mail,) = read_mails(render_mail(name, *split_patch(data), 1, 1))
        back = from_mail(mail)
        assert (back.name, back.text) == (name, data)


def test_a_mailbox_holds_the_patches_named(workspace: Workspace) -> None:
    whole = export.read_whole(workspace)
    assert [mail.subject for mail in read_mails(export.render_mailbox(whole, ("sub",)))] == [
        "second"
    ]
    assert b"Subject: [PATCH] =?utf-8?" in export.render_mailbox(whole, ("one",))
    with pytest.raises(PortError, match="no patch of the series is three"):
        export.render_mailbox(whole, ("one", "three"))


def test_patch_p0_makes_of_the_ports_files_what_the_series_does(
    workspace: Workspace, tmp_path: Path
) -> None:
    files = export.render_ports(export.read_whole(workspace))
    export.save_export(tmp_path / "ports", files)
    assert sorted(path.name for path in (tmp_path / "ports/files").iterdir()) == [
        "patch-pkg_____init____.py",
        "patch-pkg_a__b.py",
        "patch-pkg_edge.txt",
        "patch-pkg_gone.txt",
        "patch-pkg_latin.txt",
        "patch-pkg_sub_new.py",
    ]
    root = write_tree(tmp_path / "work", FILES)
    for path in sorted((tmp_path / "ports/files").iterdir()):
        options = ["--forward", "-s", "-E", "-V", "none", "-p0"]  # FreeBSD's would keep originals
        subprocess.run(["patch", *options, "-i", path], cwd=root, check=True)
    assert differences(snapshot(root), result(workspace)) == []
    with pytest.raises(PortError, match="the output already exists"):
        export.save_export(tmp_path / "ports", files)


def test_ports_of_a_release_are_one_a_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = small_project(tmp_path, monkeypatch)
    files = export.render_ports(export.read_whole(project.workspace()))
    assert sorted(files) == [
        "nova/files/patch-nova_greet.py",
        "oslo.privsep/files/patch-oslo__privsep_who.py",
    ]
    assert files["nova/files/patch-nova_greet.py"].startswith(
        b"--- nova/greet.py.orig\n+++ nova/greet.py\n@@ "
    )


def test_a_name_that_ports_cannot_have_is_refused(workspace: Workspace) -> None:
    name = workspace.source.patches / "one.patch"
    name.write_bytes(diff("pkg/a~.py", None, b"x\n"))
    workspace.source.series_file.write_bytes(b"one.patch\n")
    with pytest.raises(ProblemsError) as caught:
        export.render_ports(export.read_whole(workspace))
    assert "its name has other characters" in caught.value.problems[0].what


@needs("quilt")
def test_quilt_takes_the_exported_directory(workspace: Workspace, tmp_path: Path) -> None:
    export.save_export(tmp_path / "q/patches", export.render_quilt(export.read_whole(workspace)))
    write_tree(tmp_path / "q/tree", FILES)
    done = run_quilt(tmp_path / "q", ("push", "-a", "-q"), b"")
    assert done.status == 0, done
    shutil.rmtree(tmp_path / "q/tree/.pc")
    assert differences(snapshot(tmp_path / "q/tree"), result(workspace)) == []


def test_one_diff_does_what_the_series_does(workspace: Workspace, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "work", FILES)
    merged = export.render_merged(export.read_whole(workspace))
    assert merged.count(b"--- a/pkg/a_b.py") == 1
    git(root, "apply", "--whitespace=nowarn", "-", stdin=merged)
    assert differences(snapshot(root), result(workspace)) == []


def test_an_export_is_of_the_whole_series_whatever_is_on_or_edited(
    workspace: Workspace, tmp_path: Path
) -> None:
    wanted = export.render_merged(export.read_whole(workspace))
    push_patches(workspace, Distance())
    (tmp_path / "tree/pkg/a_b.py").write_bytes(b"edited\n")
    assert export.render_merged(export.read_whole(workspace)) == wanted


GITHUB = b"""\
From 5c2ad3c1a8b9b0d2e8c8d3d9be0a2a1c0f8d2f11 Mon Sep 17 00:00:00 2001
From: =?UTF-8?q?J=C3=BCrgen?= <j@example.org>
Date: Wed, 18 Nov 2026 23:30:00 -0200
Subject: [PATCH 1/2] host: look for
 /proc first

It is not there everywhere.

Change-Id: I0123456789012345678901234567890123456789
---
 pkg/a_b.py | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/pkg/a_b.py b/pkg/a_b.py
index 5c2ad3c..1a8b9b0 100644
"""
COVER = GITHUB.partition(b"diff --git")[0].replace(b"1/2", b"0/2") + b"-- \n2.40\n\n"
BODY = diff("pkg/a_b.py", numbered(), numbered(3))
WANTED = (
    "Subject: host: look for /proc first\nFrom: J\N{LATIN SMALL LETTER U WITH DIAERESIS}rgen "
    "<j@example.org>\nOrigin: other, commit:5c2ad3c1a8b9b0d2e8c8d3d9be0a2a1c0f8d2f11\n"
    "Forwarded: yes\nLast-Update: 2026-11-18\n\nIt is not there everywhere.\n\n"
    "Change-Id: I0123456789012345678901234567890123456789\n\n"
).encode() + BODY


def take(workspace: Workspace, data: bytes, **options: object) -> list[str]:
    settings = {"today": "2026-11-25", **options}
    incoming = [Incoming("download", data)]
    return [one.name for one in import_patches(workspace, incoming, ImportOptions(**settings))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GITHUB + BODY + b"-- \n2.40\n\n", id="github"),
        pytest.param(COVER + GITHUB + BODY + b"-- \n2.40\n\n", id="with a cover letter"),
        pytest.param(base64.encodebytes(GITHUB + BODY), id="gerrit, base64"),
        pytest.param(base64.b64encode(GITHUB + BODY), id="gerrit, one line"),
    ],
)
def test_a_mail_becomes_a_patch_with_fields(workspace: Workspace, data: bytes) -> None:
    assert take(workspace, data) == ["host-look-for-proc-first.patch"]
    text = (workspace.source.patches / "host-look-for-proc-first.patch").read_bytes()
    assert text == WANTED


def test_several_mails_become_patches_in_their_order(workspace: Workspace) -> None:
    second = GITHUB.replace(b"look for", b"then look for").replace(b"1/2", b"2/2")
    second += diff("pkg/a_b.py", numbered(3), numbered(3, 9))
    names = take(workspace, GITHUB + BODY + b"-- \n2.40\n\n" + second)
    assert names == ["host-look-for-proc-first.patch", "host-then-look-for-proc-first.patch"]
    assert workspace.source.load_series().names[:2] == tuple(names)
    push_patches(workspace, Distance(count=2))
    with pytest.raises(PortError, match="-P names one patch, and 2 are to be imported"):
        take(workspace, GITHUB + BODY + second, name="x.patch")


def test_a_mailbox_of_a_mail_program_is_split_too(workspace: Workspace) -> None:
    rest = GITHUB.partition(b"\n")[2]
    body = base64.encodebytes(rest.partition(b"\n\n")[2] + diff("pkg/x.py", None, b"x\n"))
    coded = b"Content-Transfer-Encoding: base64\n" + rest.partition(b"\n\n")[0] + b"\n\n" + body
    mark = b"From j@example.org Wed Nov 18 23:30:00 2026\n"
    second = coded.replace(b"look for", b"then look for")
    names = take(workspace, mark + rest + BODY + b"\n" + mark + second)
    assert names == ["host-look-for-proc-first.patch", "host-then-look-for-proc-first.patch"]
    texts = [(workspace.source.patches / name).read_bytes() for name in names]
    assert texts[0] == WANTED.replace(b", commit:5c2ad3c1a8b9b0d2e8c8d3d9be0a2a1c0f8d2f11", b"")
    assert texts[1].endswith(diff("pkg/x.py", None, b"x\n"))


def test_line_ends_that_a_mail_got_on_its_way_go_and_those_of_its_files_stay(
    workspace: Workspace,
) -> None:
    assert take(workspace, (GITHUB + BODY + b"-- \n2.40\n\n").replace(b"\n", b"\r\n")) == [
        "host-look-for-proc-first.patch"
    ]
    text = (workspace.source.patches / "host-look-for-proc-first.patch").read_bytes()
    assert text == WANTED
    crlf = diff("pkg/dos.txt", None, b"x\r\n")
    take(workspace, GITHUB.replace(b"look for", b"see") + crlf)
    text = (workspace.source.patches / "host-see-proc-first.patch").read_bytes()
    assert text.endswith(crlf)


def test_two_mails_with_one_subject_are_told_apart(workspace: Workspace) -> None:
    with pytest.raises(PortError) as caught:
        take(workspace, GITHUB + BODY + GITHUB + diff("pkg/a_b.py", numbered(3), numbered(3, 9)))
    assert caught.value.what == "two patches would be named host-look-for-proc-first.patch"
    assert caught.value.hint == "import them one by one, each with a name from -P"


def test_a_quoted_printable_mail_is_decoded(workspace: Workspace) -> None:
    mail = (
        b"From: a <a@b.c>\nDate: Wed, 18 Nov 2026 00:00:00 +0000\nSubject: fix\n"
        b"Content-Transfer-Encoding: quoted-printable\n\nWhy=\n not.\n---\n"
        + BODY.replace(b"=", b"=3D")
    )
    (name,) = take(workspace, mail)
    text = (workspace.source.patches / name).read_bytes()
    assert b"\n\nWhy not.\n\n" in text
    assert text.endswith(BODY)


def test_a_prose_line_that_looks_like_a_diff_stays_prose(workspace: Workspace) -> None:
    mail = GITHUB.replace(b"It is not", b"*** It is not") + BODY
    (name,) = take(workspace, mail)
    text = (workspace.source.patches / name).read_bytes()
    assert b"\n| *** It is not" in text
    assert split_patch(text)[1] == BODY


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<!DOCTYPE html>\n<html><body>404</body></html>\n", "a web page, not a patch"),
        (b"  <html>\n--- a/x\n+++ b/x\n", "a web page, not a patch"),
        (b"PK\x03\x04zipped", "an archive, not a patch"),
        (b"", "it contains no patch"),
        (b"no diff at all\n", "the patch contains no diff"),
        (diff("x", None, b"x\n").replace(b"b/x", b"/etc/passwd"), "it is absolute"),
        (diff("x", None, b"x\n").replace(b"b/x", b"b/../../x"), "it climbs out with '..'"),
        (diff("x", None, b"x\n").replace(b"b/x", b"b/.freebsd-port/x"), "keeps its own state"),
        (BODY.replace(b"a/pkg/a_b.py", b"x").replace(b"b/pkg/a_b.py", b"x"), "no file has a name"),
        (
            b"diff --git a/x b/x\nnew file mode 120000\n" + diff("x", None, b"/etc\n"),
            "only regular files",
        ),
        (b"diff --git a/x b/x\nGIT binary patch\nliteral 1\nIcmZQz\n\n", "binary"),
        (BODY.replace(b"@@ -1", b"@@ -1x"), "malformed hunk header"),
        (BODY + b"@@ -1,9 +1,9 @@\n", "hunk"),
    ],
)
def test_what_is_no_patch_for_this_tree_is_not_taken_in(
    workspace: Workspace, data: bytes, told: str
) -> None:
    before = snapshot(workspace.source.patches)
    with pytest.raises(PortError) as caught:
        take(workspace, data, name="x.patch")
    error = caught.value
    problems = error.problems if isinstance(error, ProblemsError) else (error,)
    assert told in problems[0].what
    assert snapshot(workspace.source.patches) == before


@pytest.mark.parametrize("name", ["../x.patch", "/x.patch", "a b.patch", "series", "", "x\n.patch"])
def test_a_name_that_no_patch_can_have_is_refused(workspace: Workspace, name: str) -> None:
    before = snapshot(workspace.source.patches)
    with pytest.raises(PortError):
        take(workspace, BODY, name=name)
    assert snapshot(workspace.source.patches) == before


def test_a_hostile_subject_is_only_a_name(workspace: Workspace) -> None:
    mail = GITHUB.replace(b"host: look for\n /proc first", b"../../etc/\x1b[31m;rm -rf ~ <script>")
    assert take(workspace, mail + BODY) == ["etc-31m-rm-rf-script.patch"]


def test_a_release_gets_a_patch_in_the_house_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = small_project(tmp_path, monkeypatch)
    text = diff("nova/greet.py", b"a\n", b"b\n").replace(b"greet.py\n+", b"greet.py\t2026\n+")
    (tmp_path / "fix-greeting.diff").write_bytes(b"Some words.\n\n" + text + b"-- \nx\n")
    (taken,) = import_patches(
        project.workspace(), [read_incoming(str(tmp_path / "fix-greeting.diff"), bytes)], TODAY
    )
    assert taken.name == "nova/fix-greeting.patch"
    assert taken.text.read_bytes() == (
        b"Subject: fix greeting\nOrigin: other\nForwarded: no\nLast-Update: 2026-11-25\n\n"
        b"Some words.\n\n" + diff("nova/greet.py", b"a\n", b"b\n")
    )


def test_a_diff_with_crlf_headers_is_the_same_patch_in_the_house_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = small_project(tmp_path, monkeypatch)
    text = diff("nova/greet.py", b"a\n", b"b\n")
    (name,) = take(project.workspace(), text.replace(b"\n", b"\r\n"), name="nova/x.patch")
    assert project.patch(name).read_bytes().endswith(b"\n\n" + text)


def test_a_mail_for_a_release_goes_to_the_distribution_that_owns_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = small_project(tmp_path, monkeypatch)
    mail = GITHUB + BODY.replace(b"pkg/a_b.py", b"oslo_privsep/who.py")
    assert take(project.workspace(), mail) == ["oslo.privsep/host-look-for-proc-first.patch"]
    both = mail + diff("nova/greet.py", b"a\n", b"b\n")
    with pytest.raises(PortError, match="does not say which distribution it is for"):
        take(project.workspace(), both.replace(b"look for", b"find"))


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda: read_incoming("/no/such/file", bytes), "cannot be read"),
        (lambda: read_incoming("/", bytes), "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(read: Callable[[], object], told: str) -> None:
    with pytest.raises(PortError, match=told) as caught:
        read()
    assert caught.value.exit_code == 2


def test_what_comes_over_a_pipe_needs_a_name(workspace: Workspace) -> None:
    with pytest.raises(PortError, match="has no name"):
        import_patches(workspace, [read_incoming("-", lambda: BODY)], TODAY)


def test_the_small_project_can_be_exported_and_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project: SmallProject = small_project(tmp_path, monkeypatch)
    mailbox = export.render_mailbox(export.read_whole(project.workspace()))
    before = {path: path.read_bytes() for path in (project.root / "patches").rglob("*.patch")}
    (project.root / "series").write_bytes(b"# none\n")
    for path in before:
        path.unlink()
    import_patches(project.workspace(), [Incoming("-", mailbox)], TODAY)
    assert {p: p.read_bytes() for p in (project.root / "patches").rglob("*.patch")} == before
