"""Take a host from a patched environment to running services."""

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
  freebsd-port host --json console-bridge

\b
Every verb reads its answers from one file, /usr/local/etc/freebsd-port/host.toml
unless it is told another."""


@click.group(
    "host",
    cls=LazyGroup,
    package="freebsd_port.host.cli",
    sections=("Verbs",),
    epilog=_EPILOG,
    subcommand_metavar="VERB [ARGS]...",
)
@output_options
@pass_common
def command(common: Common) -> None:
    """Take a host from a patched environment to running services."""
