"""The entry point: finds the verb, and turns every PortError into a message and a status."""

from __future__ import annotations

import errno
import gc
import os
import sys
from typing import NoReturn

import click

from freebsd_port.cli.lazy import LazyGroup
from freebsd_port.errors import PortError, ProblemsError, UsageError, system_words

SECTIONS = ("Apply", "Verify", "Review", "Rebase", "Author", "Run", "Shell")
"""The sections of the help, in its order. Each verb's module names the one that lists it."""

_WRITE_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_EPILOG = """\b
Examples:
  freebsd-port venv && freebsd-port apply
  freebsd-port status --json
  freebsd-port apply --tree src --patches debian/patches --fuzz 2

\b
Exit status: 0 done, 1 failed, 2 usage, 3 hand work needed, 4 rebased but checks fail,
5 the package index does not answer."""


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from freebsd_port.cli.version import describe_version

        click.echo(f"freebsd-port {describe_version()}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    package="freebsd_port.cli.commands",
    sections=SECTIONS,
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
    _open_closed_streams()
    try:
        status = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_output()
    except OSError as error:
        if error.filename is not None or error.errno not in _WRITE_FAULTS:
            raise
        from freebsd_port.cli.render import done_lines

        reason = f"cannot write: {os.strerror(error.errno).lower()}"
        if done := "; ".join(done_lines()):
            reason += f", but the command did its work: {done}"
        _report(PortError(reason, where="standard output"), is_json=False)
        _leave_output()
    if arguments is None:
        gc.freeze()  # the process ends: what it made is not to be searched for cycles once more
    sys.exit(status)


def _open_closed_streams() -> None:
    """Let streams that the caller closed lead nowhere; no file of ours may get their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def _run(words: list[str]) -> int:
    """Run a verb and give the exit status; every error that the user can fix is printed."""
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
    except PermissionError as error:
        told = PortError(system_words(error), where=error.filename)
        return _report(told, is_json=is_json)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    return status if isinstance(status, int) else 0


def _leave_output() -> NoReturn:
    """Exit as failed: what is left of the output has no place, and the exit must not flush it."""
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
