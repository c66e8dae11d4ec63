"""What of a series has to be laid to know some patches of it; the rest need not be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from freebsd_port.core.patch import Patch
from freebsd_port.core.review.identity import digest_content
from freebsd_port.core.review.laying import announced_paths
from freebsd_port.core.series import SeriesEntry


@dataclass(frozen=True, slots=True)
class Needed:
    """One patch to lay, as far as it matters."""

    entry: SeriesEntry
    patch: Patch
    is_named: bool
    """Whether its ids matter, not only what it leaves in the files."""


def find_relevant(
    series: Sequence[tuple[SeriesEntry, Patch]], names: Collection[str]
) -> list[Needed]:
    """Keep what these patches need: the patches themselves and what is before them in their files.

    Those with an equal hunk stay too, as ids tell repeats apart by their order in the series.
    """
    contents = {
        entry.name: {digest_content(hunk) for change in patch.changes for hunk in change.hunks}
        for entry, patch in series
    }
    named: set[str] = set().union(*(contents.get(name, set()) for name in names))
    wanted = {name for name, found in contents.items() if name in names or found & named}
    paths = {
        path
        for entry, patch in series
        if entry.name in wanted
        for change in patch.changes
        for path in announced_paths(entry, change)
    }
    last = max((n for n, (entry, _) in enumerate(series) if entry.name in wanted), default=-1)
    kept = []
    for entry, patch in series[: last + 1]:
        changes = tuple(
            change for change in patch.changes if paths.intersection(announced_paths(entry, change))
        )
        if changes:
            patch = replace(patch, changes=changes)
            kept.append(Needed(entry, patch, entry.name in wanted))
    return kept
