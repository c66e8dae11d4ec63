"""List the releases, their pins and what is here of each."""

from __future__ import annotations

import click

from freebsd_port.cli.commands import releases_add, releases_outdated
from freebsd_port.cli.options import Common, common_options, pass_common, venv_option
from freebsd_port.cli.render import paint, print_json, say
from freebsd_port.cli.views.matrix import matrix_row, print_matrix
from freebsd_port.errors import UsageError
from freebsd_port.openstack.core.release.markers import pythons_of
from freebsd_port.openstack.ops.release.listing import ReleaseState

SECTION = "Carry"
PLACE = 2

_EPILOG = """\b
Examples:
  freebsd-port releases
  freebsd-port releases --json --release 2026.2
  freebsd-port releases --venv /usr/local/nova
  freebsd-port releases --matrix
  freebsd-port releases outdated
  freebsd-port releases add --help"""


@click.group("releases", epilog=_EPILOG, invoke_without_command=True)
@click.option("--matrix", is_flag=True, help="Print JSON for a CI's fan-out, a row a release.")
@venv_option
@common_options
@pass_common
@click.pass_context
def command(context: click.Context, common: Common, matrix: bool) -> None:
    """List the releases: their pins, the Pythons they take, and what is here of each.

    With --venv only those whose pins the environment holds.
    """
    if context.invoked_subcommand is None:
        _list(common, is_matrix=matrix)
    elif matrix or common.venv:
        name = context.invoked_subcommand
        raise click.UsageError(f"--matrix and --venv stand without {name}, or behind it")


command.add_command(releases_outdated.command)
command.add_command(releases_add.command)


def _list(common: Common, *, is_matrix: bool) -> None:
    from freebsd_port.openstack.ops.release.listing import find_held, list_releases

    project = common.project()
    wanted = project.load_release(common.release).name if common.release else None
    held = find_held(project, common.venv) if common.venv else project.release_names()
    states = [
        state
        for state in list_releases(project)
        if wanted in (None, state.release.name) and state.release.name in held
    ]
    if common.venv and not states:
        raise UsageError(
            "the environment holds the pins of no release",
            where=str(common.venv),
            hint="freebsd-port venv --venv PATH makes one that does",
        )
    if is_matrix:
        print_matrix([_row(state) for state in states])
        return
    if common.as_json:
        print_json({"ok": True, "verb": "releases", "releases": [_as_json(s) for s in states]})
        return
    for state in states:
        _show(state, verbose=common.verbosity > 0)


def _row(state: ReleaseState) -> dict[str, object]:
    pythons = pythons_of(state.release)
    return matrix_row(state.release.name, pythons, has_series_lock=state.has_series_lock)


def _show(state: ReleaseState, *, verbose: bool) -> None:
    release = state.release
    nova = release.require_pin("nova")
    python = f"Python {release.python}" + ("" if state.has_python else ", none here")
    notes = [
        python,
        f"environment: {state.environment_state}",
        "series carried" if state.has_series_lock else "series not carried yet",
    ]
    mark = "*" if state.is_default else " "
    say(f"{mark} {paint(f'{release.name:7}', 'strong')} nova {nova.version:8} {'; '.join(notes)}")
    if verbose:
        for pin in release.pins:
            say(f"      {pin.distribution} {pin.version} {paint(pin.sha256, 'dim')}")


def _as_json(state: ReleaseState) -> dict[str, object]:
    return {
        "name": state.release.name,
        "codename": state.release.codename,
        "default": state.is_default,
        "python": state.release.python,
        "has_python": state.has_python,
        "pins": {pin.distribution: pin.version for pin in state.release.pins},
        "environment": str(state.environment),
        "environment_state": state.environment_state,
        "locked": state.is_locked,
        "series_lock": state.has_series_lock,
    }
