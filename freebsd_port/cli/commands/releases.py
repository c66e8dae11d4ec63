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
from freebsd_port.openstack.ops.release.listing import ReleaseState, RoleState

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
    """Without a verb, list the releases: Pythons, environment and series.lock.

    -v adds the pins and the roles.

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
    release, compute = state.release, state.roles[0]
    nova = release.require_pin("nova")
    notes = [
        _python(compute),
        f"environment: {compute.environment_state}",
        "series rebased" if state.has_series_lock else "series not rebased yet",
    ]
    mark = "*" if state.is_default else " "
    say(f"{mark} {paint(f'{release.name:7}', 'strong')} nova {nova.version:8} {'; '.join(notes)}")
    if verbose:
        for pin in release.pins:
            say(f"      {pin.distribution} {pin.version} {paint(pin.sha256, 'dim')}")
        for role in state.roles[1:]:
            names = ", ".join(pin.distribution for pin in role.release.pins)
            notes = [_python(role), f"environment: {role.environment_state}", names]
            say(f"      role {paint(str(role.release.role), 'strong')} {'; '.join(notes)}")


def _python(state: RoleState) -> str:
    return f"Python {state.release.python}" + ("" if state.has_python else ", not installed")


def _as_json(state: ReleaseState) -> dict[str, object]:
    return {
        "name": state.release.name,
        "codename": state.release.codename,
        "default": state.is_default,
        "python": state.release.python,
        "pins": {pin.distribution: pin.version for pin in state.release.pins},
        "series_lock": state.has_series_lock,
        **_role_json(state.roles[0]),
        "roles": [
            {
                "name": role.release.role,
                "python": role.release.python,
                "distributions": [pin.distribution for pin in role.release.pins],
                **_role_json(role),
            }
            for role in state.roles[1:]
        ],
    }


def _role_json(state: RoleState) -> dict[str, object]:
    return {
        "has_python": state.has_python,
        "environment": str(state.environment),
        "environment_state": state.environment_state,
        "locked": state.is_locked,
    }
