"""`freebsd-port host`: the group; its verbs are in `freebsd_port.host.cli`."""

from __future__ import annotations

import click

from freebsd_port.cli.lazy import LazyGroup
from freebsd_port.cli.options import Common, output_options, pass_common
from freebsd_port.cli.verbs import VERBS_BELOW

_EPILOG = """\b
Examples:
  freebsd-port host init && freebsd-port host doctor
  freebsd-port host services install
  freebsd-port host --json console-bridge"""


@click.group(
    "host",
    cls=LazyGroup,
    package="freebsd_port.host.cli",
    sections={"Verbs": VERBS_BELOW["host"]},
    epilog=_EPILOG,
    subcommand_metavar="VERB [ARGS]...",
)
@output_options
@pass_common
def command(common: Common) -> None:
    """Every verb reads its answers from /usr/local/etc/freebsd-port/host.toml.

    --answers names another file. The verbs are in the order in which you need them.
    """
