"""A group of verbs, each in a module of its own that is imported when the verb is called.

A verb exists if its module does. The first line of the module says what the verb does. SECTION is
the section of the help that lists it, PLACE its position there:

    \"\"\"Show what is applied.\"\"\"
    SECTION = "Apply"
    PLACE = 5

The group reads these lines from the source, so it can list the verbs without importing them.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

_SUMMARY = re.compile(r'"""(.+?)(?:"""|\n)')
_DECLARED = re.compile(r'^SECTION = "(.+)"\nPLACE = (\d+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Listing:
    """What the help of a group says about one of its verbs."""

    section: str
    place: int
    """Position in the section, counted from 1. Verbs with the same place are sorted by name."""

    verb: str
    summary: str


def read_listing(path: Path) -> Listing | None:
    """Read what a module declares; None if it declares no verb."""
    text = path.read_text("utf-8")
    summary, declared = _SUMMARY.match(text), _DECLARED.search(text)
    if summary is None or declared is None:
        return None
    verb = path.stem.replace("_", "-")
    return Listing(declared[1], int(declared[2]), verb, summary[1])


class LazyGroup(click.Group):
    """The verbs whose modules are in `package`, listed under the titles in `sections`."""

    def __init__(self, *args: Any, package: str, sections: Sequence[str], **more: Any) -> None:
        super().__init__(*args, **more)
        self._package = package
        self._sections = sections

    def listings(self) -> list[Listing]:
        """Give the verbs in the order of the help."""
        found = [read_listing(path) for path in self._directory().glob("*.py")]
        order = self._sections.index
        return sorted(
            (one for one in found if one is not None),
            key=lambda one: (order(one.section), one.place, one.verb),
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs in the order of the help."""
        return [one.verb for one in self.listings()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module, `<verb>` of the package."""
        name = cmd_name.replace("-", "_")
        path = self._directory() / f"{name}.py"
        if "_" in cmd_name or not name.isidentifier() or not path.is_file():
            return None
        if read_listing(path) is None:
            return None
        command = importlib.import_module(f"{self._package}.{name}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        listings = self.listings()
        for title in self._sections:
            rows = [(one.verb, one.summary) for one in listings if one.section == title]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which verb was meant when the word is none."""
        is_word = bool(args) and not args[0].startswith("-")
        if is_word and not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            import difflib

            close = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            meant = f", did you mean {close[0]}?" if close else ""
            ctx.fail(f"no verb {args[0]!r}{meant}")
        return super().resolve_command(ctx, args)

    def _directory(self) -> Path:
        return Path(importlib.import_module(self._package).__path__[0])
