"""List, add and update the releases and their pins."""

from __future__ import annotations

import click

from freebsd_port.cli.lazy import VerbGroup
from freebsd_port.cli.options import (
    Common,
    output_options,
    pass_common,
    release_option,
    venv_option,
)
from freebsd_port.cli.render import describe_project, paint, print_json, say
from freebsd_port.errors import UsageError
from freebsd_port.openstack.ops.release.listing import ReleaseState

SECTION = "Rebase"
PLACE = 2


_EPILOG = """\b
Examples:
  freebsd-port releases
  freebsd-port releases --json --release 2026.2
  freebsd-port releases --venv /usr/local/nova
  freebsd-port releases outdated"""


@click.group(
    "releases",
    cls=VerbGroup,
    package="freebsd_port.cli.commands",
    prefix="releases_",
    epilog=_EPILOG,
    invoke_without_command=True,
)
@venv_option
@release_option("OpenStack release; by default all.")
@output_options
@pass_common
def command(common: Common) -> None:
    """Without a verb, list the releases: Pythons, environment and series.lock; -v adds the pins.

    With --venv, list only releases whose pins the environment holds.
    """
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
            "the environment does not hold the pins of any release",
            where=str(common.venv),
            hint="freebsd-port venv --venv PATH",
        )
    if common.as_json:
        rows = [_as_json(state) for state in states]
        place = str(project.root)
        print_json({"ok": True, "verb": "releases", "project": place, "releases": rows})
        return
    say(paint(f"project {describe_project(project)}", "dim"))
    for state in states:
        _show(state, verbose=common.verbosity > 0)


def _show(state: ReleaseState, *, verbose: bool) -> None:
    release = state.release
    nova = release.require_pin("nova")
    python = f"Python {release.python}" + ("" if state.has_python else ", not installed")
    notes = [
        python,
        f"environment: {state.environment_state}",
        "series rebased" if state.has_series_lock else "series not rebased yet",
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
