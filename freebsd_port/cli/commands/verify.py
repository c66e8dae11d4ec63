"""Run the checks in the patched environment, and name the hunks that none ran."""

from __future__ import annotations

from pathlib import Path

import click

from freebsd_port.cli.lazy import OwnArgument, VerbGroup, or_verb
from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_patch,
    environment_options,
    pass_common,
    variant_option,
)
from freebsd_port.openstack.core.release.platform import PLATFORMS

SECTION = "Verify"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port verify
  freebsd-port verify nova/console-log.patch --platform freebsd-14.5
  freebsd-port verify --venv /usr/local/nova --junit verify.xml
  freebsd-port verify upstream fast"""


@click.group(
    "verify",
    cls=VerbGroup,
    package="freebsd_port.cli.commands",
    prefix="verify_",
    epilog=_EPILOG,
    invoke_without_command=True,
)
@click.argument(
    "patches",
    cls=OwnArgument,
    nargs=-1,
    metavar="[PATCH]...",
    shell_complete=or_verb(complete_patch),
)
@environment_options
@variant_option
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    type=click.Choice(PLATFORMS),
    metavar="PLATFORM",
    help=f"Run on this one of {', '.join(PLATFORMS)}; by default native on FreeBSD, else the "
    "recorded ones and Linux.",
)
@click.option("--if-changed", is_flag=True, help="Do nothing if this state is verified already.")
@click.option("--every-line", is_flag=True, help="Also fail for an added line that no check ran.")
@click.option(
    "--long",
    "with_long",
    is_flag=True,
    help="Also run the checks that take minutes, and on the profiles made from headers.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a JUnit report.",
)
@common_options
@pass_common
def command(
    common: Common,
    patches: tuple[str, ...],
    platforms: tuple[str, ...],
    if_changed: bool,
    every_line: bool,
    with_long: bool,
    junit: Path | None,
) -> None:
    """Run all checks of the applied patches, or only those of each PATCH.

    On FreeBSD the checks run natively. On Linux the platform is emulated from recorded data, and
    each run says so.
    """
    from freebsd_port.cli.views.verify import verify_and_show

    if if_changed and (patches or junit or with_long):
        raise click.UsageError("--if-changed excludes PATCH, --junit and --long")
    verify_and_show(
        common,
        common.workspace(),
        platforms=platforms,
        patches=patches,
        again=not if_changed,
        every_line=every_line,
        with_long=with_long,
        junit=junit,
    )
