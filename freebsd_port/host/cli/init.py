"""Write host.toml, the answers that the other verbs read."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from freebsd_port.cli.options import Common, output_options, pass_common
from freebsd_port.cli.render import print_json, say
from freebsd_port.host.cli.options import answers_option, root_option

SECTION = "Verbs"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port host init
  freebsd-port host init --answers ./host.toml && vi host.toml
  freebsd-port host init --root stage

\b
Exit status: 0 it is there, 1 it cannot be written, 2 other answers are there."""


@click.command(epilog=_EPILOG)
@root_option
@answers_option
@output_options
@pass_common
def command(common: Common, root: Path, answers_path: Path) -> None:
    """Write a host.toml with every key, what it takes, and a default for one machine.

    A file that is there is never written over.
    """
    from freebsd_port.host.ops.answers import DEFAULT_PATH, init_answers
    from freebsd_port.host.store.files import below

    is_new = init_answers(answers_path)
    if common.as_json:
        print_json({"ok": True, "verb": "host init", "answers": str(answers_path), "new": is_new})
    elif common.verbosity >= 0:
        say(
            f"wrote {answers_path}"
            if is_new
            else f"nothing to do: {answers_path} has every default"
        )
        words = "" if root == Path("/") else f" --root {shlex.quote(str(root))}"
        if answers_path != below(root, DEFAULT_PATH):
            words += f" --answers {shlex.quote(str(answers_path))}"
        say(f"next: freebsd-port host doctor{words}")
