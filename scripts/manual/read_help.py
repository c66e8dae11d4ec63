"""Read the help of every verb from the command line itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a verb as its help shows it."""

    names: tuple[str, ...]
    """Every spelling, the short one first: `("-n", "--dry-run")`."""

    value: str
    """What the option takes, such as `NAME`; empty for a flag."""

    help: str
    is_repeatable: bool


@dataclass(frozen=True, slots=True)
class Page:
    """All that the help of one verb says, in parts."""

    words: tuple[str, ...]
    """The words that call it: `("freebsd-port", "host", "doctor")`."""

    summary: str
    """One sentence without a full stop; backquotes mark code."""

    paragraphs: tuple[str, ...]
    """The rest of the description; backquotes mark code."""

    arguments: tuple[str, ...]
    """As the usage line has them: `("[PATCH|HUNK]...",)`."""

    options: tuple[Option, ...]
    examples: tuple[str, ...]
    statuses: tuple[tuple[int, str], ...]
    """Exit statuses in ascending order, with what each means."""

    verbs: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """Sections of verbs, each verb with its one-line help; empty for a verb without verbs."""

    @property
    def name(self) -> str:
        """The name of its man page: `freebsd-port-host-doctor`."""
        return "-".join(self.words)

    @property
    def verb(self) -> str:
        """The verb alone, `host doctor`; empty for the program itself."""
        return " ".join(self.words[1:])


STATUSES = (
    (0, "done"),
    (1, "failed"),
    (2, "usage: the command line is wrong"),
    (3, "hand work needed"),
)
"""What an exit status means where the help of a verb does not say otherwise."""


def read_pages(command: click.Command, program: str = "freebsd-port") -> tuple[Page, ...]:
    """Read a command and everything below it, in the order in which the help lists them."""
    return tuple(_walk(command, _context(command, program), (program,)))


def _walk(command: click.Command, context: click.Context, words: tuple[str, ...]) -> Iterator[Page]:
    yield _read(command, context, words)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is None:
                raise LookupError(f"{' '.join(words)} lists {name} and has no such verb")
            below = _context(inner, name, context)
            yield from _walk(inner, below, (*words, name))


def _context(
    command: click.Command, name: str, parent: click.Context | None = None
) -> click.Context:
    return click.Context(command, info_name=name, parent=parent, **command.context_settings)


def _read(command: click.Command, context: click.Context, words: tuple[str, ...]) -> Page:
    summary, *paragraphs = _paragraphs(command.help or "")
    examples, statuses, notes = _epilog(command.epilog or "")
    return Page(
        words,
        summary.rstrip("."),
        (*paragraphs, *notes),
        tuple(_arguments(command, context)),
        tuple(_options(command, context)),
        examples,
        statuses or STATUSES[: 4 if not words[1:] else 3],
        tuple(_verbs(command, context)),
    )


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n") if part.strip()]


def _arguments(command: click.Command, context: click.Context) -> Iterator[str]:
    for param in command.get_params(context):
        if isinstance(param, click.Argument):
            yield param.make_metavar(context)
    if isinstance(command, click.Group):
        verb = command.subcommand_metavar or "VERB [ARGS]..."
        yield f"[{verb}]" if command.invoke_without_command else verb


def _options(command: click.Command, context: click.Context) -> Iterator[Option]:
    """Give each option; click's own record has the help, with range and default added."""
    for param in command.get_params(context):
        if not isinstance(param, click.Option) or param.hidden:
            continue
        record = param.get_help_record(context)
        if record is None:
            continue
        names = sorted((*param.opts, *param.secondary_opts), key=len)
        value = "" if param.is_flag or param.count else param.make_metavar(context)
        yield Option(tuple(names), value, " ".join(record[1].split()), param.multiple)


def _verbs(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Give the sections of a group as its own help prints them."""
    if not isinstance(command, click.Group):
        return
    formatter = click.HelpFormatter(width=10_000)
    command.format_commands(context, formatter)
    for part in re.split(r"\n(?=\S)", formatter.getvalue().strip("\n")):
        title, *rows = part.splitlines()
        found = [re.split(r"\s{2,}", row.strip(), maxsplit=1) for row in rows if row.strip()]
        yield title.rstrip(":"), tuple((verb, told) for verb, told in found)


def _epilog(text: str) -> tuple[tuple[str, ...], tuple[tuple[int, str], ...], tuple[str, ...]]:
    """Take an epilog apart: examples, exit statuses, and what else it says."""
    examples: list[str] = []
    statuses: list[tuple[int, str]] = []
    notes: list[str] = []
    for part in re.split(r"\n\s*\n", inspect.cleandoc(text.replace("\b", ""))):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        if lines[:1] == ["Examples:"]:
            examples += lines[1:]
            continue
        prose, _, said = " ".join(lines).partition("Exit status:")
        notes += [prose.strip()] if prose.strip() else []
        for found in re.split(r"[,;]\s+(?=\d)", said.strip().rstrip(".")):
            if number := re.match(r"(\d+)\s+(.+)", found):
                statuses.append((int(number[1]), number[2]))
    return tuple(examples), tuple(sorted(statuses)), tuple(notes)
