"""Serve the review on 127.0.0.1, with buttons that record decisions."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    variant_option,
    venv_option,
)

SECTION = "Verbs"
PLACE = 2


_EPILOG = """\b
Examples:
  freebsd-port review serve
  freebsd-port review serve --by "Jo Porter" --port 8080 --no-browser"""


@click.command("serve", epilog=_EPILOG)
@click.option("--by", metavar="NAME", help="Reviewer; by default git's user.name.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Port to listen on, 0 for any; by default one that stays the same for the project.",
)
@click.option("--no-browser", is_flag=True, help="Print the address, and do not open a browser.")
@venv_option
@variant_option
@offline_option
@common_options
@pass_common
def command(
    common: Common, by: str | None, port: int | None, no_browser: bool, offline: bool
) -> None:
    """Serve the pages of review site, and let you approve hunks or request changes.

    Decisions are written to the file `decisions` of the project. Press Ctrl-C to stop.
    """
    from freebsd_port.cli.views.review_browser import serve

    serve(common, by, port=port, has_browser=not no_browser, is_offline=offline)
