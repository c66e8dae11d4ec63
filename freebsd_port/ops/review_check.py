"""`check --require-reviewed`: every hunk of every carried release is approved as it is."""

from __future__ import annotations

from collections.abc import Iterator

from freebsd_port.core.review.facts import HunkFacts, PatchFacts
from freebsd_port.errors import PortError
from freebsd_port.ops.review import gather_review
from freebsd_port.store.project import Project
from freebsd_port.store.wheels import Progress


class ReviewError(PortError):
    """A hunk that is not approved as it is."""


def find_unreviewed(
    project: Project, release: str | None = None, *, is_offline: bool, progress: Progress
) -> tuple[ReviewError, ...]:
    """Find each hunk that nobody approved as it is, once for all releases that take it.

    Looks at one release, or at all to which the series was carried. Raises what gather_review
    raises.
    """
    names = (release,) if release else project.release_names()
    found: dict[str, ReviewError] = {}
    for name in names:
        if release is None and not project.series_lock(name).exists():
            continue
        facts = gather_review(project, name, releases=(), is_offline=is_offline, progress=progress)
        option = "" if name == project.default_release() else f" --release {name}"
        for patch in facts.patches:
            for hunk in _unapproved(patch):
                found.setdefault(hunk.id, _say(patch, hunk, option))
    return tuple(found.values())


def _unapproved(patch: PatchFacts) -> Iterator[HunkFacts]:
    for hunk in patch.hunks:
        if hunk.decision is None or hunk.decision.verdict != "approved":
            yield hunk


def _say(patch: PatchFacts, hunk: HunkFacts, option: str) -> ReviewError:
    what = f"hunk {hunk.id} of {patch.name} was not reviewed"
    if hunk.decision is not None:
        note = f": {hunk.decision.note}" if hunk.decision.note else ""
        what = f"{hunk.decision.by} asks for changes of hunk {hunk.id} of {patch.name}{note}"
    elif hunk.outdated is not None:
        before = "approved it" if hunk.outdated.verdict == "approved" else "asked for changes"
        what = f"hunk {hunk.id} of {patch.name} changed since {hunk.outdated.by} {before}"
    return ReviewError(
        what,
        where=f"patches/{patch.file}:{hunk.hunk.line}",
        hint=f"freebsd-port review {hunk.id}{option}",
    )
