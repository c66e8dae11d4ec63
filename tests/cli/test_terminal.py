"""The command as a process: colours, pipes, interrupts, help and the shell's completion."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_line import Run, Said, every_verb
from own_terminal import COMMAND, on_terminal
from small_project import GREET, LEAVE, NAMES, WHO, SmallProject

from freebsd_port.cli.main import main
from freebsd_port.cli.render import escape, paint
from freebsd_port.cli.views.review_text import wrap_row

EVERY_VERB = every_verb()


def test_a_terminal_gets_colours(project: SmallProject) -> None:
    shown = on_terminal(["apply", "-n", "--project", str(project.root)])
    assert "\x1b[32mwould push   \x1b[0m oslo.privsep/who-am-i.patch\n" in shown
    assert "\x1b[31m\x1b[1merror:\x1b[0m no verb" in on_terminal(["aply"])


def test_a_terminal_gets_the_words_that_differ_highlighted(project: SmallProject) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "series", "patches", "releases"],
                  [*who, "commit", "-q", "-m", "x"]):  # fmt: skip
        subprocess.run(["git", *words], cwd=project.root, check=True)
    text = project.patch(LEAVE).read_text()
    project.patch(LEAVE).write_text(text.replace("'goodbye'", "'good day'"))
    words = ["interdiff", "HEAD", "--project", str(project.root)]
    shown = on_terminal(words)
    assert "\x1b[31m\x1b[7mgoodbye\x1b[0m\x1b[31m'\x1b[0m\n" in shown
    assert "\x1b[32m\x1b[7mgood day\x1b[0m\x1b[32m'\x1b[0m\n" in shown
    assert "\x1b" not in on_terminal(words, NO_COLOR="1")


def test_an_error_shows_what_others_wrote_and_does_nothing_of_it(
    run: Run, project: SmallProject
) -> None:
    evil = "nova/\x1b[2Jevil\u202e.patch"
    (project.root / "series").write_text(f"{WHO}\n{evil}\n", "utf-8")
    said = run("apply")
    assert said.status == 1
    assert "names nova/<^[>[2Jevil<U+202E>.patch, which does not exist" in said.err
    assert not set("\x1b\u202e") & set(said.err)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colours_gets_none(
    project: SmallProject, variables: dict[str, str]
) -> None:
    shown = on_terminal(["apply", "-n", "--project", str(project.root)], **variables)
    assert "would push    oslo.privsep/who-am-i.patch\n" in shown
    assert "\x1b" not in shown


def test_a_pipe_gets_no_colours(project: SmallProject) -> None:
    for words in (["apply", "-n", "-v"], ["status"], ["releases", "-v"], ["pop"]):
        done = subprocess.run(
            [*COMMAND, *words, "--project", str(project.root)], capture_output=True, check=False
        )
        assert done.stdout + done.stderr != b""
        assert b"\x1b" not in done.stdout + done.stderr


def test_progress_goes_to_stderr_and_quiet_is_without(run: Run) -> None:
    said = run("series", "lock", "--offline", "--json")
    assert said.json["ok"] is True
    assert said.err == "... planning the series on the wheels of 2026.2\n"
    assert run("check", "--offline", "-q").err == ""


@pytest.mark.parametrize("words", [["series"], ["pop", "--json"]])
def test_a_reader_that_left_is_no_traceback(project: SmallProject, words: list[str]) -> None:
    process = subprocess.Popen(
        [*COMMAND, *words, "--project", str(project.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


@pytest.mark.parametrize("words", [["pop"], ["status"], ["status", "--json"], ["diff"]])
def test_closed_streams_change_nothing_of_what_is_done(
    run: Run, project: SmallProject, words: list[str]
) -> None:
    run("apply", "-q")
    command = [*COMMAND, *words, "--project", str(project.root)]
    shut = ["sh", "-c", 'exec "$@" <&- >&-', "sh", *command]
    done = subprocess.run(shut, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert run("status").out.count("  unapplied ") == (words == ["pop"])


def test_a_header_from_a_closed_stream_is_empty(run: Run, project: SmallProject) -> None:
    run("apply", "-q")
    before = project.patch(LEAVE).read_bytes()
    command = [*COMMAND, "header", "-a", "--project", str(project.root)]
    shut = ["sh", "-c", 'exec "$@" <&-', "sh", *command]
    done = subprocess.run(shut, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert project.patch(LEAVE).read_bytes() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["pop"], ["status", "--json"], ["diff"]])
def test_output_that_finds_no_room_is_an_error(
    run: Run, project: SmallProject, words: list[str], unbuffered: str
) -> None:
    run("apply", "-q")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, *words, "--project", str(project.root)],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert done.returncode == 1
    work = ", but the command did its work: now 2 patches applied, up to nova/greet-loudly.patch"
    told = f"{work}, 2 files written" if words == ["pop"] else ""
    assert done.stderr.decode() == (
        f"error: cannot write: no space left on device{told}\n  where: standard output\n"
    )


def test_an_interrupt_while_the_command_line_loads_is_no_traceback(tmp_path: Path) -> None:
    """A stand-in for the command line is interrupted in the middle of its import."""
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    done = subprocess.run(
        [sys.executable, "-m", "freebsd_port", "series"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")


@pytest.mark.parametrize(
    ("owner", "function", "name"),
    [(Path, "read_bytes", "releases/2026.2/release.toml"), (os, "listdir", "patches/nova")],
)
def test_what_this_user_may_not_read_is_named(
    run: Run,
    project: SmallProject,
    owner: object,
    function: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = getattr(owner, function)

    def refuse(path: Path) -> object:  # root is refused nothing, so the system cannot do it here
        if path == project.root / name:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    monkeypatch.setattr(owner, function, refuse)
    told = "permission denied"
    assert run("status") == Said(1, "", f"error: {told}\n  where: PROJECT/{name}\n")
    said = run("status", "--json")
    assert said.status == 1
    assert [one["what"] for one in said.json["problems"]] == [told]


def test_an_interrupt_exits_with_130(project: SmallProject) -> None:
    fifo = project.root / "held"
    os.mkfifo(fifo)
    words = ["apply", "--tree", str(project.packages), "--series", str(fifo)]
    process = subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, text=True)
    writer = os.open(fifo, os.O_WRONLY)  # returns once the command reads its series
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate()
    os.close(writer)
    assert (process.returncode, shown.strip()) == (130, "interrupted")


def test_a_wrong_verb_is_told_the_right_one(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["statsu"])
    assert capfd.readouterr().err == (
        "error: no verb 'statsu', did you mean status?\n  try:   freebsd-port --help\n"
    )
    with pytest.raises(SystemExit, match="2"):
        main(["xyzzy"])
    assert "did you mean" not in capfd.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["host", "console-brigde"])
    assert capfd.readouterr().err == (
        "error: no verb 'console-brigde', did you mean console-bridge?\n"
        "  try:   freebsd-port host --help\n"
    )


def test_no_verb_shows_the_help_and_exits_with_2(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert (
        "Exit status: 0 done, 1 failed, 2 usage, 3 hand work needed, 4 rebased"
        in capfd.readouterr().err
    )


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_the_help_of_every_verb_has_examples(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([*verb.split(), "--help"])
    shown = capfd.readouterr().out
    assert f"Usage: freebsd-port {verb} " in shown
    examples = re.findall(rf"^ +freebsd-port {verb}\b.*", shown.partition("Examples:")[2], re.M)
    assert examples
    named = {"rebase": "--to", "host": "--json", "releases add": "--pin"}  # not by an option
    release = named.get(verb, named.get(verb.split()[0], "--release"))
    for option in (release, "--json", "--quiet", "--verbose", "--project"):
        assert option in shown


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_the_examples_use_options_that_are_there(
    verb: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*verb.split(), "--help"])
    shown = capfd.readouterr().out
    options = set(re.findall(r"--?\w[\w-]*", shown.partition("Examples:")[0]))
    examples = re.sub(r" \| (?!freebsd-port).*", "", shown.partition("Examples:")[2])
    used = set(re.findall(r" (--?\w[\w-]*)", examples))
    assert used <= options


def test_the_version_is_the_packages() -> None:
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"freebsd-port \d+\.\d+\S*\n", done.stdout)


def completions(*words: str, cwd: Path | None = None) -> list[str]:
    """What bash would be offered for the last word; anything said beside it fails the test."""
    env = {
        **os.environ,
        "_FREEBSD_PORT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("freebsd-port", *words)),
        "COMP_CWORD": str(len(words)),
    }
    program = str(Path(sys.executable).parent / "freebsd-port")
    done = subprocess.run([program], env=env, cwd=cwd, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_bash_completes_verbs_and_options() -> None:
    assert completions("p") == ["push", "pop", "previous"]
    assert {verb for verb in every_verb() if " " not in verb} <= set(completions(""))
    assert "doctor" in completions("host", "")
    assert completions("host", "console-bridge", "--st") == ["--status"]
    assert completions("push", "--f") == ["--force", "--fuzz"]
    assert completions("verify", "--platform", "l") == ["linux"]


def test_bash_completes_releases_and_patches_of_the_project_named(project: SmallProject) -> None:
    here = ("--project", str(project.root))
    assert completions("status", *here, "--release", "20") == ["2026.2"]
    assert completions("push", *here, "") == list(NAMES)
    assert completions("pop", *here, "nova") == [GREET, LEAVE]
    assert completions("pop", *here, "who") == [WHO]
    assert completions("push", "--series", str(project.root / "series"), "l") == [LEAVE]


@pytest.mark.parametrize("has_environment", [True, False])
def test_bash_completes_the_files_of_the_packages(
    project: SmallProject, has_environment: bool
) -> None:
    here = ("--project", str(project.root))
    if not has_environment:
        shutil.rmtree(project.packages)
    assert completions("edit", *here, "nova/gr") == ["nova/greet.py"]
    assert completions("annotate", *here, "oslo_privsep/w") == ["oslo_privsep/who.py"]
    assert completions("diff", *here, "-P", WHO, "nova/g") == ["nova/greet.py"]
    assert completions("add", *here, "nova-1.0") == []
    assert not (project.root / ".venvs/2026.2").exists() or has_environment


def test_bash_completes_the_files_of_a_tree(tmp_path: Path) -> None:
    for name in ("src/one.c", "src/deep/two.c", "other.c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    tree = ("--tree", str(tmp_path), "--patches", str(tmp_path))
    assert completions("add", *tree, "src/") == ["src/deep/two.c", "src/one.c"]
    assert completions("remove", *tree, "o") == ["other.c"]


def test_bash_completes_the_verbs_below_a_verb(project: SmallProject) -> None:
    here = ("--project", str(project.root))
    assert completions("series", "") == ["lock", "check-order"]
    assert completions("releases", "m") == ["matrix"]
    assert completions("review", *here, "s") == ["site", "serve"]
    assert completions("review", *here, WHO, "s") == []
    assert completions("verify", *here, "") == ["upstream", "gerrit", "profile", *NAMES]
    assert completions("verify", "upstream", "oslo.p") == ["oslo.privsep"]


@pytest.mark.parametrize("words", [("push", "n"), ("status", "--release", "2"), ("nope", "x")])
def test_completion_is_silent_where_there_is_nothing_to_offer(
    words: tuple[str, ...], project: SmallProject
) -> None:
    (project.root / "series").write_text("one.patch\none.patch\n")
    elsewhere = ("--project", str(project.root / "files"))
    assert completions(words[0], *elsewhere, *words[1:], cwd=project.root) == []


def test_completion_is_silent_over_a_broken_series(project: SmallProject) -> None:
    (project.root / "series").write_text("one.patch\none.patch\n")
    assert completions("push", "--project", str(project.root), "o") == []


def test_a_painted_row_keeps_its_colours_where_it_is_broken() -> None:
    rows = wrap_row(f"one {paint('two three', 'good')} four", 9)
    shown = [escape(row) for row in rows]
    assert [click.unstyle(row).rstrip() for row in shown] == ["one two", "    three", "    four"]
    assert all("^[" not in row for row in shown)
    assert shown[0].endswith("\x1b[0m")
    assert shown[1].startswith("    \x1b[32mthree")
