"""`freebsd-port host services`."""

from __future__ import annotations

from pathlib import Path

import click

from freebsd_port.cli.host.options import answers_option, root_option
from freebsd_port.cli.options import Common, output_options, pass_common

_EPILOG = """\b
Examples:
  freebsd-port host services install
  freebsd-port host services status
  freebsd-port host services remove"""
_INSTALL = """\b
Examples:
  freebsd-port host services install --dry-run -v
  freebsd-port host services install
  freebsd-port host services install --root stage --answers host.toml

\b
Then, for each service:
  sysrc nova_conductor_enable=YES && service nova_conductor start"""
_REMOVE = """\b
Examples:
  freebsd-port host services remove --dry-run
  freebsd-port host services remove --force"""
_STATUS = """\b
Examples:
  freebsd-port host services status
  freebsd-port host services status --json"""


_dry_run_option = click.option("-n", "--dry-run", is_flag=True, help="Only show what would be.")


@click.group("services", epilog=_EPILOG)
@output_options
@pass_common
def command(common: Common) -> None:
    """Install, remove and show the rc.d scripts of nova's services.

    With them come the rotation of their logs, libvirt's hook for the console bridge and, where
    nova has no API server of its own, gunicorn's settings.
    """


@command.command("install", epilog=_INSTALL)
@_dry_run_option
@root_option
@answers_option
@output_options
@pass_common
def install_command(common: Common, dry_run: bool, root: Path, answers_path: Path) -> None:
    """Bring the files of all services to what the answers mean.

    What others wrote there, or edited since, is replaced, and a copy is kept. Nothing is started.
    """
    from freebsd_port.cli.host.service_report import show_steps
    from freebsd_port.ops.host.answers import load_answers
    from freebsd_port.ops.host.services import install

    steps = install(load_answers(answers_path), answers_path, root, is_dry_run=dry_run)
    show_steps(common, "install", steps, is_dry_run=dry_run)


@command.command("remove", epilog=_REMOVE)
@click.option("--force", is_flag=True, help="Remove what was edited too; a copy is kept.")
@_dry_run_option
@root_option
@output_options
@pass_common
def remove_command(common: Common, force: bool, dry_run: bool, root: Path) -> None:
    """Take away what `install` wrote, and nothing else.

    Nothing goes while one of the services runs: without its script nothing would stop it.
    """
    from freebsd_port.cli.host.service_report import show_steps
    from freebsd_port.ops.host.services import remove

    steps = remove(root, is_forced=force, is_dry_run=dry_run)
    show_steps(common, "remove", steps, is_dry_run=dry_run)


@command.command("status", epilog=_STATUS)
@root_option
@answers_option
@output_options
@pass_common
def status_command(common: Common, root: Path, answers_path: Path) -> None:
    """Show of each service whether it is installed, enabled and running.

    Fails where a script is not as `install` writes it, an enabled service does not run, or one
    ended within the last minute; of these two the last lines of the log are shown.
    """
    from freebsd_port.cli.host.service_report import show_states
    from freebsd_port.ops.host.answers import load_answers
    from freebsd_port.ops.host.service_states import read_states

    states = read_states(load_answers(answers_path), answers_path, root)
    if not show_states(common, states):
        raise click.exceptions.Exit(1)
