"""Install, remove and show the rc.d scripts of nova's services."""

from __future__ import annotations

from pathlib import Path

import click

from freebsd_port.cli.options import Common, output_options, pass_common
from freebsd_port.cli.render import paint, print_json, say
from freebsd_port.host.cli.options import answers_option, root_option
from freebsd_port.host.ops.services import ServiceState, ServiceStep

SECTION = "Verbs"
PLACE = 5


_LOOKS = {"write": "good", "replace": "warn", "remove": "warn", "keep": "dim"}
_SCRIPTS = {
    "absent": "not installed",
    "edited": "edited by hand",
    "foreign": "another's script",
    "outdated": "outdated",
}


def show_steps(
    common: Common, verb: str, steps: tuple[ServiceStep, ...], *, is_dry_run: bool
) -> None:
    """Show what became of each file, or would."""
    changed = [step for step in steps if step.action != "keep"]
    if common.as_json:
        rows = [
            {"path": one.path, "action": one.action, "copy": str(one.copy) if one.copy else None}
            for one in steps
        ]
        name = f"host services {verb}"
        print_json({"ok": True, "verb": name, "dry_run": is_dry_run, "files": rows})
        return
    if common.verbosity < 0:
        return
    would = "would " if is_dry_run else ""
    for step in steps if common.verbosity > 0 else changed:
        say(f"{paint(f'{would}{step.action:7}', _LOOKS[step.action])} {step.path}")
        if step.copy:
            say(f"        the previous file is in {step.copy}")
    if not changed:
        say("nothing to do")


def show_states(common: Common, states: tuple[ServiceState, ...]) -> bool:
    """Show every service; True if all is well."""
    wrong = [one for one in states if not one.is_well]
    if common.as_json:
        rows = [
            {
                "name": one.name,
                "script": one.script,
                "enabled": one.enabled,
                "supervisor": one.supervisor,
                "process": one.process,
                "log": one.log,
                "restarted_seconds": one.restarted_seconds,
                "last_lines": list(one.last_lines),
                "log_refusal": one.log_refusal,
            }
            for one in states
        ]
        print_json({"ok": not wrong, "verb": "host services status", "services": rows})
        return not wrong
    for one in states if common.verbosity >= 0 else ():
        look = "bad" if not one.is_well else "good" if one.process else "dim"
        say(f"{paint(f'{one.name:19}', look)} {', '.join(_words(one))}")
        for line in one.last_lines:
            say(f"    {line}")
        if one.log_refusal:
            say(f"    its log cannot be read: {one.log_refusal}")
    if wrong and common.verbosity >= 0:
        say(paint(f"needs attention: {', '.join(one.name for one in wrong)}", "bad"))
    return not wrong


def _words(one: ServiceState) -> list[str]:
    words = [_SCRIPTS[one.script]] if one.script in _SCRIPTS else []
    if one.restarted_seconds is not None:
        words.append(f"was restarted {one.restarted_seconds} seconds ago")
    if one.process:
        alone = "" if one.supervisor else ", without its daemon(8)"
        words.append(f"runs as process {one.process}{alone}")
    else:
        words.append("does not stay up" if one.supervisor else "does not run")
    if one.should_run and (not one.process or one.restarted_seconds is not None):
        words.append(f"log {one.log}")
    if one.script != "absent" and one.enabled is not None:
        words.append("enabled" if one.enabled else "not enabled")
    return words


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


_dry_run_option = click.option(
    "-n", "--dry-run", is_flag=True, help="Show what would change, and write nothing."
)


@click.group("services", epilog=_EPILOG)
@output_options
@pass_common
def command(common: Common) -> None:
    """Log rotation and libvirt's hook for the console bridge come with them.

    So do the settings of gunicorn, if nova has no API server of its own.
    """


@command.command("install", epilog=_INSTALL)
@_dry_run_option
@root_option
@answers_option
@output_options
@pass_common
def install_command(common: Common, dry_run: bool, root: Path, answers_path: Path) -> None:
    """Write the files of all services as the answers require.

    A file that others wrote or edited is replaced, and a copy is kept. Nothing is started.
    """
    from freebsd_port.host.ops.answers import load_answers
    from freebsd_port.host.ops.services import install

    steps = install(load_answers(answers_path), answers_path, root, is_dry_run=dry_run)
    show_steps(common, "install", steps, is_dry_run=dry_run)


@command.command("remove", epilog=_REMOVE)
@click.option("--force", is_flag=True, help="Also remove edited files; a copy is kept.")
@_dry_run_option
@root_option
@output_options
@pass_common
def remove_command(common: Common, force: bool, dry_run: bool, root: Path) -> None:
    """Remove the files that install wrote, and nothing else.

    Nothing is removed while one of the services runs, because nothing could stop it then.
    """
    from freebsd_port.host.ops.services import remove

    steps = remove(root, is_forced=force, is_dry_run=dry_run)
    show_steps(common, "remove", steps, is_dry_run=dry_run)


@command.command("status", epilog=_STATUS)
@root_option
@answers_option
@output_options
@pass_common
def status_command(common: Common, root: Path, answers_path: Path) -> None:
    """Show for each service whether it is installed, enabled and running.

    Fail if a script differs from what install writes, an enabled service does not run, or a service
    ended within the last minute; for the last two, show the end of the log.
    """
    from freebsd_port.host.ops.answers import load_answers
    from freebsd_port.host.ops.services import read_states

    states = read_states(load_answers(answers_path), answers_path, root)
    if not show_states(common, states):
        raise click.exceptions.Exit(1)
