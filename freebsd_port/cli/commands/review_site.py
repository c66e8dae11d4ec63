"""Write the review as a website that needs no server."""

from __future__ import annotations

from pathlib import Path

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    decisions_option,
    offline_option,
    pass_common,
    tree_options,
    variant_option,
    venv_option,
)

SECTION = "Verbs"
PLACE = 1


_EPILOG = """\b
Examples:
  freebsd-port review site public
  freebsd-port review site public --release 2025.1 --offline
  freebsd-port review site public --tree . --patches debian/patches"""


@click.command("site", epilog=_EPILOG)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@decisions_option
@tree_options
@venv_option
@variant_option
@offline_option
@common_options
@pass_common
def command(common: Common, directory: Path, offline: bool) -> None:
    """Write index.html and a page for each patch to DIR; open them from disk or any web server.

    The site has the whole series; you filter it in the browser. Pages that are up to date are not
    written again.
    """
    from freebsd_port.cli.views.review_browser import write_and_show

    write_and_show(common, directory, is_offline=offline)
