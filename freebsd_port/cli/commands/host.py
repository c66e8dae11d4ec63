"""Set up a compute host, from the patched environment to running services."""

from __future__ import annotations

import click

from freebsd_port.cli.lazy import LazyGroup
from freebsd_port.cli.options import Common, output_options, pass_common

SECTION = "Run"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port host init && freebsd-port host doctor
  freebsd-port host services install
  freebsd-port host --json console-bridge"""


@click.group(
    "host",
    cls=LazyGroup,
    package="freebsd_port.host.cli",
    epilog=_EPILOG,
    subcommand_metavar="VERB [ARGS]...",
)
@output_options
@pass_common
def command(common: Common) -> None:
    """Every verb reads its answers from /usr/local/etc/freebsd-port/host.toml.

    --answers names another file. The verbs are in the order in which you need them.
    """
