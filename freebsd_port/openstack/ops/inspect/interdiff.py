"""`interdiff`: what changed in the series between two releases, or two revisions of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.interdiff.compare import Placements, compare_series
from freebsd_port.engine.core.interdiff.read_series import SeriesText, read_series
from freebsd_port.engine.ops.inspect.interdiff import Interdiff
from freebsd_port.engine.store.files.git import read_revision
from freebsd_port.errors import UsageError, system_words
from freebsd_port.openstack.core.release.release import release_order
from freebsd_port.openstack.ops.series import patched_pins
from freebsd_port.openstack.store.project.project import Project, ProjectError
from freebsd_port.openstack.store.python.wheels import (
    Progress,
    WheelError,
    WheelTree,
    require_wheels,
)

WORK_TREE = "the working tree"
Files = dict[str, bytes]


def compare_releases(
    project: Project,
    old: str,
    new: str,
    options: frozenset[str],
    *,
    is_offline: bool,
    progress: Progress,
) -> Interdiff:
    """Compare what two releases take, and where it lands on each.

    A release whose wheels cannot be had is told, and the texts are compared all the same.
    """
    files = _read_checkout(project)
    placements: list[Placements] = []
    unplaced: list[WheelError] = []
    texts = tuple(_read_series(files, name, name, options) for name in (old, new))
    for name, text in zip((old, new), texts, strict=True):
        pins = patched_pins(project, project.load_release(name))
        try:
            wheels = require_wheels(pins, is_offline=is_offline, progress=progress)
        except WheelError as error:
            unplaced.append(error)
            placements.append({})
        else:
            placements.append(_land(WheelTree(wheels), text))
    patches = compare_series(texts[0], texts[1], (placements[0], placements[1]))
    return Interdiff(old, new, (old, new), patches, tuple(unplaced))


def compare_revisions(
    project: Project, old: str, new: str | None, release: str, options: frozenset[str]
) -> Interdiff:
    """Compare the series of a git revision with that of another one, or of the working tree.

    `release` chooses the variants on both sides. Raises GitError, and what reading either
    series raises.
    """
    files = [read_revision(project.root, old, _is_wanted)]
    files.append(
        _read_checkout(project) if new is None else read_revision(project.root, new, _is_wanted)
    )
    labels = old, new or WORK_TREE
    before, behind = (
        _read_series(one, label, release, options) for one, label in zip(files, labels, strict=True)
    )
    return Interdiff(*labels, (release, release), compare_series(before, behind))


def are_releases(project: Project, names: Sequence[str]) -> bool:
    """Tell whether these are two releases; if not, they are revisions.

    Raises UsageError for a release beside a revision, and for one release alone.
    """
    known = project.release_names()
    releases = [name for name in names if name in known]
    if not releases:
        return False
    if len(names) == 2 and releases == list(names):
        return True
    raise UsageError(
        f"{releases[0]} is a release, and it is compared with another release",
        hint="give two releases, or revisions only; --release chooses the variants of revisions",
    )


def _read_series(files: Files, label: str, release: str, options: frozenset[str]) -> SeriesText:
    """Read a series; the releases are those that the files hold, and the one that is asked for."""
    paths = [path for path in files if path.endswith("/release.toml")]
    names = {path.split("/")[-2] for path in paths} | {release}
    return read_series(files, label, release, tuple(sorted(names, key=release_order)), options)


def _is_wanted(path: str) -> bool:
    """Tell whether a path of the project is part of what a series is read from."""
    is_pin = path.startswith("releases/") and path.endswith("/release.toml")
    return path == "series" or path.startswith("patches/") or is_pin


def _read_checkout(project: Project) -> Files:
    root = project.root
    paths = [root / "series", *root.glob("releases/*/release.toml")]
    for directory, _, names in os.walk(root / "patches"):
        paths += (Path(directory, name) for name in names)
    try:
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    except OSError as error:
        raise ProjectError(
            f"cannot be read: {system_words(error)}",
            where=str(error.filename or root),
        ) from error


def _land(tree: WheelTree, text: SeriesText) -> Placements:
    plan = plan_series(tree, ((one.entry, one.patch) for one in text.patches if one.file))
    return {
        (outcome.name, hunk.line): hunk.result for outcome in plan.patches for hunk in outcome.hunks
    }
