"""Run the checks in the patched environment, and name the hunks that none ran."""

from __future__ import annotations

import click

from freebsd_port.cli.lazy import VerbGroup
from freebsd_port.cli.options import (
    Common,
    common_options,
    pass_common,
    variant_option,
    venv_option,
)
from freebsd_port.errors import UsageError
from freebsd_port.openstack.core.release.platform import EMULATED, LINUX, NATIVE

SECTION = "Verify"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port verify
  freebsd-port verify -v --platform freebsd-14.5
  freebsd-port verify --venv /usr/local/nova --json
  freebsd-port verify upstream fast"""


class _VerifyGroup(VerbGroup):
    """Verify has verbs, and checks no single patch."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuse the name of a patch, with the verb that shows its checks."""
        if args and args[0].endswith(".patch"):
            raise UsageError(
                "verify runs the checks of the whole series, not of one patch",
                where=args[0],
                hint=f"freebsd-port verify, then: freebsd-port review {args[0]}",
            )
        return super().resolve_command(ctx, args)


@click.group(
    "verify",
    cls=_VerifyGroup,
    package="freebsd_port.cli.commands",
    prefix="verify_",
    epilog=_EPILOG,
    invoke_without_command=True,
)
@venv_option
@variant_option
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    type=click.Choice([*EMULATED, LINUX, NATIVE]),
    help="Run on this platform; by default native on FreeBSD, and all others elsewhere.",
)
@click.option("--if-changed", is_flag=True, help="Do nothing if this state is verified already.")
@click.option("--every-line", is_flag=True, help="Also fail for an added line that no check ran.")
@common_options
@pass_common
def command(common: Common, platforms: tuple[str, ...], if_changed: bool, every_line: bool) -> None:
    """On FreeBSD, run the checks natively.

    On Linux the platform is emulated from recorded data, and each run says so.
    """
    from freebsd_port.cli.views.verify import verify_and_show

    again = every_line or not if_changed
    verify_and_show(
        common, common.workspace(), platforms=platforms, again=again, every_line=every_line
    )
