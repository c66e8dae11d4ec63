"""Add patches from other files to the series."""

from __future__ import annotations

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    target_options,
)

SECTION = "Author"
PLACE = 16


_EPILOG = """\b
Examples:
  freebsd-port import fix.patch
  freebsd-port import - < change.mbox
  freebsd-port import -P nova/host-fix.patch -p 0 fix.diff"""


@click.command("import", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE|-...")
@click.option(
    "-p",
    "strip",
    type=click.IntRange(0),
    help="Path components to strip, as in patch -p; recorded in the series.",
)
@click.option("-R", "reverse", is_flag=True, help="Apply it in reverse; recorded in the series.")
@click.option("-P", "name", metavar="NAME", help="Name for the patch, if you import only one.")
@click.option(
    "-f", "--force", is_flag=True, help="Replace a patch of that name that is not applied."
)
@click.option(
    "-d",
    "keep",
    type=click.Choice(["o", "a", "n"]),
    help="With -f, keep the old header, both headers, or the new one.",
)
@click.option(
    "--scissors",
    "has_scissors",
    is_flag=True,
    help="Drop what a mail has above a scissors line (-- >8 --), as git am does.",
)
@target_options
@offline_option
@common_options
@pass_common
def command(
    common: Common,
    files: tuple[str, ...],
    strip: int | None,
    reverse: bool,
    name: str | None,
    force: bool,
    keep: str | None,
    has_scissors: bool,
    offline: bool,
) -> None:
    """Insert the patches after the top one; then run freebsd-port push.

    Without an environment, append them to the series.

    FILE is a patch of quilt, git, GitHub or Gerrit, a plain diff, or a mailbox of several.
    """
    from datetime import UTC, datetime

    from freebsd_port.cli.views.authoring import done, open_texts, read_stdin, report
    from freebsd_port.engine.ops.author.import_patch import (
        ImportOptions,
        import_patches,
        read_incoming,
    )

    incoming = [read_incoming(file, read_stdin) for file in files]
    today = datetime.now(UTC).date().isoformat()
    options = ImportOptions(today, strip, reverse, name, force, keep, has_scissors)
    taken = import_patches(open_texts(common, is_offline=offline), incoming, options)
    report(
        common,
        "import",
        [
            done("replace" if one.is_replaced else "import", one.name, f" from {one.source}")
            for one in taken
        ],
        patches=[{"patch": one.name, "text": one.text, "source": one.source} for one in taken],
    )
