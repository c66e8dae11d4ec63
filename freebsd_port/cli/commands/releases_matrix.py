"""Print the releases as the job matrix of a CI system."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from freebsd_port.cli.options import Common, output_options, pass_common, release_option
from freebsd_port.cli.render import print_json
from freebsd_port.openstack.core.release.markers import pythons_of
from freebsd_port.openstack.ops.release.listing import find_outdated, list_releases
from freebsd_port.openstack.store.project.project import Project

SECTION = "Verbs"
PLACE = 3


_EPILOG = """\b
Examples:
  freebsd-port releases matrix
  freebsd-port releases matrix --outdated"""


@click.command("matrix", epilog=_EPILOG)
@click.option(
    "--outdated",
    is_flag=True,
    help="Ask the package index; add newer releases, and newer versions of the pins.",
)
@release_option("OpenStack release; by default all.")
@output_options
@pass_common
def command(common: Common, outdated: bool) -> None:
    """Print one line of JSON with a row for each release, for fromJSON in a GitHub workflow.

    With --json, the same with the keys that every verb has.
    """
    project = common.project()
    names = project.release_names()
    if common.release:
        names = (project.load_release(common.release).name,)
    rows = _outdated_rows(common, project, names) if outdated else _rows(project, names)
    if common.as_json:
        print_json({"ok": True, "verb": "releases matrix", "include": rows})
    else:
        click.echo(json.dumps({"include": rows}))


def _rows(project: Project, names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        matrix_row(
            state.release.name,
            pythons_of(state.release),
            has_series_lock=state.has_series_lock,
        )
        for state in list_releases(project)
        if state.release.name in names
    ]


def _outdated_rows(common: Common, project: Project, names: Sequence[str]) -> list[dict[str, Any]]:
    found = find_outdated(project, tuple(names), common.progress)
    rows = [
        matrix_row(
            news.release.name,
            pythons_of(news.release),
            has_series_lock=news.has_series_lock,
            pins=[f"{one.pin.distribution}={one.newest.version}" for one in news.pins],
        )
        for news in found.releases
    ]
    for new in found.new:
        if new.name is not None:
            pins = (f"nova={new.nova.version}",)
            rows.append(
                matrix_row(
                    new.name, found.new_pythons, has_series_lock=False, pins=pins, is_new=True
                )
            )
    return rows


def matrix_row(
    release: str,
    pythons: Sequence[str],
    *,
    has_series_lock: bool,
    pins: Sequence[str] = (),
    is_new: bool = False,
) -> dict[str, Any]:
    """Give one row; `python` is the oldest of its Pythons, with which locks are made.

    `pins` are what `releases add --pin` is to be given; most rows have none.
    """
    return {
        "release": release,
        "python": pythons[0] if pythons else "",
        "pythons": list(pythons),
        "carried": has_series_lock,
        "new": is_new,
        "pins": " ".join(pins),
    }
