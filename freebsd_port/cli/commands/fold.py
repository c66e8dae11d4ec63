"""Merge a patch from standard input into the top patch."""

from __future__ import annotations

import click

from freebsd_port.cli.options import Common, common_options, pass_common, target_options

SECTION = "Author"
PLACE = 15


_EPILOG = """\b
Examples:
  freebsd-port fold < more.patch
  freebsd-port fold -R -p 0 --fuzz 2 < other.diff"""


@click.command("fold", epilog=_EPILOG)
@click.option("-R", "reverse", is_flag=True, help="Apply it in reverse.")
@click.option(
    "-p",
    "strip",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Leading path components to strip, as in patch -p.",
)
@click.option(
    "-F",
    "--fuzz",
    type=click.IntRange(0, 3),
    default=0,
    show_default=True,
    help="Context lines that may differ, as in patch -F.",
)
@target_options
@common_options
@pass_common
def command(common: Common, reverse: bool, strip: int, fuzz: int) -> None:
    """All or nothing: the files of the top patch change only if every hunk fits.

    Then run freebsd-port refresh.
    """
    from freebsd_port.cli.render import count
    from freebsd_port.cli.views.authoring import done, open_writable, read_stdin, report
    from freebsd_port.engine.ops.author.fold import fold_patch

    folded = fold_patch(
        open_writable(common), read_stdin(), strip=strip, reverse=reverse, fuzz=fuzz
    )
    lines = [done("fold", path, f" into {folded.patch}") for path in folded.paths]
    if folded.displaced:
        lines.append(f"{count(folded.displaced, 'hunk')} displaced")
    report(
        common, "fold", lines, patch=folded.patch, files=folded.paths, displaced=folded.displaced
    )
