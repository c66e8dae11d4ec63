"""Facts of a review made from patches in memory: what a gathered one would have, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from memory_tree import MemoryTree
from small_overlay import diff

from freebsd_port.engine.core.patch.header import parse_header
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.facts import (
    Decision,
    HunkFacts,
    HunkOnRelease,
    PatchFacts,
    PlacementState,
    SeriesFacts,
)
from freebsd_port.engine.core.review.on_release import SeriesWalk, WalkedHunk, number_patches
from freebsd_port.engine.core.series.series import SeriesEntry

SHOWN, OLDER = "2026.2", "2025.1"
HEADER = """\
Subject: {subject}
Origin: vendor
Forwarded: no
Drop-When: upstream does it by itself
Last-Update: 2026-11-21

On FreeBSD this went wrong in a way that takes more than ten words to tell.

Nothing changes on Linux.

"""


def text_of(subject: str, path: str, old: bytes | None, new: bytes | None) -> bytes:
    """A patch file of one file change."""
    return HEADER.format(subject=subject).encode() + diff(path, old, new)


def made_review(
    files: Mapping[str, bytes],
    patches: Sequence[tuple[str, bytes]],
    *,
    older: Mapping[str, PlacementState] | None = None,
    **of_hunks: Mapping[str, object],
) -> SeriesFacts:
    """The facts of these patch files over these files.

    `older` says how each patch lies on the older release, exact where it does not. `of_hunks`
    exchanges a fact of hunks by their id, such as `missed={"a1b2…": ("return 1",)}`.
    """
    layer = SeriesWalk(MemoryTree(dict(files)))
    parsed = [(name, parse_patch(name, data)) for name, data in patches]
    laid = number_patches(
        layer.lay(SeriesEntry(name, 1, False, "", number), patch)
        for number, (name, patch) in enumerate(parsed, 1)
    )
    found = []
    for one, (name, patch) in zip(laid, parsed, strict=True):
        state = (older or {}).get(name, "exact")
        found.append(
            PatchFacts(
                name=name,
                file=name,
                header=parse_header(patch.changes[0].preamble),
                hunks=tuple(_hunk(name, hunk, state, of_hunks) for hunk in one.hunks),
                files=one.files,
                findings=(),
                upstream="not forwarded",
                is_off=False,
            )
        )
    return SeriesFacts(SHOWN, (OLDER, SHOWN), tuple(found))


def _hunk(
    patch: str, laid: WalkedHunk, state: PlacementState, facts: Mapping[str, Mapping[str, object]]
) -> HunkFacts:
    placements = (
        HunkOnRelease(OLDER, state, None if state == "miss" else laid.line, 0, patch, None, ""),
        HunkOnRelease(SHOWN, "exact", laid.line, 0, patch, None, ""),
    )
    values: dict[str, object] = {
        "placements": placements,
        "checks": None,
        "missed": (),
        "findings": (),
        "decision": None,
        "outdated": None,
    }
    values |= {name: by_id[laid.id] for name, by_id in facts.items() if laid.id in by_id}
    return HunkFacts(
        id=laid.id,
        content=laid.content,
        patch=patch,
        path=laid.path,
        number=laid.number,
        total=laid.total,
        scope=laid.scope,
        hunk=laid.hunk,
        line=laid.line,
        **values,  # type: ignore[arg-type]
    )


def decided(hunk: HunkFacts, verdict: str = "approved", note: str = "") -> Decision:
    """What somebody decided of a hunk."""
    return Decision(
        hunk=hunk.id,
        content=hunk.content,
        patch=hunk.patch,
        path=hunk.path,
        scope=hunk.scope,
        verdict=verdict,  # type: ignore[arg-type]
        by="Ada Porter",
        on="2026-11-24",
        note=note,
    )
