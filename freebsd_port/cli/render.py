"""How things look on a terminal: the only module that knows colours, and escapes the rest."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from freebsd_port.errors import PortError

if TYPE_CHECKING:
    from pathlib import Path

    from freebsd_port.openstack.store.project.project import Project

_COLOURS: dict[str, dict[str, Any]] = {
    "good": {"fg": "green"},
    "bad": {"fg": "red", "bold": True},
    "warn": {"fg": "yellow"},
    "dim": {"dim": True},
    "strong": {"bold": True},
    "old": {"fg": "red"},
    "new": {"fg": "green"},
    "old-word": {"fg": "red", "reverse": True},
    "new-word": {"fg": "green", "reverse": True},
}


_MARK = f"\x1b{os.urandom(8).hex()}"
"""What stands before each colour of ours, so that those in a name from elsewhere are none."""

_COLOUR = re.compile(rf"{_MARK}((?:\x1b\[[0-9;]*m)+)")


def paint(text: str, look: str) -> str:
    """Colour a text for `say`, which takes the colours out again where they do not belong."""
    return style(text, **_COLOURS[look])


def style(text: str, **look: Any) -> str:
    """Colour a text for `say` by the words of click.style."""
    start, _, end = click.style("|", **look).partition("|")
    return f"{_MARK}{start}{text}{_MARK}{end}" if start else text


def escape(line: str) -> str:
    """Give a line as a terminal may have it: what it would obey or hide is shown, but our colours.

    Nothing else of ours writes to a terminal, so names, subjects and authors may go to `say` as
    they are.
    """
    parts = _COLOUR.split(line)
    return "".join(part if at % 2 else _show(part) for at, part in enumerate(parts))


def split_styles(line: str) -> list[str]:
    """Cut a line into texts, escaped, and the codes of `style` between them, in turn."""
    parts = re.split(rf"({_MARK}(?:\x1b\[[0-9;]*m)+)", line)
    return [part if at % 2 else _show(part) for at, part in enumerate(parts)]


STYLE_OFF = f"{_MARK}\x1b[0m"
"""Ends every style."""


def _show(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    from freebsd_port.engine.core.text.unseen import show_unseen

    return show_unseen(text).replace("\n", "<^J>")


def say(line: str = "", *, to_stderr: bool = False) -> None:
    """Print one line, escaped; colours only on a terminal and without NO_COLOR.

    Source: no-color.org.
    """
    click.echo(escape(line), err=to_stderr, color=False if is_plain() else None)


_done: list[str] = []


def note_done(line: str) -> None:
    """Remember a change that was made, for when the output that says so cannot be written."""
    _done.append(click.unstyle(line).strip())


def done_lines() -> tuple[str, ...]:
    """Give what was noted, in order."""
    return tuple(_done)


def is_plain() -> bool:
    """Tell whether the user wants no colours, wherever it is printed to."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def has_colours() -> bool:
    """Tell whether what is printed gets colours."""
    return not is_plain() and sys.stdout.isatty()


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, indent=2, default=str))


_SERIES_ROOTS: list[Path] = []
"""The project that the command works on, once it is known."""

_AFTER_A_REBASE = ("freebsd-port series lock", "freebsd-port rebase --to")


def note_project(root: Path) -> None:
    """Say which project the command works on, for what an error tells the user to do next."""
    _SERIES_ROOTS[:] = [root]


def _next_command(error: PortError) -> str | None:
    """Give the hint; while a rebase is unfinished, nothing else makes the series whole again."""
    hint = error.hint or ""
    if any(words in hint for words in _AFTER_A_REBASE) and any(
        next(root.glob(".rebase/*/state.json"), None) for root in _SERIES_ROOTS
    ):
        return "freebsd-port rebase --continue"
    return error.hint


def problem_rows(problems: Iterable[PortError]) -> list[dict[str, str | None]]:
    """Give errors as every verb's JSON has them under `problems`."""
    return [{"what": p.what, "where": p.where, "hint": _next_command(p)} for p in problems]


def print_error(error: PortError) -> None:
    """Print what happened, where, and the next command."""
    parts = (
        (paint("error:", "bad"), error.what),
        ("  where:", error.where),
        ("  try:  ", _next_command(error)),
    )
    for lead, text in parts:
        first, *more = (text or "").split("\n")
        if text:
            say(f"{lead} {first}", to_stderr=True)
        for line in more:
            say(f"         {line}", to_stderr=True)


def describe_project(project: Project) -> str:
    """Name the directory of the project, and say if it is only for reading."""
    tail = " (installed with the package, read-only)" if project.is_packaged else ""
    return f"{project.root}{tail}"


def count(number: int, noun: str) -> str:
    """Give a number with its noun: `1 patch`, `2 patches`."""
    ending = "es" if noun.endswith(("ch", "sh", "s", "x")) else "s"
    return f"{number} {noun}{'' if number == 1 else ending}"
