"""What the authoring verbs share: where they work, and how they print."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from freebsd_port.cli.context import Common
from freebsd_port.cli.render import note_done, paint, print_json, say
from freebsd_port.errors import UsageError

if TYPE_CHECKING:
    from freebsd_port.engine.ops.target.workspace import Workspace

_LOOKS = ((b"+++", "strong"), (b"---", "strong"), (b"@@", "dim"), (b"+", "good"), (b"-", "bad"))


def open_writable(common: Common) -> Workspace:
    """Open what the verb works on; raises UsageError for a series inside the installed package."""
    _require_writable(common)
    return common.workspace()


def open_texts(common: Common, *, is_offline: bool) -> Workspace:
    """Open it for a verb that writes series and patches only, so that the wheels will do."""
    _require_writable(common)
    return common.workspace_or_wheels(is_offline=is_offline)


def _require_writable(common: Common) -> None:
    if common.tree is None and common.project().is_packaged:
        raise UsageError(
            "the series was installed with the package and cannot be changed",
            where=str(common.project().root),
            hint="name a checkout with --project DIR",
        )


def show_name(common: Common, verb: str, patch: str) -> None:
    """Print the name of the patch that a verb asks for."""
    if common.as_json:
        print_json({"ok": True, "verb": verb, "patch": patch})
    else:
        say(patch)


def report(common: Common, verb: str, lines: list[str], **fields: Any) -> None:
    """Print what was done, as JSON or as lines."""
    for line in lines:
        note_done(line)
    if common.as_json:
        print_json({"ok": True, "verb": verb, **fields})
    elif common.verbosity >= 0:
        for line in lines:
            say(line)


def done(word: str, name: str, remark: str = "") -> str:
    """Give a line of a report."""
    return f"{paint(f'{word:<8}', 'good')}{name}{remark}"


def lock_remark(workspace: Workspace, shared: tuple[str, ...] = ()) -> list[str]:
    """Say which command brings series.lock up to date, where there is one, and who else is met."""
    if workspace.release is None or not workspace.has_series_lock:
        return []
    from freebsd_port.engine.core.apply.series_lock import write_lock_command

    command = write_lock_command(workspace.release)
    lines = [f"series.lock is out of date; when you are done: {command}"]
    if shared:
        lines.append(f"{', '.join(shared)} use the same patch file: freebsd-port check")
    return [paint(line, "dim") for line in lines]


def show_bytes(data: bytes, *, is_diff: bool = False) -> None:
    """Print text byte for byte into a pipe or file; on a terminal nothing in it is obeyed."""
    if not sys.stdout.isatty():
        click.echo(data, nl=False)
        return
    from freebsd_port.cli.views.review_text import make_visible

    for line in data.removesuffix(b"\n").split(b"\n") if data else ():
        look = next((look for lead, look in _LOOKS if is_diff and line.startswith(lead)), None)
        text = make_visible(line.decode("utf-8", "backslashreplace"))
        say(paint(text, look) if look else text)


def read_stdin() -> bytes:
    """Give everything that comes over the pipe."""
    return sys.stdin.buffer.read()


def write_output(data: bytes, output: Path | None) -> None:
    """Write to a file in one step, or to stdout as `show_bytes` does."""
    from freebsd_port.engine.store.files.texts import save_texts

    if output is None:
        show_bytes(data)
    else:
        save_texts({output: data})


def as_text(data: bytes) -> str:
    """Give bytes as JSON can hold them."""
    return data.decode("utf-8", "backslashreplace")
