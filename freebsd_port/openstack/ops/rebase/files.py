"""Which files of the project a carried series changes: texts, tags in the series, series.lock."""

from __future__ import annotations

from collections.abc import Mapping

from freebsd_port.engine.core.apply.option_sets import plan_options
from freebsd_port.engine.core.apply.overlay import AppliedPatch
from freebsd_port.engine.core.apply.series_lock import render_lock
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.rebase.progress import RebaseState
from freebsd_port.engine.core.series.series import parse_series
from freebsd_port.engine.core.series.variant import (
    pick_file,
    place_text,
    tag_series,
    variant_name,
)
from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.ops.apply.judge import judge_plan
from freebsd_port.engine.ops.rebase.flow import RebasedSeries, require_same
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.store.files.read import Listing
from freebsd_port.errors import ProblemsError
from freebsd_port.openstack.store.project.project import Project


def plan_files(project: Project, state: RebaseState, carried: RebasedSeries) -> dict[str, bytes]:
    """Give the files that have to change up to the first conflict, in an order to write them in.

    It can be cut off anywhere: a text that another release takes is in its new place before the
    old one changes. Raises RebaseError when the series with them is not what was carried.
    """
    files: dict[str, bytes] = {}
    order = project.release_names()
    others = {name for name in order if project.series_lock(name).exists()} | {
        state.old,
        *state.beside,
    }
    series = project.series.read_bytes()
    listing = Listing(project.patches)
    tagged = series
    for patch in carried.patches:
        if patch.state == "conflict":
            break
        if patch.state == "upstreamed":
            tagged = tag_series(tagged, patch.name, state.new, f"{state.new} has it")
        elif patch.state == "off" and patch.name in state.skipped:
            tagged = tag_series(tagged, patch.name, state.new, state.skipped[patch.name])
        elif patch.text is not None:
            texts = _texts(project, listing, patch.name, order)
            placed = place_text(patch.name, state.new, order, others, texts, patch.text)
            for name in sorted(placed, key=lambda name: placed[name] == patch.text):
                files[f"patches/{name}"] = placed[name]
    if tagged != series:
        files["series"] = tagged
    lock = project.series_lock(state.new)
    if carried.is_whole and (state.only is None or lock.exists()):
        goal = _goal(project, listing, state.new, tagged, files)
        patches = [(one.entry, parse_patch(one.entry.name, one.data)) for one in goal]
        plans = plan_options(carried.tree, patches)
        require_same(plans.whole, carried)
        if plans.problems:
            raise ProblemsError(plans.problems)
        judgement = judge_plan(carried.tree, goal, plans.whole)
        if judgement.problems:
            raise ProblemsError(judgement.problems)
        text = render_lock(plans.files)
        if not lock.exists() or lock.read_bytes() != text:
            files[lock.relative_to(project.root).as_posix()] = text
    return files


def _texts(
    project: Project, listing: Listing, name: str, order: tuple[str, ...]
) -> dict[str, bytes]:
    """Read a patch and its variants."""
    names = (name, *(variant_name(name, release) for release in order))
    return {one: (project.patches / one).read_bytes() for one in names if listing.has(one)}


def _goal(
    project: Project, listing: Listing, release: str, series: bytes, files: Mapping[str, bytes]
) -> tuple[GoalPatch, ...]:
    """Give the series as it is going to be on the release, with every option."""
    order = project.release_names()
    patches = []
    whole = parse_series(series)
    for entry in whole.for_release(release, order, whole.options).entries:
        texts = _texts(project, listing, entry.name, order)
        texts |= {
            name.removeprefix("patches/"): text
            for name, text in files.items()
            if name.startswith("patches/")
        }
        text = texts[pick_file(entry.name, release, order, texts)]
        applied = AppliedPatch(entry.name, hash_bytes(text), entry.strip, entry.reverse)
        patches.append(GoalPatch(entry, text, applied))
    return tuple(patches)
