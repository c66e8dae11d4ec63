"""Write nova.conf and the files that belong to it, validated by oslo.config."""

from __future__ import annotations

from pathlib import Path

import click

from freebsd_port.cli.options import Common, output_options, pass_common
from freebsd_port.cli.render import paint, print_json, say
from freebsd_port.host.cli.options import answers_option, passwords_option, root_option
from freebsd_port.host.ops.config import Planned

SECTION = "Verbs"
PLACE = 3


_EPILOG = """\b
Examples:
  freebsd-port host config --dry-run
  freebsd-port host config
  freebsd-port host config --yes
  FREEBSD_PORT_PASSWORD_DATABASE=... freebsd-port host config --yes
  freebsd-port host config --answers host.toml --passwords passwords.toml --root stage

\b
Exit status: 0 done, 1 failed or rejected by oslo.config, 2 usage, 3 files wait for --yes."""


@click.command(epilog=_EPILOG)
@click.option(
    "-n", "--dry-run", is_flag=True, help="Show what would be written, and write nothing."
)
@click.option(
    "--yes", "is_agreed", is_flag=True, help="Replace files that differ, and keep copies of them."
)
@passwords_option
@root_option
@answers_option
@output_options
@pass_common
def command(
    common: Common,
    dry_run: bool,
    is_agreed: bool,
    passwords_path: Path,
    root: Path,
    answers_path: Path,
) -> None:
    """The files are nova.conf, nova-compute.conf, rootwrap's files, api-paste.ini and samples.

    They are made from host.toml, the passwords, and the options that the patched environment
    knows; oslo.config's validator checks them before anything is written. A password is taken from
    the variable FREEBSD_PORT_PASSWORD_NAME, else from the file; otherwise it is generated and saved
    there. Passwords are never printed.
    """
    from freebsd_port.host.ops.answers import load_answers
    from freebsd_port.host.ops.config import plan_config, write_config

    answers = load_answers(answers_path)
    planned = plan_config(answers, passwords_path, root, common.progress)
    must_wait = bool(planned.differences) and not (is_agreed or dry_run)
    copies = {}
    if not dry_run and not must_wait:
        copies = write_config(planned, answers, passwords_path, root)
    if common.as_json:
        _print_json(planned, copies, is_dry=dry_run, is_waiting=must_wait)
    elif common.verbosity >= 0 or must_wait:
        _show(planned, copies, is_dry=dry_run or must_wait)
        if must_wait:
            nothing = paint("nothing was written", "warn")
            say(f"{nothing}: add --yes to replace the files that differ")
    if must_wait:
        raise click.exceptions.Exit(3)


def _print_json(
    planned: Planned, copies: dict[str, Path], *, is_dry: bool, is_waiting: bool
) -> None:
    rows = [
        {
            "path": file.path,
            "changed": file in planned.changed,
            "was": planned.found[file.path].kind,
            "copy": str(copies[file.path]) if file.path in copies else None,
            "difference": planned.differences.get(file.path),
        }
        for file in planned.files
    ]
    print_json(
        {
            "ok": not is_waiting,
            "verb": "host config",
            "dry_run": is_dry,
            "files": rows,
            "made_passwords": list(planned.made),
        }
    )


def _show(planned: Planned, copies: dict[str, Path], *, is_dry: bool) -> None:
    would = "would write" if is_dry else "wrote"
    for file in planned.changed:
        difference = planned.differences.get(file.path)
        for line in (difference or "").splitlines():
            look = {"+": "good", "-": "bad"}.get(line[:1])
            say(paint(line, look) if look else line)
        say(f"{would} {file.path}")
        if file.path in copies:
            say(f"  the previous file is in {copies[file.path]}")
    if planned.made:
        say(f"passwords {'to generate' if is_dry else 'generated'}: {', '.join(planned.made)}")
    if not planned.changed:
        say("nothing to do")
