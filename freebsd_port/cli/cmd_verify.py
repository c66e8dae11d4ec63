"""`freebsd-port verify`."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    pass_common,
    variant_option,
    venv_option,
)
from freebsd_port.core.platform import EMULATED, LINUX, NATIVE

_EPILOG = """\b
Examples:
  freebsd-port verify
  freebsd-port verify -v --platform freebsd-14.5
  freebsd-port verify --venv /usr/local/nova --json"""


@click.command("verify", epilog=_EPILOG)
@venv_option
@variant_option
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    type=click.Choice([*EMULATED, LINUX, NATIVE]),
    help="Where to run; may be repeated. On FreeBSD: native, else every profile and linux.",
)
@click.option("--if-changed", is_flag=True, help="Do nothing when this very state was verified.")
@common_options
@pass_common
def command(common: Common, platforms: tuple[str, ...], if_changed: bool) -> None:
    """Run the checks inside the patched environment, and name the hunks that none ran.

    On Linux the platform is emulated from recorded data, on FreeBSD everything runs natively;
    each run says which.
    """
    from freebsd_port.cli.verification import verify_and_show

    verify_and_show(common, common.workspace(), platforms=platforms, again=not if_changed)
