"""A group of verbs, each in a module of its own that is imported when the verb is called."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import click

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


class LazyGroup(click.Group):
    """Verbs by section and name with their one-line help, so that listing them imports none.

    A verb's module is `<prefix><verb>` of the package. The one-line help becomes the first
    paragraph of the command's help; its docstring has the rest.
    """

    def __init__(
        self,
        *args: Any,
        package: str,
        sections: Mapping[str, Mapping[str, str]],
        prefix: str = "",
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self._package = package
        self._prefix = prefix
        self._sections = sections
        self._verbs = {verb: told for verbs in sections.values() for verb, told in verbs.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs in the order of the sections."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module."""
        if cmd_name not in self._verbs:
            return None
        name = f"{self._package}.{self._prefix}{cmd_name.replace('-', '_')}"
        command = importlib.import_module(name).command
        if not isinstance(command, click.Command):
            return None
        if command.short_help is None:
            command.short_help = self._verbs[cmd_name]
            command.help = (
                f"{command.short_help}\n\n{inspect.cleandoc(command.help or '')}".rstrip()
            )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        for title, verbs in self._sections.items():
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest verb for a word that is not a verb."""
        is_word = bool(args) and not args[0].startswith("-") and args[0] not in self._verbs
        if is_word and not ctx.resilient_parsing:
            import difflib

            close = difflib.get_close_matches(args[0], self._verbs, 1)
            meant = f", did you mean {close[0]}?" if close else ""
            ctx.fail(f"no verb {args[0]!r}{meant}")
        return super().resolve_command(ctx, args)


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
        return at if words[0] in self._verbs or not has_arguments else None

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
