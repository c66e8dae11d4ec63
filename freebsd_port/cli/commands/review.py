"""Show every hunk with all that is known of it, and decide about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from freebsd_port.cli.complete import complete_review
from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_release,
    offline_option,
    pass_common,
    variant_option,
    venv_option,
)
from freebsd_port.cli.views.review_browser import InBrowser, review_in_browser
from freebsd_port.cli.views.review_run import ReviewOptions, review
from freebsd_port.errors import UsageError

SECTION = "Review"
PLACE = 1

_EPILOG = """\b
Examples:
  freebsd-port review
  freebsd-port review nova/host-cpumap-fallback.patch
  freebsd-port review e6cf30d8 --unified
  freebsd-port review --since 2026.1 --unreviewed
  freebsd-port review --approve e6cf30d8 6669a2fc --by "Jo Porter" --note "reads well"
  freebsd-port review --sarif findings.sarif -q
  freebsd-port review --html public
  freebsd-port review --serve --by "Jo Porter"

\b
Exit status: 0 done, whatever was found; 1 failed; 2 usage."""
_CHOICES = {"approve": "approved", "request_changes": "changes-requested", "reset": "reset"}


@click.command("review", epilog=_EPILOG)
@click.argument("what", nargs=-1, metavar="[PATCH|HUNK]...", shell_complete=complete_review)
@click.option(
    "--since",
    metavar="RELEASE",
    shell_complete=complete_release,
    help="Only hunks that have another text, or no place, on that release.",
)
@click.option("--unreviewed", is_flag=True, help="Only hunks that nobody decided about.")
@click.option("--approve", is_flag=True, help="Approve these hunks, or all hunks of a patch.")
@click.option("--request-changes", is_flag=True, help="Ask for changes of them.")
@click.option("--reset", is_flag=True, help="Forget what was decided of them.")
@click.option("--by", metavar="NAME", help="Who decides.")
@click.option("--note", metavar="TEXT", default="", help="Why, in a line.")
@click.option(
    "--side-by-side/--unified",
    "is_split",
    default=None,
    help="Both sides beside each other, or one column; by the width unless given.",
)
@click.option("--no-pager", is_flag=True, help="Print without a pager.")
@click.option(
    "--sarif",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the findings as SARIF.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Instead: write the whole series as a site that needs no server.",
)
@click.option("--serve", is_flag=True, help="Instead: serve that site here, with buttons.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Where --serve listens; any that is free unless given.",
)
@click.option("--no-browser", is_flag=True, help="With --serve: only print the address.")
@venv_option
@variant_option
@offline_option
@common_options
@pass_common
def command(common: Common, what: tuple[str, ...], **options: Any) -> None:
    """Show every hunk: why it is there, where it lands, what proves it; and decide about it.

    Without a word it gives an overview. A hunk is named by the start of its id, which survives
    a rebase. Decisions go into the file `decisions` of the project.
    """
    chosen = [name for flag, name in _CHOICES.items() if options.pop(flag)]
    if len(chosen) > 1:
        raise UsageError("only one of --approve, --request-changes and --reset")
    site = InBrowser(*(options.pop(name) for name in ("html", "serve", "port", "no_browser")))
    asked = ReviewOptions(what, choice=chosen[0] if chosen else None, **options)
    if site.is_asked:
        review_in_browser(common, asked, site)
    else:
        review(common, asked)
