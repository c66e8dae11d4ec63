"""Show every hunk with what is known about it, and record decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from freebsd_port.cli.complete import complete_review
from freebsd_port.cli.lazy import OwnArgument, VerbGroup, or_verb
from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_release,
    decisions_option,
    offline_option,
    pass_common,
    tree_options,
    variant_option,
    venv_option,
)
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
  freebsd-port review --tree . --patches debian/patches

\b
Exit status: 0 done, even if there are findings; 1 failed; 2 usage."""
_CHOICES = {"approve": "approved", "request_changes": "changes-requested", "reset": "reset"}


@click.group(
    "review",
    cls=VerbGroup,
    package="freebsd_port.cli.commands",
    prefix="review_",
    epilog=_EPILOG,
    invoke_without_command=True,
)
@click.argument(
    "what",
    cls=OwnArgument,
    nargs=-1,
    metavar="[PATCH|HUNK]...",
    shell_complete=or_verb(complete_review),
)
@click.option(
    "--since",
    metavar="RELEASE",
    shell_complete=complete_release,
    help="Show only hunks that differ on that release, or do not apply there.",
)
@click.option("--unreviewed", is_flag=True, help="Show only hunks without a decision.")
@click.option("--approve", is_flag=True, help="Approve these hunks; a PATCH means all its hunks.")
@click.option("--request-changes", is_flag=True, help="Request changes to these hunks.")
@click.option("--reset", is_flag=True, help="Remove the decisions about these hunks.")
@click.option("--by", metavar="NAME", help="Reviewer who decides.")
@click.option("--note", metavar="TEXT", default="", help="Reason for the decision, on one line.")
@click.option(
    "--side-by-side/--unified",
    "is_split",
    default=None,
    help="Show two columns or one; by default two if the terminal has 120 columns.",
)
@click.option("--no-pager", is_flag=True, help="Do not use a pager.")
@click.option(
    "--sarif",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the findings as SARIF.",
)
@decisions_option
@tree_options
@venv_option
@variant_option
@offline_option
@common_options
@pass_common
def command(common: Common, what: tuple[str, ...], **options: Any) -> None:
    """Without arguments, print an overview of the series.

    PATCH shows the reason for a patch, and each hunk with its placement on every release, the
    checks that ran it, its findings and the decision about it.

    HUNK is the start of a hunk's id, which survives a rebase. Decisions are written to the file
    `decisions` of the project.

    With --tree, review any series on that directory. Decisions are then in the file `decisions`
    next to the patches, unless --decisions names another one.
    """
    from freebsd_port.cli.views.review_run import ReviewOptions, review

    chosen = [name for flag, name in _CHOICES.items() if options.pop(flag)]
    if len(chosen) > 1:
        raise UsageError("--approve, --request-changes and --reset exclude each other")
    review(common, ReviewOptions(what, choice=chosen[0] if chosen else None, **options))
