"""Show which patch changed each line of a file."""

from __future__ import annotations

import click

from freebsd_port.cli.complete import complete_file
from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_patch,
    offline_option,
    pass_common,
    target_options,
)

SECTION = "Author"
PLACE = 8


_EPILOG = """\b
Examples:
  freebsd-port annotate nova/virt/libvirt/host.py
  freebsd-port annotate -P nova/console-log.patch nova/virt/libvirt/guest.py"""


@click.command("annotate", epilog=_EPILOG)
@click.argument("file", shell_complete=complete_file)
@click.option(
    "-P",
    "patch",
    metavar="PATCH",
    shell_complete=complete_patch,
    help="Stop at this patch instead of the top one.",
)
@target_options
@offline_option
@common_options
@pass_common
def command(common: Common, file: str, patch: str | None, offline: bool) -> None:
    """Print each line of the file after the number of the patch that last changed it.

    The names of the patches follow. Without an environment, the pinned wheels of the release are
    used.
    """
    from freebsd_port.cli.render import print_json
    from freebsd_port.cli.views.authoring import as_text, show_bytes
    from freebsd_port.engine.ops.author.show import annotate_file

    found = annotate_file(common.workspace_or_wheels(is_offline=offline), file, patch)
    if common.as_json:
        rows = [
            {"patch": n or None, "line": as_text(line.rstrip(b"\n"))} for n, line in found.lines
        ]
        print_json(
            {
                "ok": True,
                "verb": "annotate",
                "path": found.path,
                "patches": found.patches,
                "lines": rows,
            }
        )
        return
    shown = [(str(number or ""), line.rstrip(b"\n")) for number, line in found.lines]
    names = [
        (str(number), name.encode("utf-8", "surrogateescape"))
        for number, name in enumerate(found.patches, 1)
    ]
    lines = [number.encode() + b"\t" + text + b"\n" for number, text in (*shown, *names)]
    if names:
        lines.insert(len(shown), b"\n")
    show_bytes(b"".join(lines))
