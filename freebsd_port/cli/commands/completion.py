"""Print the completion script for a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from freebsd_port.cli.options import Common, common_options, pass_common

SECTION = "Shell"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port completion bash > ~/.local/share/bash-completion/completions/freebsd-port
  freebsd-port completion fish > ~/.config/fish/completions/freebsd-port.fish"""


@click.command("completion", epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options
@pass_common
def command(common: Common, shell: str) -> None:
    """Install the script where your shell looks for completions, or source it."""
    from freebsd_port.cli.main import cli
    from freebsd_port.cli.render import print_json

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    source = kind(cli, {}, "freebsd-port", "_FREEBSD_PORT_COMPLETE").source()
    if common.as_json:
        print_json({"ok": True, "verb": "completion", "shell": shell, "script": source})
    else:
        click.echo(source)
