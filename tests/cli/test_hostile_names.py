"""Names from elsewhere that a terminal would obey: every verb shows them instead."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import every_verb
from small_project import CHECKOUT, GREET, LEAVE, WHO, SmallProject

from freebsd_port.cli.complete import complete_patch
from freebsd_port.cli.main import main

EVIL = "\x1b]0;owned\x07\x1b[2J\u202e\u2066\x9b"
SHOWN = "<^[>]0;owned<^G><^[>[2J<U+202E><U+2066><U+009B>"
PATCH = f"nova/evil{EVIL}.patch"
FILE = f"nova/evil{EVIL}\n.py"
OTHER = f"nova/other{EVIL}.py"
SUBJECT = f"Subject: {EVIL}\nFrom: {EVIL} <evil{EVIL}@example.com>\nOrigin: {EVIL}\n\n{EVIL}\n\n"
DIFF = f'--- /dev/null\n+++ "b/{FILE}"\n@@ -0,0 +1 @@\n+x = 1  # {EVIL}\n'.replace(
    "\n.py", "\\n.py"
)
MAIL = f"From: {EVIL} <a@b.c>\nDate: {EVIL}\nSubject: [PATCH] {EVIL}\n\n{EVIL}\n---\n{DIFF}"

NOT_RUN = {
    "venv": "makes an environment from a lock, and knows no patch",
    "extras": "knows no patch",
    "verify": "runs the checks in another process; what it shows of them is tested with it",
    "verify upstream": "as verify",
    "verify gerrit": "as verify",
    "verify profile": "knows no patch",
    "review serve": "does not end; its pages have tests of their own",
    "series lock": "refuses such a name, as series does",
    "lock": "knows no patch",
    "releases outdated": "knows no patch",
    "releases add": "knows no patch",
    "releases matrix": "prints JSON only",
    "completion": "prints a script of ours",
}
"""Verbs that are not run here, and why."""

SESSION: Sequence[tuple[str, ...]] = (
    ("series",),
    ("series", "-v"),
    ("status", "-v"),
    ("check", "--offline"),
    ("apply", "-n", "-v"),
    ("push", PATCH, "-v"),
    ("status", "-v"),
    ("status", "--all", "--offline"),
    ("series", "check-order", "--offline", "--no-import", "-v"),
    ("top",),
    ("next",),
    ("previous",),
    ("files", "-v", "-a", "-l"),
    ("diff",),
    ("header",),
    ("annotate", FILE),
    ("graph", "--offline", "-v"),
    ("graph", PATCH, "--offline"),
    ("interdiff", "HEAD", "-v"),
    ("interdiff", EVIL),
    ("review", "--offline"),
    ("review", PATCH, "--offline"),
    ("review", "site", f"site{EVIL}", "--offline"),
    ("rebase", "--to", EVIL),
    ("rebase", "--status"),
    ("releases", "-v"),
    ("export", "mailbox"),
    ("export", "mailbox", PATCH),
    ("export", "ports", "-o", f"ports{EVIL}"),
    ("export", "quilt", "-o", f"quilt{EVIL}"),
    ("export", "diff"),
    ("edit", OTHER),
    ("add", OTHER),
    ("refresh",),
    ("refresh", "--backup", PATCH),
    ("remove", OTHER),
    ("new", f"nova/new{EVIL}.patch"),
    ("new", "nova/fresh.patch"),
    ("add", FILE),
    ("refresh",),
    ("fold",),
    ("rename", f"nova/renamed{EVIL}.patch"),
    ("rename", "nova/renamed.patch"),
    ("pop", "-v"),
    ("pop", "-a", "-v"),
    ("delete", f"nova/renamed{EVIL}.patch"),
    ("delete", EVIL),
    ("import", "-"),
    ("import", f"no{EVIL}.patch"),
    ("push", EVIL),
    ("apply", "-v"),
    (f"no-verb{EVIL}",),
    ("files", EVIL),
    ("export", EVIL),
)


class Terminal(io.TextIOWrapper):
    """A stream that says that it is a terminal."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined]


def shown(monkeypatch: pytest.MonkeyPatch, project: SmallProject, words: Sequence[str]) -> str:
    """What a terminal gets, without our own colours."""
    out, err = Terminal(), Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MAIL.encode())))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as left:
            main([words[0], "--project", str(project.root), *words[1:]])
    assert left.value.code in (0, 1, 2, 3)
    return re.sub(r"\x1b\[(?:[0-9]+;?)*m", "", out.text() + err.text())


@pytest.fixture
def hostile(project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    project.patch(PATCH).write_text(SUBJECT + DIFF)
    (project.root / "series").write_text(f"{WHO}\n{GREET}\n{LEAVE}\n{PATCH}\n")
    (project.packages / OTHER).write_bytes(b"y = 1\n")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (
        ["init", "-q"],
        ["add", "series", "patches", "releases"],
        [*who, "commit", "-q", "-m", EVIL],
        ["checkout", "-q", "-b", "evil\u202e"],
    ):
        subprocess.run(["git", *words], cwd=project.root, check=True)
    project.patch(PATCH).write_text(SUBJECT + DIFF.replace("x = 1", "x = 2"))
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setenv("PAGER", "cat")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)
    return project


def test_no_verb_lets_a_terminal_obey_a_name(
    hostile: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling = set()
    for words in SESSION:
        text = shown(monkeypatch, hostile, words)
        left = sorted({one for one in text if not one.isprintable() and one not in "\n\t"})
        assert left == [], (words, text)
        if SHOWN in text:
            telling.add(words[0])
    assert len(telling) >= 20, telling


def test_every_verb_is_run_with_hostile_names_or_has_a_reason_not_to_be() -> None:
    run = {" ".join(words[:2]) for words in SESSION} | {words[0] for words in SESSION}
    verbs = {verb for verb in every_verb() if not verb.startswith("host")}
    assert verbs - run - set(NOT_RUN) == set()


def test_a_name_that_imitates_our_colours_gets_none(
    hostile: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "nova/\x1b[32mgreen\x1b[0m.patch"
    (hostile.root / "series").write_text(f"{name}\n")
    hostile.patch(name).write_text(DIFF)
    assert "nova/<^[>[32mgreen<^[>[0m.patch" in shown(monkeypatch, hostile, ("series",))


def test_a_shell_is_not_offered_a_name_that_it_would_print(
    hostile: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    import click

    monkeypatch.chdir(hostile.root)
    context = click.Context(click.Command("push"))
    offered = complete_patch(context, click.Argument(["patch"]), "nova/")
    assert GREET in offered
    assert PATCH not in offered


ALLOWED = {
    ("cli/render.py", "echo"): 2,  # say, which escapes, and JSON, which is ASCII
    ("cli/main.py", "echo"): 2,  # the version, and "interrupted"
    ("cli/views/authoring.py", "echo"): 1,  # bytes into a pipe
    ("cli/views/review_text.py", "echo_via_pager"): 1,  # rows that are escaped
    ("cli/commands/completion.py", "echo"): 1,
    ("cli/commands/graph.py", "echo"): 1,  # a drawing, whose texts are escaped
    ("cli/commands/releases_matrix.py", "echo"): 1,  # JSON
    ("host/cli/console_bridge.py", "echo"): 1,  # JSON
}


def test_nothing_but_say_writes_to_the_terminal() -> None:
    found: dict[tuple[str, str], int] = {}
    package = CHECKOUT / "freebsd_port"
    for path in sorted([*package.glob("cli/**/*.py"), *package.glob("host/cli/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in ("echo", "secho", "echo_via_pager", "print", "write", "writelines"):
                key = (path.relative_to(package).as_posix(), name)
                found[key] = found.get(key, 0) + 1
    assert found == ALLOWED
