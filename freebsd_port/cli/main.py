"""The entry point: finds the verb, and turns every PortError into a message and a status."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import NoReturn

import click

from freebsd_port.errors import PortError, ProblemsError, UsageError

VERBS = {
    "venv": "Make the environment of a release from its lock.",
    "apply": "Bring an environment, or any tree, to exactly the series.",
    "push": "Put the next patches on.",
    "pop": "Take patches off from the top.",
    "status": "Show what is on and whether every file is as it should be.",
    "series": "List the patches in order.",
    "verify": "Run the checks inside the patched environment, hunk by hunk.",
    "check": "Find where series, files, headers, locks and pins disagree.",
    "releases": "List the releases, their pins and what is here of each.",
    "lock": "Make a release's hash-locked requirements.",
    "completion": "Print the completion script for a shell.",
}
_EPILOG = """\b
Examples:
  freebsd-port venv && freebsd-port apply
  freebsd-port status --json
  freebsd-port apply --tree src --patches debian/patches --fuzz 2

\b
Exit status: 0 done, 1 failed, 2 usage, 3 hand work needed."""


class LazyGroup(click.Group):
    """A group that imports a verb only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs in the order in which one meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"freebsd_port.cli.cmd_{cmd_name}")
        command = module.command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which verb was meant when the word is none."""
        is_word = bool(args) and not args[0].startswith("-") and args[0] not in VERBS
        if is_word and not ctx.resilient_parsing:
            import difflib

            close = difflib.get_close_matches(args[0], VERBS, 1)
            meant = f", did you mean {close[0]}?" if close else ""
            ctx.fail(f"no verb {args[0]!r}{meant}")
        return super().resolve_command(ctx, args)


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"freebsd-port {version('freebsd-port')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=_EPILOG,
    subcommand_metavar="VERB [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
def cli() -> None:
    """Run pinned OpenStack nova and oslo releases on FreeBSD with a series of small patches."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    words = sys.argv[1:] if arguments is None else arguments
    gc.set_threshold(100_000)  # patches make many small values and no cycles among them
    try:
        status = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_closed_pipe()
    sys.exit(status)


def _run(words: list[str]) -> int:
    """Run a verb and give the exit status; every error that the user can cure is told."""
    is_json = "--json" in words
    try:
        status = cli.main(words, prog_name="freebsd-port", standalone_mode=False)
    except PortError as error:
        return _report(error, is_json=is_json)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _report(_usage_error(error), is_json=is_json)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    return status if isinstance(status, int) else 0


def _leave_closed_pipe() -> NoReturn:
    """Exit as failed without a word: nobody reads it, and the exit must not try to flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


def _usage_error(error: click.ClickException) -> UsageError:
    """Say in the house's form what click found wrong with the words."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "freebsd-port"
    text = error.format_message().rstrip(".")
    return UsageError(text[:1].lower() + text[1:], hint=f"{path} --help")


def _report(error: PortError, *, is_json: bool) -> int:
    """Print one error, or every finding of a check, and give the exit status."""
    from freebsd_port.cli.render import print_error, print_json, problem_rows

    problems = error.problems if isinstance(error, ProblemsError) else (error,)
    if is_json:
        print_json({"ok": False, "problems": problem_rows(problems)})
    else:
        for problem in problems:
            print_error(problem)
    return error.exit_code
