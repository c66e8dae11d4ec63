"""Show which patches are applied, and whether every file is intact."""

from __future__ import annotations

from typing import Any

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    target_options,
)
from freebsd_port.cli.render import count, describe_project, paint, print_json, say
from freebsd_port.openstack.core.release.release import COMPUTE
from freebsd_port.openstack.ops.inspect.status import OUT_OF_ORDER, Status

SECTION = "Apply"
PLACE = 5


_EPILOG = """\b
Examples:
  freebsd-port status
  freebsd-port status --release xena --offline
  freebsd-port status --all
  freebsd-port status --venv /usr/local/nova --json"""
_LOOKS = {"applied": "good", "unapplied": "dim", "changed": "warn", "foreign": "bad"}


@click.command("status", epilog=_EPILOG)
@click.option(
    "--all", "is_all", is_flag=True, help="Show every patch on the wheels of every release."
)
@target_options
@offline_option
@common_options
@pass_common
def command(common: Common, is_all: bool, offline: bool) -> None:
    """Hash every file that the series touches; nothing is changed.

    If the release has no environment, show how the series applies to the wheels of the release;
    with --all, to the wheels of every release. -v also names the project.
    """
    if is_all:
        if common.release or common.venv or common.role or common.tree:
            raise click.UsageError("--all excludes --release, --venv, --role and --tree")
        from freebsd_port.cli.views.grid import show_grid

        show_grid(common, is_offline=offline)
        return
    if not common.has_place():
        from freebsd_port.cli.views.convergence import show_sources

        show_sources(common, "status", is_offline=offline, fails=False)
        return
    from freebsd_port.openstack.ops.inspect.status import read_status

    status = read_status(common.workspace())
    project = common.project() if common.tree is None else None
    if common.as_json:
        print_json({**_as_json(status), "project": str(project.root) if project else None})
    elif common.verbosity >= 0:
        if project and common.verbosity > 0:
            say(paint(f"project {describe_project(project)}", "dim"))
        _show(common, status)


def _show(common: Common, status: Status) -> None:
    role = "" if status.role in (None, COMPUTE) else f", role {status.role},"
    what = str(status.place)
    if status.release:
        what = f"release {status.release}{role} in {status.place}"
    what += f", Python {status.python}" if status.python else ""
    if status.options:
        what += f", with the option {' and '.join(status.options)}"
    say(what)
    for patch in status.patches:
        say(f"  {paint(f'{patch.state:9}', _LOOKS[patch.state])} {patch.name}")
    for condition in status.conditions:
        if condition.kind != "patched" or common.verbosity > 0:
            look = "good" if condition.kind == "patched" else "bad"
            say(f"  {paint(f'{condition.kind:9}', look)} {condition.entry.path}")
    for name, old, new in status.replaced:
        say(paint(f"  replaced  {name}: {old} was patched, {new or 'nothing'} is there", "bad"))
    if not status.is_in_order:
        say(paint(f"{OUT_OF_ORDER}: freebsd-port apply", "warn"))
    for name, pinned, found in status.unpinned:
        there = f"{name} {found} is installed" if found else f"{name} is not installed"
        say(paint(f"  {there}, release {status.release} pins {pinned}", "bad"))
    if status.applied_release is not None:
        say(paint(f"the series of release {status.applied_release} is applied", "warn"))
    if status.is_pending:
        say(paint("an interrupted command is not finished yet: freebsd-port apply", "warn"))
    on = sum(patch.state in ("applied", "changed") for patch in status.patches)
    verified = f"; {_verified(status)}" if status.release else ""
    say(f"{on} of {count(len(status.patches), 'patch')} applied{verified}")


def _verified(status: Status) -> str:
    if status.verified is None:
        return "not verified: freebsd-port verify" if status.conditions else "nothing to verify"
    checks = count(status.verified.passed, "check")
    return f"verified {status.verified.time}: {checks} on {', '.join(status.verified.platforms)}"


def _as_json(status: Status) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "ok": True,
        "verb": "status",
        "place": str(status.place),
        "release": status.release,
        "role": status.role,
        "python": status.python,
        "options": list(status.options),
        "complete": status.is_complete,
        "in_order": status.is_in_order,
        "unpinned": [
            {"distribution": name, "pinned": pinned, "found": found}
            for name, pinned, found in status.unpinned
        ],
        "applied_release": status.applied_release,
        "pending": status.is_pending,
        "patches": [{"name": patch.name, "state": patch.state} for patch in status.patches],
        "files": [
            {"path": c.entry.path, "condition": c.kind, "distribution": c.entry.distribution}
            for c in status.conditions
        ],
        "replaced": [
            {"distribution": name, "patched": old, "found": new}
            for name, old, new in status.replaced
        ],
        "verified": asdict(status.verified) if status.verified else None,
    }
