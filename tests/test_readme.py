"""What the README shows is what happens."""

import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from proof import VARIABLE, copy_distributions, require_environment
from transcript import Transcript, matches, read_transcripts, replay

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
TRANSCRIPTS = read_transcripts(README)


def environment_variables() -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "RELEASE"))}
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])
    env["NO_COLOR"] = "1"
    return env


def of_kind(kind: str) -> list[object]:
    return [pytest.param(t, id=f"line-{t.line}") for t in TRANSCRIPTS if t.kind == kind]


def hold(transcript: Transcript, cwd: Path, *, append: str = "", **env: str) -> None:
    """Replay, with options that the reader does not need appended to our own command."""
    commands = [
        re.sub(r"^(freebsd-port (?!rebase)\w+)", rf"\1{append}", step.command)
        for step in transcript.steps
    ]
    outputs = replay(commands, cwd, environment_variables() | env)
    assert len(outputs) == len(commands)
    for step, output in zip(transcript.steps, outputs, strict=True):
        assert matches(step.output, output), (
            f"README.md:{transcript.line}: $ {step.command}\nshows:\n{step.output}\n"
            f"prints:\n{output}"
        )


@pytest.mark.parametrize("transcript", of_kind("tree"))
def test_a_transcript_on_a_tree_is_what_happens(transcript: Transcript, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests/data/readme", tmp_path / "work")
    hold(transcript, tmp_path / "work")


@pytest.mark.parametrize("transcript", of_kind("project"))
def test_a_transcript_on_the_project_is_what_happens(transcript: Transcript) -> None:
    hold(transcript, ROOT)


@pytest.mark.parametrize("transcript", of_kind("environment"))
def test_a_transcript_on_the_environment_is_what_happens(transcript: Transcript) -> None:
    project, release, environment = require_environment()
    assert release.name == project.default_release(), "the README shows the default release"
    venv = str(environment.root)
    takes_venv = any("status" in step.command for step in transcript.steps)
    append = f" --venv {shlex.quote(venv)}" if takes_venv else ""
    if takes_venv:
        state = replay([f"freebsd-port status --json{append}"], ROOT, environment_variables())
        assert json.loads(state[0])["verified"], "verify the environment first, as make test does"
    hold(transcript, ROOT, append=append, VENV=os.environ[VARIABLE], RELEASE=release.name)


@pytest.mark.parametrize("transcript", of_kind("packages"))
def test_a_transcript_that_writes_is_what_happens_to_a_copy(
    transcript: Transcript, tmp_path: Path
) -> None:
    _, release, environment = require_environment()
    copy_distributions(environment, release, tmp_path)
    hold(transcript, ROOT, append=f" --venv {shlex.quote(str(tmp_path))}")


@pytest.mark.parametrize("transcript", of_kind("fresh"))
def test_a_transcript_on_a_fresh_environment_is_what_happens(
    transcript: Transcript, tmp_path: Path
) -> None:
    _, release, environment = require_environment()
    copy_distributions(environment, release, tmp_path)
    append = f" --venv {shlex.quote(str(tmp_path))}"
    replay([f"freebsd-port pop -a{append}"], ROOT, environment_variables())
    hold(transcript, ROOT, append=append)


def test_every_transcript_says_where_it_runs_and_types_something() -> None:
    assert TRANSCRIPTS
    for transcript in TRANSCRIPTS:
        assert transcript.kind in ("tree", "project", "environment", "packages", "fresh"), (
            transcript.line
        )
        assert transcript.steps, transcript.line


@pytest.mark.parametrize(
    ("expected", "output", "is_match"),
    [
        ("one\n", "one\n", True),
        ("one\n", "one\ntwo\n", False),
        ("one\n...\n", "one\n", True),
        ("one\n...\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n...\n", "two\n", False),
        ("a … c\n", "a bb c\n", True),
        ("a … c\n", "a b\nc\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_a_line_of_dots_stands_for_any_lines_and_an_ellipsis_for_text_in_a_line(
    expected: str, output: str, is_match: bool
) -> None:
    assert matches(expected, output) is is_match
