"""How things look on a terminal; the only module that knows colours."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from freebsd_port.errors import PortError

if TYPE_CHECKING:
    from freebsd_port.openstack.store.project.project import Project

_COLOURS = {
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


def paint(text: str, look: str) -> str:
    """Colour a text; click takes the colours out again where they do not belong."""
    return click.style(text, **_COLOURS[look])  # type: ignore[arg-type]


def say(text: str = "", *, to_stderr: bool = False) -> None:
    """Print a line; colours only on a terminal and without NO_COLOR.

    Source: no-color.org.
    """
    click.echo(text, err=to_stderr, color=False if is_plain() else None)


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


def problem_rows(problems: Iterable[PortError]) -> list[dict[str, str | None]]:
    """Give errors as every verb's JSON has them under `problems`."""
    return [{"what": p.what, "where": p.where, "hint": p.hint} for p in problems]


def print_error(error: PortError) -> None:
    """Print what happened, where, and the next command; what others wrote in it is shown only."""
    from freebsd_port.engine.core.text.unseen import show_unseen

    say(f"{paint('error:', 'bad')} {show_unseen(error.what)}", to_stderr=True)
    if error.where:
        say(f"  where: {show_unseen(error.where)}", to_stderr=True)
    if error.hint:
        say(f"  try:   {show_unseen(error.hint)}", to_stderr=True)


def describe_project(project: Project) -> str:
    """Name the directory of the project, and say if it is only for reading."""
    tail = " (installed with the package, read-only)" if project.is_packaged else ""
    return f"{project.root}{tail}"


def print_progress(message: str) -> None:
    """Tell on stderr what goes on, so that stdout stays for the result."""
    say(paint(f"... {message}", "dim"), to_stderr=True)


def count(number: int, noun: str) -> str:
    """Give a number with its noun: `1 patch`, `2 patches`."""
    ending = "es" if noun.endswith(("ch", "sh", "s", "x")) else "s"
    return f"{number} {noun}{'' if number == 1 else ending}"
