"""`freebsd-port host`: the group; its verbs are in `freebsd_port.host.cli`."""

from __future__ import annotations

import click

from freebsd_port.cli.lazy import LazyGroup
from freebsd_port.cli.options import Common, output_options, pass_common

VERBS = {
    "init": "Write host.toml, the answers that the other verbs read.",
    "doctor": "Say what this host has and lacks, each with the command that cures it.",
    "config": "Write nova.conf and all that belongs to it, judged by oslo.config.",
    "database": "Make nova's databases and cells, or say what they still need.",
    "services": "Install, remove and show the rc.d scripts of nova's services.",
    "verify": "Hold nova's services, cells and numbers against the host; boot a guest.",
    "console-bridge": "Join the consoles of the guests to their ports and logs.",
}
_EPILOG = """\b
Examples:
  freebsd-port host init && freebsd-port host doctor
  freebsd-port host services install
  freebsd-port host --json console-bridge

\b
Every verb reads its answers from one file, /usr/local/etc/freebsd-port/host.toml
unless it is told another."""


@click.group(
    "host",
    cls=LazyGroup,
    package="freebsd_port.host.cli",
    sections={"Verbs": VERBS},
    epilog=_EPILOG,
    subcommand_metavar="VERB [ARGS]...",
)
@output_options
@pass_common
def command(common: Common) -> None:
    """Take a host from a patched environment to running services."""
