"""Create nova's databases and cells, or list the steps that remain."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from freebsd_port.cli.options import Common, output_options, pass_common
from freebsd_port.cli.render import paint, print_json, say
from freebsd_port.host.cli.options import answers_option, passwords_option, root_option

SECTION = "Verbs"
PLACE = 4


if TYPE_CHECKING:
    from freebsd_port.host.ops.database import Outcome

_EPILOG = """\b
Examples:
  freebsd-port host database
  freebsd-port host database --run
  freebsd-port host database --run --defaults-file /root/admin.cnf
  freebsd-port host database --print

\b
Exit status: 0 all steps are done, 1 steps remain or one failed, 2 usage."""

_LOOKS = {"done": "good", "left": "bad", "later": "warn"}


@click.command(epilog=_EPILOG)
@click.option("--run", "is_run", is_flag=True, help="Take the steps that remain.")
@click.option("--print", "is_print", is_flag=True, help="Print the SQL, with *** for the password.")
@click.option(
    "--defaults-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, resolve_path=True),
    metavar="FILE",
    help="Options file for MariaDB's client, with the administrator; by default the client's own.",
)
@passwords_option
@root_option
@answers_option
@output_options
@pass_common
def command(
    common: Common,
    is_run: bool,
    is_print: bool,
    defaults_file: Path | None,
    passwords_path: Path,
    root: Path,
    answers_path: Path,
) -> None:
    """Without options, list the steps; with --run, take those that remain.

    A step that is done is recognised and not repeated, so run the command again after a failure.
    The server's own client creates the databases and the user, psql for PostgreSQL; nova-manage
    does the rest. Passwords go through standard input. Run it again after nova-compute has
    reported, so that the host is mapped to its cell.
    """
    from freebsd_port.errors import UsageError
    from freebsd_port.host.ops.answers import load_answers
    from freebsd_port.host.ops.database import look_at_databases, print_sql, take_steps

    if is_run and is_print:
        raise UsageError("--run and --print exclude each other", hint="give one of them")
    answers = load_answers(answers_path)
    if is_print:
        sql = print_sql(answers)
        if common.as_json:
            print_json({"ok": True, "verb": "host database", "sql": sql})
        else:
            for line in sql.rstrip("\n").split("\n"):
                say(line)
        return
    if is_run:
        outcome = take_steps(answers, passwords_path, root, defaults_file, common.progress)
    else:
        outcome = look_at_databases(answers, passwords_path, root)
    is_done = all(step.state != "left" for step in outcome.steps)
    if common.as_json:
        _print_json(outcome, is_done=is_done)
    elif common.verbosity >= 0:
        _show(outcome, is_done=is_done)
    if not is_done:
        raise click.exceptions.Exit(1)


def _print_json(outcome: Outcome, *, is_done: bool) -> None:
    print_json(
        {
            "ok": is_done,
            "verb": "host database",
            "taken": list(outcome.taken),
            "steps": [asdict(step) for step in outcome.steps],
            "few_connections": outcome.scarce_connections,
        }
    )


def _show(outcome: Outcome, *, is_done: bool) -> None:
    from freebsd_port.host.core.database import ENOUGH_CONNECTIONS as ENOUGH

    for step in outcome.steps:
        state = paint(f"{step.state:<5}", _LOOKS[step.state])
        say(f"{state}  {step.name:<24}  {step.detail}".rstrip())
    few = outcome.scarce_connections
    if few is not None:
        say(f"{paint('warn', 'warn')}   max_connections is {few}; nova may need {ENOUGH}")
        say(f"       {paint('try:', 'dim')} max_connections = {ENOUGH} in the server's settings")
    if not is_done:
        say("next: freebsd-port host database --run")
