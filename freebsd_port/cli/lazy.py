"""A group of verbs, each in a module of its own that is imported when the verb is called.

A verb exists if its module does. The first line of the module says what the verb does; it is also
the first paragraph of the command's help, and the command's docstring has the rest. SECTION is the
section of the help that lists the verb, PLACE its position there:

    \"\"\"Show what is applied.\"\"\"
    SECTION = "Apply"
    PLACE = 5

The group reads these lines from the source, so it can list the verbs without importing them.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

Completer = Callable[[click.Context, click.Parameter, str], list[str]]
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


def read_listing(path: Path, prefix: str = "") -> Listing | None:
    """Read what a module declares; None if it declares no verb.

    `prefix` is the part of the module's name that is not the verb's.
    """
    text = path.read_text("utf-8")
    summary, declared = _SUMMARY.match(text), _DECLARED.search(text)
    if summary is None or declared is None:
        return None
    verb = path.stem.removeprefix(prefix).replace("_", "-")
    return Listing(declared[1], int(declared[2]), verb, summary[1])


class LazyGroup(click.Group):
    """The verbs whose modules are in `package`, listed under the titles in `sections`.

    A verb's module is `<prefix><verb>`. Modules that declare another section are not verbs of this
    group.
    """

    def __init__(
        self,
        *args: Any,
        package: str,
        sections: Sequence[str] = ("Verbs",),
        prefix: str = "",
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self._package = package
        self._prefix = prefix
        self._sections = sections

    def listings(self) -> list[Listing]:
        """Give the verbs in the order of the help."""
        paths = self._directory().glob(f"{self._prefix}*.py")
        found = [self._read(path) for path in paths]
        order = self._sections.index
        return sorted(
            (one for one in found if one is not None),
            key=lambda one: (order(one.section), one.place, one.verb),
        )

    def is_verb(self, name: str) -> bool:
        """Tell whether there is a verb of this name."""
        return self._find(name) is not None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs in the order of the help."""
        return [one.verb for one in self.listings()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module."""
        listing = self._find(cmd_name)
        if listing is None:
            return None
        command = importlib.import_module(f"{self._package}.{self._module(cmd_name)}").command
        if not isinstance(command, click.Command):
            return None
        if command.short_help is None:
            command.short_help = listing.summary
            command.help = f"{listing.summary}\n\n{inspect.cleandoc(command.help or '')}".rstrip()
        return command

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
        """Suggest the nearest verb for a word that is not a verb."""
        is_word = bool(args) and not args[0].startswith("-")
        if is_word and not ctx.resilient_parsing and not self.is_verb(args[0]):
            import difflib

            close = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            meant = f", did you mean {close[0]}?" if close else ""
            ctx.fail(f"no verb {args[0]!r}{meant}")
        return super().resolve_command(ctx, args)

    def _directory(self) -> Path:
        return Path(importlib.import_module(self._package).__path__[0])

    def _module(self, verb: str) -> str:
        return f"{self._prefix}{verb.replace('-', '_')}"

    def _find(self, verb: str) -> Listing | None:
        name = self._module(verb)
        path = self._directory() / f"{name}.py"
        if "_" in verb or not name.isidentifier() or not path.is_file():
            return None
        return self._read(path)

    def _read(self, path: Path) -> Listing | None:
        """Read the listing of a verb of this group; None if the module is not one."""
        listing = read_listing(path, self._prefix)
        return listing if listing and listing.section in self._sections else None


class VerbGroup(LazyGroup):
    """A verb that does something by itself, and has verbs below it.

    If the first word after the options is one of those verbs, that verb runs. Any other word is
    an argument of this verb; `--` makes an argument of every word.
    """

    allow_extra_args = False

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the verb below, if one is named, and hand it what follows."""
        at = self._find_verb(ctx, args)
        ctx.allow_interspersed_args = True
        if at is None:
            return click.Command.parse_args(self, ctx, args)
        click.Command.parse_args(self, ctx, args[:at])
        ctx._protected_args, ctx.args = [args[at]], args[at + 1 :]
        return ctx.args

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb below, if one is named, and this one otherwise."""
        if not ctx._protected_args:
            with ctx:
                return click.Command.invoke(self, ctx)
        with ctx:
            name, command, rest = self.resolve_command(ctx, [*ctx._protected_args, *ctx.args])
            if command is None:
                raise LookupError(f"{ctx.command_path} lists {name} and has no such verb")
            self._require_shared(ctx, command)
            ctx.invoked_subcommand = name
            with command.make_context(name, rest, parent=ctx) as inner:
                return inner.command.invoke(inner)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show both forms."""
        formatter.write_usage(
            ctx.command_path, " ".join(click.Command.collect_usage_pieces(self, ctx))
        )
        formatter.write_usage(ctx.command_path, "VERB [ARGS]...", prefix=" " * len("Usage: "))

    def _find_verb(self, ctx: click.Context, args: list[str]) -> int | None:
        """Give the index of the verb below; None if the words are this verb's own."""
        ctx.allow_interspersed_args = False
        given, words, _ = self.make_parser(ctx).parse_args(list(args))
        for param in self.params:
            value = given.get(param.name or "")
            if isinstance(param, click.Argument) and isinstance(value, tuple):
                words = [*value, *words]
        at = len(args) - len(words)
        if not words or (at and args[at - 1] == "--"):
            return None
        has_arguments = any(isinstance(param, click.Argument) for param in self.params)
        return at if self.is_verb(words[0]) or not has_arguments else None

    def _require_shared(self, ctx: click.Context, command: click.Command) -> None:
        """Raise UsageError for an option in front of a verb that would not get it."""
        taken = {param.name for param in command.params if not param.expose_value}
        for param in self.params:
            source = ctx.get_parameter_source(param.name or "")
            if source is click.core.ParameterSource.COMMANDLINE and param.name not in taken:
                option = max(param.opts, key=len)
                ctx.fail(f"{option} does not go before {command.name}")


class OwnArgument(click.Argument):
    """An argument of a VerbGroup; it is not part of the usage of the verbs below."""

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Give them for the group's own usage only."""
        return super().get_usage_pieces(ctx) if self in ctx.command.params else []


def or_verb(complete: Completer) -> Completer:
    """Complete the first argument of a VerbGroup to the verbs below it as well."""

    def complete_both(ctx: click.Context, param: click.Parameter, word: str) -> list[str]:
        verbs: list[str] = []
        if isinstance(ctx.command, VerbGroup) and not ctx.params.get(param.name or ""):
            verbs = [verb for verb in ctx.command.list_commands(ctx) if verb.startswith(word)]
        return [*verbs, *complete(ctx, param, word)]

    return complete_both
