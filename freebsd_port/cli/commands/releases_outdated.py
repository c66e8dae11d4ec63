"""Ask the package index for newer versions of the pins, and newer releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from freebsd_port.cli.options import Common, output_options, pass_common, release_option
from freebsd_port.cli.render import count, paint, print_json, say

SECTION = "Verbs"
PLACE = 1


if TYPE_CHECKING:
    from freebsd_port.openstack.core.release.published import NewRelease
    from freebsd_port.openstack.ops.release.listing import Outdated, ReleaseNews

_EPILOG = """\b
Examples:
  freebsd-port releases outdated
  freebsd-port releases outdated --release 2026.2 --json
  freebsd-port releases outdated --exit-code

\b
Exit status: 0 the index answered; 5 it did not; 2 usage; with --exit-code, 3 something is
newer."""


@click.command("outdated", epilog=_EPILOG)
@click.option("--exit-code", is_flag=True, help="Exit with 3 if something is newer.")
@release_option("OpenStack release; by default all.")
@output_options
@pass_common
def command(common: Common, exit_code: bool) -> None:
    """Of a pin, only point releases count as newer.

    A point release of nova keeps the major version, one of a library major and minor version.
    Pre-releases and yanked versions do not count.
    """
    from freebsd_port.openstack.ops.release.listing import find_outdated

    project = common.project()
    names = project.release_names()
    if common.release:
        names = (project.load_release(common.release).name,)
    found = find_outdated(project, names, common.progress)
    if common.as_json:
        print_json(_as_json(found))
    else:
        _show(common, found)
    if exit_code and found.is_outdated:
        click.get_current_context().exit(3)


def _show(common: Common, found: Outdated) -> None:
    for news in found.releases:
        for one in news.pins:
            what = f"{one.pin.distribution} {one.pin.version} -> {one.newest.version}"
            say(f"{paint(f'{news.release.name:7}', 'strong')} {what}")
        if not news.pins and common.verbosity > 0:
            say(f"{paint(f'{news.release.name:7}', 'strong')} up to date")
    for new in found.new:
        name = new.name or "NAME"
        say(f"{paint(f'{name:7}', 'strong')} a new release: nova {new.nova.version}")
    for step in _steps(found):
        say(f"  try:   {step}")
    if common.verbosity >= 0:
        behind = sum(bool(news.pins) for news in found.releases)
        say(
            f"{count(len(found.releases), 'release')}: {behind} behind a point release, "
            f"{len(found.new)} new on the index"
        )


def _steps(found: Outdated) -> list[str]:
    steps = [_point_step(news) for news in found.releases if news.pins]
    return steps + [_new_step(new) for new in found.new]


def _moves(news: ReleaseNews) -> list[str]:
    return [f"{one.pin.distribution}={one.newest.version}" for one in news.pins]


def _point_step(news: ReleaseNews) -> str:
    pins = " ".join(f"--pin {move}" for move in _moves(news))
    return f"freebsd-port releases add {news.release.name} {pins}"


def _new_step(new: NewRelease) -> str:
    pin = f"--pin nova={new.nova.version}"
    return f"freebsd-port releases add {new.name or 'NAME'} {pin} --constraints FILE"


def _as_json(found: Outdated) -> dict[str, Any]:
    return {
        "ok": True,
        "verb": "releases outdated",
        "outdated": found.is_outdated,
        "releases": [
            {
                "name": news.release.name,
                "pins": [
                    {
                        "distribution": one.pin.distribution,
                        "pinned": one.pin.version,
                        "newest": one.newest.version,
                    }
                    for one in news.pins
                ],
                "try": _point_step(news) if news.pins else None,
            }
            for news in found.releases
        ],
        "new": [
            {"name": new.name, "nova": new.nova.version, "try": _new_step(new)} for new in found.new
        ],
    }
