"""Write down a reviewer's decision, and require one for every hunk (`check --require-reviewed`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from freebsd_port.engine.core.review.decisions import decide
from freebsd_port.engine.core.review.facts import HunkFacts, PatchFacts, SeriesFacts
from freebsd_port.engine.ops.review.decide import Choice, choose_facts, make_decisions
from freebsd_port.engine.ops.target.patch_source import load_series
from freebsd_port.errors import PortError
from freebsd_port.openstack.ops.proof.verified import utc_now
from freebsd_port.openstack.ops.review.gather import gather_review
from freebsd_port.openstack.store.project.decisions import change_decisions
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.wheels import Progress


def decide_hunks(
    project: Project,
    facts: SeriesFacts,
    ids: Collection[str],
    choice: Choice,
    *,
    by: str,
    note: str = "",
) -> tuple[HunkFacts, ...]:
    """Decide about hunks of the facts, and give them as they were; `reset` forgets.

    `by` is not asked for a reset. What is decided of them already, under an earlier id too, is
    exchanged. Raises DecisionError for a name that the file cannot hold, and what
    change_decisions raises.
    """
    hunks = choose_facts(facts, ids)
    made = make_decisions(hunks, choice, by=by, note=note, today=utc_now()[:10])
    series = load_series(project.series).names
    change_decisions(project, series, lambda before: decide(before, made, hunks))
    return hunks


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
        what = f"{hunk.decision.by} requested changes to hunk {hunk.id} of {patch.name}{note}"
    elif hunk.outdated is not None:
        before = "approved it" if hunk.outdated.verdict == "approved" else "requested changes"
        what = f"hunk {hunk.id} of {patch.name} changed since {hunk.outdated.by} {before}"
    return ReviewError(
        what,
        where=f"patches/{patch.file}:{hunk.hunk.line}",
        hint=f"freebsd-port review {hunk.id}{option}",
    )
