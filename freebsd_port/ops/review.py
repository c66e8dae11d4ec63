"""`review`: the facts of the series, laid over the pinned wheels of every release."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from freebsd_port.core.review.assembling import Known, Ran, assemble_patch
from freebsd_port.core.review.column import Column
from freebsd_port.core.review.deciding import Standing, match_decisions
from freebsd_port.core.review.facts import SeriesFacts
from freebsd_port.core.review.laying import Layer, number_patches
from freebsd_port.core.review.relevant import find_relevant
from freebsd_port.ops.series import load_series
from freebsd_port.ops.series_reader import SeriesReader
from freebsd_port.store.decisions import load_decisions
from freebsd_port.store.project import Project
from freebsd_port.store.wheels import Progress, WheelError

Choose = Callable[[Column], Collection[str]]
"""Takes the whole series laid over the shown release, and gives the names of patches."""


def gather_review(
    project: Project,
    release: str | None = None,
    *,
    patches: Collection[str] | Choose | None = None,
    releases: Collection[str] | None = None,
    venv: Path | None = None,
    options: frozenset[str] = frozenset(),
    is_offline: bool = False,
    progress: Progress,
) -> SeriesFacts:
    """Gather all that is known of the series as a release takes it, the newest unless named.

    `patches` leaves the others out, and what only they need unread; `releases` are those to look
    at beside the shown one, all unless given. What checks ran is read from `venv`, or from the
    release's environment where there is one. Raises WheelError when the wheels of the shown
    release cannot be had, and what reading the project and its decisions raises.
    """
    shown = project.load_release(release).name
    series = load_series(project.series).entries
    reader = SeriesReader(project, options, is_offline=is_offline, progress=progress)
    if callable(patches):
        patches = patches(_lay(reader, shown, [entry.name for entry in series], is_needed=True))
    names = [entry.name for entry in series if patches is None or entry.name in patches]
    order = project.release_names()
    looked_at = [one for one in order if one == shown or releases is None or one in releases]
    columns = [_lay(reader, one, names, is_needed=one == shown) for one in looked_at]
    here = columns[looked_at.index(shown)]
    known = Known(
        columns, here, _find_standings(project, reader, here, names), _find_ran(project, here, venv)
    )
    chosen = (entry for entry in series if entry.name in names)
    facts = tuple(assemble_patch(entry, known) for entry in chosen)
    return SeriesFacts(shown, tuple(looked_at), facts)


def _lay(reader: SeriesReader, release: str, names: Sequence[str], *, is_needed: bool) -> Column:
    """Lay the patches and what they need over the release's files."""
    texts = reader.texts(release)
    needed = find_relevant([(text.entry, text.patch) for text in texts], names)
    try:
        tree = reader.tree(release, {one.entry.name.partition("/")[0] for one in needed})
    except WheelError as error:
        if is_needed:
            raise
        return Column(release, {}, {}, error.what)
    layer = Layer(tree)
    laid = number_patches(layer.lay(one.entry, one.patch, is_named=one.is_named) for one in needed)
    return Column(
        release,
        {text.entry.name: text for text in texts},
        {patch.name: patch for patch in laid},
    )


def _find_standings(
    project: Project, reader: SeriesReader, here: Column, names: Collection[str]
) -> dict[str, Standing]:
    """Match the decisions with the hunks of these patches."""
    laid = tuple(patch for name, patch in here.patches.items() if name in names)
    contents = {hunk.content for patch in laid for hunk in patch.hunks}
    decisions = [
        one for one in load_decisions(project) if one.patch in names or one.content in contents
    ]
    ids = {hunk.id for patch in laid for hunk in patch.hunks}
    loose = {one.patch for one in decisions if one.hunk not in ids}
    return match_decisions(laid, decisions, {name: reader.contents(name) for name in loose})


def _find_ran(project: Project, here: Column, venv: Path | None) -> Ran:
    """Give what `verify` measured in the environment, of the patches that are the same there."""
    from freebsd_port.ops.hunk_checks import find_hunk_checks
    from freebsd_port.store.environment import EnvironmentUnusableError, read_environment
    from freebsd_port.store.overlay import load_state

    place = venv or project.environment(here.release)
    try:
        root = read_environment(place.absolute()).packages
    except EnvironmentUnusableError:
        if venv is not None:
            raise
        return {}
    state = load_state(root)
    applied = {one.name: one.sha256 for one in state.patches}
    return {
        key: (one.checks, one.missed)
        for key, one in find_hunk_checks(root, state).items()
        if key[0] in here.texts and here.texts[key[0]].digest == applied.get(key[0])
    }
