"""Run the tests of the changes for upstream, without and with each patch."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_patch,
    pass_common,
    variant_option,
    venv_option,
)

SECTION = "Verbs"
PLACE = 2


_EPILOG = """\b
Examples:
  freebsd-port verify gerrit
  freebsd-port verify gerrit oslo.rootwrap nova/tpm-none-guard.patch

\b
Exit status: 0 all is proved, 1 something is not, 2 usage."""


@click.command("gerrit", epilog=_EPILOG)
@click.argument("chosen", nargs=-1, metavar="[PATCH|DIRECTORY]...", shell_complete=complete_patch)
@venv_option
@variant_option
@common_options
@pass_common
def command(common: Common, chosen: tuple[str, ...]) -> None:
    """Fail unless the tests in WHAT.upstream/ pass with their patch and one fails without it.

    They run in upstream's own suite on the unpatched packages, with the changes of the same export
    on top of each other. By default all patches that are ready for upstream are looked at. Linux
    only.
    """
    from freebsd_port.cli.views.upstream import prove_and_show

    prove_and_show(common, chosen)
