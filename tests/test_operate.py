"""Every command of ours in docs/operate.md is one that the command line takes.

Those of its steps are followed in tests/test_demo.py; the others that need no FreeBSD run here.
"""

from __future__ import annotations

import re
import shlex
from itertools import takewhile
from pathlib import Path

import click
import pytest
from services.guide import read_commands

from freebsd_port.cli.main import cli, main

TEXT = (Path(__file__).parents[1] / "docs/operate.md").read_text("utf-8")
BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL))
COMMANDS = re.findall(r"^ *freebsd-port (.+)$", BLOCKS, re.MULTILINE)
IN_TABLE = re.findall(r"`(host [a-z-]+(?: --?[a-z-]+| install| status)*)`", TEXT)


def parse(words: list[str]) -> click.Context:
    """Take the words apart as the command line does, down to the last verb; runs nothing."""
    command: click.Command = cli
    context = click.Context(cli, info_name="freebsd-port")
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, words
        context = found.make_context(words[0], words[1:], parent=context)
        command, words = found, [*context._protected_args, *context.args]
    return context


def test_a_command_outside_of_the_steps_runs_or_needs_a_freebsd_host(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = [one for one in COMMANDS if f"freebsd-port {one}" not in read_commands()]
    assert elsewhere == ["host database --print"]
    (tmp_path / "host.toml").write_text("")
    words = [*shlex.split(elsewhere[0]), "--answers", str(tmp_path / "host.toml")]
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capfd.readouterr()
    assert (ended.value.code, said.err) == (0, "")
    assert said.out.startswith("CREATE DATABASE IF NOT EXISTS `nova_api`")


def test_the_commands_are_found() -> None:
    assert len(COMMANDS) >= 10
    assert {"host init", "host config", "host database --run"} <= set(IN_TABLE)


@pytest.mark.parametrize("line", sorted({*COMMANDS, *IN_TABLE}))
def test_a_command_of_the_guide_is_one(line: str) -> None:
    verbs = list(takewhile(lambda word: word[0] != "-", shlex.split(line)))
    assert parse(shlex.split(line)).info_name == verbs[-1]


@pytest.mark.parametrize("line", ["host databases", "host database --rum", "host config x"])
def test_what_is_none_is_told(line: str) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        parse(shlex.split(line))
