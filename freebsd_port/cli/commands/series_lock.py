"""Write series.lock: the digest of every patched file, before and after."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    offline_option,
    output_options,
    pass_common,
    release_option,
)

SECTION = "Verbs"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port series lock
  freebsd-port series lock --release 2026.2 --offline"""


@click.command("lock", epilog=_EPILOG)
@offline_option
@release_option("OpenStack release; by default the newest and all with a series.lock.")
@output_options
@pass_common
def command(common: Common, offline: bool) -> None:
    """The series is planned on the pinned wheels.

    Nothing is written if anything is wrong with series, patches or pins. --release locks one
    release, whether it has a series.lock or not.
    """
    from freebsd_port.cli.views.check import show_check
    from freebsd_port.openstack.ops.inspect.check import lock_series

    result = lock_series(
        common.project(), common.release, is_offline=offline, progress=common.progress
    )
    show_check(common, "series lock", result, result.findings)
