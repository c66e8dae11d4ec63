"""The authoring verbs on a small project: what they print where, and their exit status."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from authoring import SWAP, make_editor
from command_line import Run, Said
from small_overlay import diff
from small_project import GREET, LEAVE, LOUD, NOVA_TEXT, POLITE, WHO, SmallProject

NEW = "nova/new-thing.patch"
LOCK = "series.lock is out of date; when you are done: freebsd-port series lock --release 2026.2\n"


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_patch_is_made_step_by_step(
    run: Run, project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("apply", "-q")
    assert run("new", NEW) == Said(0, f"new     {NEW}, now the top patch\n", "")
    assert run("top").out == f"{NEW}\n"
    assert run("previous").out == f"{LEAVE}\n"
    monkeypatch.setenv("VISUAL", make_editor(tmp_path / "editor", SWAP.format("good", "fare")))
    said = run("edit", "nova/greet.py")
    assert said.out == f"edit    nova/greet.py in {NEW}\n"
    assert said.err.startswith("... editing nova/greet.py below /")
    assert run("status").out.endswith(
        "  edited    nova/greet.py\n4 of 4 patches applied; not verified: freebsd-port verify\n"
    )
    assert run("files", "-v").out == "  nova/greet.py\n"
    assert run("diff").out == (
        "--- a/nova/greet.py\n+++ b/nova/greet.py\n@@ -20,4 +20,4 @@ def gap3():\n \n \n"
        " def leave():\n-    return 'goodbye'\n+    return 'farebye'\n"
    )
    assert run("refresh") == Said(0, f"refresh {NEW}\n", "")
    assert run("refresh").out == f"refresh {NEW}, unchanged\n"
    assert run("diff", "-z").out == ""
    assert run("annotate", "nova/greet.py").out.splitlines()[-5:] == [
        "3\t    return 'farebye'",
        "",
        f"1\t{GREET}",
        f"2\t{LEAVE}",
        f"3\t{NEW}",
    ]


def test_a_refresh_says_that_the_lock_is_out_of_date(run: Run, project: SmallProject) -> None:
    assert run("series", "lock", "--release", "2026.2", "--offline").status == 0
    run("apply", "-q")
    (project.packages / "nova/greet.py").write_text(POLITE + "# more\n")
    assert run("refresh") == Said(0, f"refresh {LEAVE}\n{LOCK}", "")
    assert run("apply").err.startswith("error: nova/greet.py differs from what series.lock records")
    assert run("series", "lock", "--release", "2026.2", "--offline").status == 0
    assert run("apply").out.startswith("nothing to do")


def test_headers_are_printed_and_changed(
    run: Run, project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("header").err == "error: no patch is applied\n  try:   freebsd-port push\n"
    shown = run("header", "greet-loudly").out
    assert shown.startswith("Subject: greet-loudly\n")
    assert shown.endswith("to tell.\n\n")
    pipe(monkeypatch, b"And more.\n")
    assert run("header", "-a", GREET).out == f"header  {GREET}\n"
    assert run("header", GREET).out == f"{shown}And more.\n"
    assert run("header", "-a", "-r").status == 2


def test_a_patch_is_renamed_and_deleted(run: Run, project: SmallProject) -> None:
    run("apply", "-q")
    assert run("rename", NEW).out == f"rename  {LEAVE} to {NEW}\n"
    assert run("delete", "-r").out == f"delete  {NEW}, popped\n"
    assert not project.patch(NEW).exists()
    assert run("delete", WHO) == Said(
        1,
        "",
        f"error: {WHO} is on, below {GREET}\n"
        "  where: PROJECT/.venvs/2026.2\n"
        f"  try:   freebsd-port pop {WHO}\n",
    )
    assert run("delete", "-n", WHO).status == 2


def test_a_patch_comes_over_the_pipe(
    run: Run, project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("push", "2", "-q")
    data = diff("nova/fresh.py", None, b"fresh\n")
    pipe(monkeypatch, data)
    assert run("fold").out == f"fold    nova/fresh.py into {GREET}\n"
    assert (project.packages / "nova/fresh.py").read_text() == "fresh\n"
    assert run("remove", "nova/fresh.py").out.splitlines()[1:] == [
        f"remove  nova/fresh.py from {GREET}"
    ]
    pipe(monkeypatch, data)
    assert run("import", "-", "-P", NEW).out == f"import  {NEW} from -\n"
    assert run("next").out == f"{NEW}\n"
    pipe(monkeypatch, b"<!doctype html>\n<title>404</title>\n")
    assert run("import", "-", "-P", "nova/x.patch") == Said(
        1,
        "",
        "error: this is a web page, not a patch\n"
        "  try:   download the text of the patch: on GitHub add .patch to the address\n",
    )


def test_exports_go_to_stdout_or_to_a_place(run: Run, project: SmallProject) -> None:
    assert run("export", "diff").out.startswith("--- a/nova/greet.py\n")
    assert run("export", "mailbox", "nova").out.count("\nSubject: [PATCH ") == 2
    place = project.root / "ports"
    assert run("export", "ports", "-o", place).out == (
        "export  PROJECT/ports/nova/files/patch-nova_greet.py\n"
        "export  PROJECT/ports/oslo.privsep/files/patch-oslo__privsep_who.py\n"
    )
    assert run("export", "ports", "-o", place).status == 2
    assert run("export", "quilt").err.startswith("error: quilt needs a directory: -o DIR")
    assert run("export", "diff", GREET).status == 2
    assert run("export", "mailbox", "-o", project.root / "x.mbox").status == 0
    assert (project.root / "x.mbox").read_bytes().startswith(b"From 0000000000")


def test_each_has_a_status_as_quilt_has_it(run: Run, project: SmallProject) -> None:
    assert run("top").status == 2
    assert run("previous").status == 1
    run("apply", "-q")
    assert run("next") == Said(
        2, "", "error: the whole series is applied\n  where: PROJECT/.venvs/2026.2\n"
    )
    assert run("add", "nova/greet.py") == Said(2, "", f"error: nova/greet.py: in {LEAVE} already\n")
    assert run("add", "-P", GREET, "nova/greet.py").status == 1
    assert run("add", "oslo_privsep/who.py") == Said(
        1,
        "",
        f"error: {LEAVE} may not touch oslo_privsep/who.py: it belongs to oslo.privsep\n"
        "  try:   a patch changes only files of the distribution that its directory names\n",
    )


def test_everything_is_said_in_json_too(
    run: Run, project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("push", "2", "-q")
    monkeypatch.setenv("VISUAL", "true")
    (project.packages / "nova/greet.py").write_text(LOUD.replace("return 2", "return 22"))
    told = {
        verb: run(verb, *words, "--json").json
        for verb, *words in (
            ("files",),
            ("diff",),
            ("annotate", "nova/greet.py"),
            ("refresh",),
            ("top",),
            ("next",),
            ("previous",),
            ("header",),
            ("edit", "nova/greet.py"),
            ("new", NEW),
            ("add", "nova/fresh.py"),
            ("remove", "nova/fresh.py"),
            ("rename", "nova/other.patch"),
            ("delete",),
            ("export", "diff"),
            ("export", "ports", "-o", project.root / "ports"),
        )
    }
    assert {verb: one for verb, one in told.items() if one.get("verb") != verb} == {}
    assert told["files"]["files"] == [{"patch": GREET, "path": "nova/greet.py", "mark": ""}]
    assert told["diff"]["files"][0]["diff"].count("+    return 22\n") == 1
    assert told["annotate"]["lines"][-1] == {"patch": None, "line": "    return 'bye'"}
    assert (told["refresh"]["patch"], told["refresh"]["changed"]) == (GREET, True)
    assert [told[verb]["patch"] for verb in ("top", "next", "previous")] == [GREET, LEAVE, WHO]
    assert told["header"]["header"].startswith("Subject: greet-loudly\n")
    assert told["delete"] == {
        "ok": True,
        "verb": "delete",
        "patch": "nova/other.patch",
        "popped": True,
        "removed": [],
    }


def test_the_series_of_an_installed_package_is_not_changed(
    run: Run, project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = replace(project.project, is_packaged=True)
    monkeypatch.setattr(
        "freebsd_port.openstack.store.project.project.find_project", lambda _root: packaged
    )
    said = run("new", NEW)
    assert said.status == 2
    assert said.err.startswith("error: the series was installed with the package")


def test_a_diff_is_bytes_in_a_pipe(project: SmallProject) -> None:
    (project.packages / "nova/greet.py").write_bytes(NOVA_TEXT.encode())
    command = [sys.executable, "-m", "freebsd_port"]
    place = ["--project", str(project.root)]
    subprocess.run([*command, "push", "2", "-q", *place], check=True)
    (project.packages / "nova/greet.py").write_bytes(LOUD.encode() + b"caf\xe9\r\n")
    done = subprocess.run([*command, "diff", *place], capture_output=True, check=True)
    assert done.stdout.endswith(b"+caf\xe9\r\n")
    said = subprocess.run([*command, "diff", *place, "--json"], capture_output=True, check=True)
    assert "caf\\xe9" in json.loads(said.stdout)["files"][0]["diff"]


def test_nothing_in_a_text_is_obeyed_by_a_terminal(
    run: Run, project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("push", "2", "-q")
    evil = b"# \x1b]0;owned\x07 \xe2\x80\xae\n"
    (project.packages / "nova/greet.py").write_bytes(LOUD.encode() + evil)
    pipe(monkeypatch, b"Subject: \x1b[31mred\n\n")
    run("header", "-r")
    for words in (("diff",), ("annotate", "nova/greet.py"), ("header",)):
        assert "\x1b" in run(*words).out
        with monkeypatch.context() as patch:
            terminal = Terminal(io.BytesIO(), encoding="utf-8")
            patch.setattr(sys, "stdout", terminal)
            patch.setenv("NO_COLOR", "1")
            run(*words)
        shown = terminal.buffer.getvalue()  # type: ignore[attr-defined]
        assert shown.count(b"\n") > 1
        assert not {b"\x1b", b"\x07", b"\xe2\x80\xae"} & {bytes([c]) for c in shown}
        assert b"\xe2\x80\xae" not in shown


class Terminal(io.TextIOWrapper):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True
