"""Every command of ours in docs/operate.md is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from freebsd_port.cli.main import cli

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


def test_the_commands_are_found() -> None:
    assert len(COMMANDS) >= 10
    assert {"host init", "host config", "host database --run"} <= set(IN_TABLE)


@pytest.mark.parametrize("line", sorted({*COMMANDS, *IN_TABLE}))
def test_a_command_of_the_guide_is_one(line: str) -> None:
    context = parse(shlex.split(line))
    assert context.info_name == [word for word in shlex.split(line) if word[0] != "-"][-1]


@pytest.mark.parametrize("line", ["host databases", "host database --rum", "host config x"])
def test_what_is_none_is_told(line: str) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        parse(shlex.split(line))
