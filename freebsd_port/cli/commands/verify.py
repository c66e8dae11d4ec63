"""Run the checks inside the patched environment, hunk by hunk."""

from __future__ import annotations

import click

from freebsd_port.cli.complete import complete_suite
from freebsd_port.cli.options import (
    Common,
    common_options,
    pass_common,
    variant_option,
    venv_option,
)
from freebsd_port.errors import UsageError
from freebsd_port.openstack.core.release.platform import EMULATED, LINUX, NATIVE

SECTION = "Prove"
PLACE = 1

_EPILOG = """\b
Examples:
  freebsd-port verify
  freebsd-port verify -v --platform freebsd-14.5
  freebsd-port verify --venv /usr/local/nova --json
  freebsd-port verify --upstream fast
  freebsd-port verify --upstream nova.virt.libvirt oslo.messaging"""


@click.command("verify", epilog=_EPILOG)
@click.argument("suites", nargs=-1, metavar="[SUITE]...", shell_complete=complete_suite)
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
@click.option("--every-line", is_flag=True, help="Fail also for an added line that no check ran.")
@click.option(
    "--upstream",
    is_flag=True,
    help="Instead: run upstream's own tests before and after; all SUITEs, those named, or the "
    "groups fast and long. Linux only.",
)
@click.option("--again", is_flag=True, help="With --upstream: run what is known of the wheels too.")
@common_options
@pass_common
def command(
    common: Common,
    suites: tuple[str, ...],
    platforms: tuple[str, ...],
    if_changed: bool,
    every_line: bool,
    upstream: bool,
    again: bool,
) -> None:
    """Run the checks inside the patched environment, and name the lines that none ran.

    On Linux the platform is emulated from recorded data, on FreeBSD everything runs natively;
    each run says which. With --upstream no test that passed on the unpatched packages may fail on
    the patched ones.
    """
    if upstream and (platforms or if_changed or every_line):
        raise UsageError("--upstream takes no option of the checks")
    if upstream:
        from freebsd_port.cli.views.upstream import compare_and_show

        compare_and_show(common, suites, again=again)
        return
    if suites or again:
        raise UsageError(
            "suites, and --again, are upstream's", hint="freebsd-port verify --upstream SUITE"
        )
    from freebsd_port.cli.views.verify import verify_and_show

    again = every_line or not if_changed
    verify_and_show(
        common, common.workspace(), platforms=platforms, again=again, every_line=every_line
    )
