"""`review` of any series: the facts of its hunks on one tree."""

from __future__ import annotations

from collections.abc import Sequence

from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.across_releases import ReleaseView, Text
from freebsd_port.engine.core.review.assemble import ReviewInputs, assemble_patch
from freebsd_port.engine.core.review.decisions import match_decisions
from freebsd_port.engine.core.review.facts import Decision, SeriesFacts
from freebsd_port.engine.core.review.on_release import SeriesWalk, digest_content, number_patches
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.engine.ops.target.patch_source import PatchSource


def gather_tree(
    source: PatchSource, tree: Tree, label: str, decisions: Sequence[Decision], *, max_fuzz: int
) -> SeriesFacts:
    """Gather all that is known of a series on a tree, which is called `label`.

    Raises what reading the series and its patches raises.
    """
    entries = source.load_series().entries
    texts = {
        goal.entry.name: Text(
            goal.entry,
            goal.entry.name,
            goal.applied.sha256,
            parse_patch(goal.entry.name, goal.data, is_begun=True),
        )
        for goal in source.load_patches(entries)
    }
    walk = SeriesWalk(tree, max_fuzz)
    walked = number_patches(walk.lay(text.entry, text.patch) for text in texts.values())
    view = ReleaseView(label, texts, {patch.name: patch for patch in walked})
    alive = {
        name: frozenset(digest_content(h) for change in text.patch.changes for h in change.hunks)
        for name, text in texts.items()
    }
    standings = match_decisions(walked, decisions, alive)
    known = ReviewInputs((view,), view, standings, {})
    facts = tuple(assemble_patch(entry, known) for entry in entries)
    return SeriesFacts(label, (label,), facts)
