"""What the shell offers for a word that is not finished yet; never an error, never output."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import click

from freebsd_port.cli.context import Common
from freebsd_port.cli.render import escape
from freebsd_port.errors import PortError

_MOST_FILES = 5000
"""Of a tree that are looked at: one may hold any number."""


def complete_release(ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a release of the project."""
    try:
        names = _common(ctx).project().release_names()
    except (PortError, OSError):
        return []
    return [name for name in names if name.startswith(word)]


def complete_role(ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a role of the release that the words before it name."""
    common = _common(ctx)
    try:
        names = common.project().load_release(common.release).role_names
    except (PortError, OSError):
        return []
    return [name for name in names if name.startswith(word)]


def complete_patch(ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a patch of the series that the words before it name."""
    from freebsd_port.engine.core.series.series import parse_series

    common = _common(ctx)
    try:
        file = common.series
        if file is None and common.patches is not None:
            file = common.patches / "series"
        data = (file or common.project().series).read_bytes()
        names = parse_series(data).names
    except (PortError, OSError):
        return []
    return [
        name
        for name in names
        if (name.startswith(word) or name.partition("/")[2].startswith(word))
        and escape(name) == name  # a shell prints what it is offered
    ]


def complete_review(ctx: click.Context, param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a patch, or the id of a hunk once a digit of it stands there."""
    names = complete_patch(ctx, param, word)
    if names or not word or not set(word) <= set("0123456789abcdef-"):
        return names
    from freebsd_port.openstack.ops.review.gather import gather_review

    common = _common(ctx)
    try:
        facts = gather_review(
            common.project(),
            common.release,
            releases=(),
            options=common.options,
            is_offline=True,
            progress=lambda message: None,
        )
    except (PortError, OSError):
        return []
    ids = [hunk.id for patch in facts.patches for hunk in patch.hunks]
    return [one for one in ids if one.startswith(word)]


def complete_file(ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    """Complete the path of a file of the tree, or of the packages that the release pins.

    Whole paths, so that the shell stops at the next slash by itself. Nothing is fetched.
    """
    common = _common(ctx)
    try:
        paths = _tree_paths(common.tree, word) if common.tree else _pinned_paths(common)
    except (PortError, OSError):
        return []
    return sorted(path for path in paths if path.startswith(word) and ".dist-info/" not in path)


def _tree_paths(tree: Path, word: str) -> list[str]:
    """Give the files in the directory that the word names, and below."""
    found = (tree / word.rpartition("/")[0]).rglob("*")
    files = (path for path in found if path.is_file() and not path.is_symlink())
    return [path.relative_to(tree).as_posix() for path in islice(files, _MOST_FILES)]


def _pinned_paths(common: Common) -> Iterable[str]:
    """Give what RECORD lists in the environment; without one, what the cached wheels hold."""
    from freebsd_port.engine.core.apply.record import record_paths
    from freebsd_port.openstack.ops.series import find_place, find_role
    from freebsd_port.openstack.store.python.environment import find_installed, read_environment
    from freebsd_port.openstack.store.python.wheels import WheelTree, require_wheels

    project = common.project()
    release = project.load_release(common.release)
    place = find_place(project, release, common.venv, common.role)
    pins = release.for_role(find_role(place, common.role)).pins
    if not common.has_place():
        return WheelTree(require_wheels(pins, is_offline=True)).paths()
    packages = read_environment(place.absolute()).packages
    installed = find_installed(packages, [pin.distribution for pin in pins])
    records = [(one.dist_info / "RECORD").read_bytes() for one in installed.values()]
    return [path for record in records for path in record_paths(record)]


def complete_suite(_ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a suite of upstream's tests, or of a group of suites."""
    from freebsd_port.openstack.core.proof.suites import SUITES

    names = ["fast", "long", "all", *(suite.name for suite in SUITES)]
    return [name for name in names if name.startswith(word)]


def _common(ctx: click.Context) -> Common:
    return ctx.find_object(Common) or Common()
