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
  freebsd-port host init --virt-type qemu

\b
Exit status: 0 the file exists now, 1 it cannot be written, 2 it has other answers."""


@click.command(epilog=_EPILOG)
@click.option(
    "--virt-type",
    type=click.Choice(["bhyve", "qemu"]),
    default="bhyve",
    help="What is to run the guests; by default bhyve.",
)
@root_option
@answers_option
@output_options
@pass_common
def command(common: Common, virt_type: str, root: Path, answers_path: Path) -> None:
    """The file has every key, with the values that it takes and a default for a single machine.

    An existing file is never overwritten.
    """
    from freebsd_port.host.ops.answers import DEFAULT_PATH, init_answers
    from freebsd_port.host.store.files import below

    is_new = init_answers(answers_path, virt_type)
    if common.as_json:
        print_json({"ok": True, "verb": "host init", "answers": str(answers_path), "new": is_new})
    elif common.verbosity >= 0:
        say(
            f"wrote {answers_path}"
            if is_new
            else f"nothing to do: {answers_path} has the defaults already"
        )
        words = "" if root == Path("/") else f" --root {shlex.quote(str(root))}"
        if answers_path != below(root, DEFAULT_PATH):
            words += f" --answers {shlex.quote(str(answers_path))}"
        say(f"next: freebsd-port host doctor{words}")
