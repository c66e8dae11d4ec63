"""Long output on a terminal goes through a pager."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

import click

from freebsd_port.cli.render import is_plain, say


def terminal_width() -> int:
    """Give the columns of the terminal; COLUMNS wins."""
    return shutil.get_terminal_size((80, 24)).columns


def say_paged(rows: Iterable[str], *, is_paged: bool) -> None:
    """Print rows; through PAGER, or less -R, on a terminal that they do not fit on.

    An empty PAGER means none, as git has it. Colours only for a less that was told to take them.
    """
    text = list(rows)
    fits = len(text) < shutil.get_terminal_size((80, 24)).lines
    is_terminal = sys.stdout.isatty() and sys.stdin.isatty()
    if not is_paged or not is_terminal or fits or os.environ.get("PAGER") == "":
        for row in text:
            say(row)
        return
    click.echo_via_pager((f"{row}\n" for row in text), color=False if is_plain() else None)
