"""Check that every prefix of the series applies, compiles and imports."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    environment_options,
    offline_option,
    pass_common,
    variant_option,
)
from freebsd_port.openstack.core.release.platform import PLATFORMS

SECTION = "Verbs"
PLACE = 2


_EPILOG = """\b
Examples:
  freebsd-port series check-order
  freebsd-port series check-order --no-import --offline
  freebsd-port series check-order --platform linux --platform freebsd-14.5

\b
Exit status: 0 done, 1 failed, or a prefix is not proved, 2 usage."""


@click.command("check-order", epilog=_EPILOG)
@click.option("--no-import", is_flag=True, help="Do not import the modules.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    type=click.Choice(PLATFORMS),
    metavar="PLATFORM",
    help=f"Import on this one of {', '.join(PLATFORMS)}; by default the newest FreeBSD.",
)
@environment_options
@variant_option
@offline_option
@common_options
@pass_common
def command(common: Common, no_import: bool, platforms: tuple[str, ...], offline: bool) -> None:
    """Report every prefix that fails; nothing is written.

    Each prefix is applied to the pinned wheels in memory. Then every module that it changed is
    imported in a new process of the environment, whatever is applied there.
    """
    from freebsd_port.cli.views.check_order import check_and_show

    if no_import and platforms:
        raise click.UsageError("--no-import and --platform exclude each other")
    check_and_show(common, platforms, is_imported=not no_import, is_offline=offline)
