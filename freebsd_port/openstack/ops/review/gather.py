"""`review`: the facts of the series on the pinned wheels of every release; each is read once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.progress import counted
from freebsd_port.engine.core.review.across_releases import ReleaseView, Text
from freebsd_port.engine.core.review.assemble import Ran, ReviewInputs, assemble_patch
from freebsd_port.engine.core.review.decisions import Standing, match_decisions
from freebsd_port.engine.core.review.facts import SeriesFacts
from freebsd_port.engine.core.review.on_release import (
    SeriesWalk,
    digest_content,
    find_relevant,
    number_patches,
)
from freebsd_port.engine.core.series.series import SeriesError
from freebsd_port.engine.core.series.variant import pick_file, variant_name
from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.ops.target.patch_source import (
    load_series,
    options_or_all,
    read_patch_file,
)
from freebsd_port.errors import system_words
from freebsd_port.openstack.core.release.release import Pin
from freebsd_port.openstack.ops.series import patched_pins, project_source
from freebsd_port.openstack.store.project.decisions import load_decisions
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.wheels import (
    Progress,
    Wheel,
    WheelError,
    WheelTree,
    require_wheels,
)


class SeriesReader:
    """Reads the project, and keeps what several releases share."""

    def __init__(
        self, project: Project, options: frozenset[str], *, is_offline: bool, progress: Progress
    ) -> None:
        """Look what is there; without options, the patches under every option are on.

        Raises SeriesError, UsageError for an option that is not there.
        """
        self._project = project
        self._is_offline, self._progress = is_offline, progress
        self._wheels: dict[Pin, Wheel] = {}
        self._patches: dict[str, tuple[str, Patch]] = {}
        self._series = load_series(project.series)
        self._options = options_or_all(self._series, options, project.series)
        self._order = project.release_names()
        self._present = {
            path.relative_to(project.patches).as_posix() for path in project.patches.rglob("*")
        }

    def tree(self, release: str, distributions: Collection[str] | None = None) -> WheelTree:
        """Give the release's files, of all its distributions unless some are named.

        Raises WheelError when its wheels cannot be had.
        """
        pins = patched_pins(self._project, self._project.load_release(release))
        if distributions is not None:
            pins = tuple(pin for pin in pins if pin.distribution in distributions)
        unread = [pin for pin in pins if pin not in self._wheels]
        read = require_wheels(unread, is_offline=self._is_offline, progress=self._progress)
        self._wheels |= dict(zip(unread, read, strict=True))
        return WheelTree(tuple(self._wheels[pin] for pin in pins))

    def texts(self, release: str) -> tuple[Text, ...]:
        """Give the patches that are on for a release, in order.

        Raises what reading the series and its patches raises.
        """
        entries = self._series.for_release(release, self._order, self._options).entries
        files = [pick_file(entry.name, release, self._order, self._present) for entry in entries]
        if not self._present.issuperset(files):
            project_source(self._project, release, self._options).load_patches(entries)
        return tuple(
            Text(entry, file, *self._read(entry.name, file))
            for entry, file in zip(entries, files, strict=True)
        )

    def contents(self, name: str) -> frozenset[str]:
        """Give the content of every hunk in all texts of a patch, which may be gone."""
        names = [name, *(variant_name(name, release) for release in self._order)]
        parsed = [self._read(name, file)[1] for file in names if file in self._present]
        changes = [change for patch in parsed for change in patch.changes]
        return frozenset(digest_content(hunk) for one in changes for hunk in one.hunks)

    def _read(self, name: str, file: str) -> tuple[str, Patch]:
        """Give the digest of a patch file, and what is in it."""
        if file not in self._patches:
            path = self._project.patches / file
            try:
                data = read_patch_file(path)
            except OSError as error:
                reason = system_words(error)
                raise SeriesError(f"the patch cannot be read: {reason}", where=str(path)) from error
            self._patches[file] = hash_bytes(data), parse_patch(name, data)
        return self._patches[file]


Choose = Callable[[ReleaseView], Collection[str]]
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
    release's environment where there is one. Without options, the patches under every option are
    on. Raises WheelError when the wheels of the shown release cannot be had, and what reading the
    project and its decisions raises.
    """
    shown = project.load_release(release).name
    series = load_series(project.series).entries
    reader = SeriesReader(project, options, is_offline=is_offline, progress=progress)
    if callable(patches):
        patches = patches(_lay(reader, shown, [entry.name for entry in series], is_needed=True))
    names = [entry.name for entry in series if patches is None or entry.name in patches]
    order = project.release_names()
    looked_at = [one for one in order if one == shown or releases is None or one in releases]
    columns = [
        _lay(reader, one, names, is_needed=one == shown)
        for one in counted(progress, "reading the releases", looked_at)
    ]
    here = columns[looked_at.index(shown)]
    known = ReviewInputs(
        columns, here, _find_standings(project, reader, here, names), _find_ran(project, here, venv)
    )
    chosen = [entry for entry in series if entry.name in names]
    facts = tuple(
        assemble_patch(entry, known) for entry in counted(progress, "reviewing the patches", chosen)
    )
    return SeriesFacts(shown, tuple(looked_at), facts)


def _lay(
    reader: SeriesReader, release: str, names: Sequence[str], *, is_needed: bool
) -> ReleaseView:
    """Lay the patches and what they need over the release's files."""
    texts = reader.texts(release)
    needed = find_relevant([(text.entry, text.patch) for text in texts], names)
    try:
        tree = reader.tree(release, {one.entry.name.partition("/")[0] for one in needed})
    except WheelError as error:
        if is_needed:
            raise
        return ReleaseView(release, {}, {}, error.what)
    layer = SeriesWalk(tree)
    laid = number_patches(layer.lay(one.entry, one.patch, is_named=one.is_named) for one in needed)
    return ReleaseView(
        release,
        {text.entry.name: text for text in texts},
        {patch.name: patch for patch in laid},
    )


def _find_standings(
    project: Project, reader: SeriesReader, here: ReleaseView, names: Collection[str]
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


def _find_ran(project: Project, here: ReleaseView, venv: Path | None) -> Ran:
    """Give what `verify` measured in the environment, of the patches that are the same there."""
    from freebsd_port.engine.store.overlay.state import load_state
    from freebsd_port.openstack.ops.proof.proof_record import find_hunk_checks
    from freebsd_port.openstack.store.python.environment import (
        EnvironmentUnusableError,
        read_environment,
    )

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
        key: (one.checks, one.missed, one.modes)
        for key, one in find_hunk_checks(root, state).items()
        if key[0] in here.texts and here.texts[key[0]].digest == applied.get(key[0])
    }
