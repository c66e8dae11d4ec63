"""Run upstream's own tests on the unpatched and the patched packages."""

from __future__ import annotations

import click

from freebsd_port.cli.complete import complete_suite
from freebsd_port.cli.options import (
    Common,
    common_options,
    environment_options,
    pass_common,
    variant_option,
)

SECTION = "Verbs"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port verify upstream fast
  freebsd-port verify upstream nova.virt.libvirt oslo.messaging

\b
Exit status: 0 no pass was lost, 1 one was, or no test passed, 2 usage."""


@click.command("upstream", epilog=_EPILOG)
@click.argument("suites", nargs=-1, metavar="[SUITE]...", shell_complete=complete_suite)
@click.option("--again", is_flag=True, help="Also run the unpatched side if its result is known.")
@environment_options
@variant_option
@common_options
@pass_common
def command(common: Common, suites: tuple[str, ...], again: bool) -> None:
    """Fail if a test that passes on the unpatched packages does not pass on the patched ones.

    SUITE is the name of a suite, or fast, long or all; by default all suites run. Linux only.
    """
    from freebsd_port.cli.views.upstream import compare_and_show

    compare_and_show(common, suites, again=again)
