"""A group of verbs, each in a module of its own that is imported when the verb is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """Verbs by section and name, with what each does, so that a list of them imports none."""

    def __init__(
        self, *args: Any, package: str, sections: Mapping[str, Mapping[str, str]], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self._package = package
        self._sections = sections
        self._verbs = [verb for verbs in sections.values() for verb in verbs]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs in the order in which one meets them."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module, `<verb>` of the package."""
        if cmd_name not in self._verbs:
            return None
        module = importlib.import_module(f"{self._package}.{cmd_name.replace('-', '_')}")
        command = module.command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        for title, verbs in self._sections.items():
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which verb was meant when the word is none."""
        is_word = bool(args) and not args[0].startswith("-") and args[0] not in self._verbs
        if is_word and not ctx.resilient_parsing:
            import difflib

            close = difflib.get_close_matches(args[0], self._verbs, 1)
            meant = f", did you mean {close[0]}?" if close else ""
            ctx.fail(f"no verb {args[0]!r}{meant}")
        return super().resolve_command(ctx, args)
