"""Which hunks the words of a command line mean: patches by name, hunks by the start of their id."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from freebsd_port.engine.core.review.facts import HunkFacts, PatchFacts, SeriesFacts
from freebsd_port.engine.core.review.flags import UNREVIEWED, changed_since, hunk_flags
from freebsd_port.engine.core.review.on_release import WalkedPatch
from freebsd_port.engine.core.series.series import Series, SeriesError
from freebsd_port.errors import UsageError

_ID = re.compile(r"[0-9a-f]{2,12}|[0-9a-f]{12}-\d+")
_MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Words:
    """What was asked for; nothing at all means everything."""

    patches: frozenset[str]
    hunks: tuple[str, ...]
    """Starts of ids."""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing in particular was asked for."""
        return not self.patches and not self.hunks

    def find_patches(self, laid: Iterable[WalkedPatch]) -> frozenset[str]:
        """Give the patches that the words mean; raises UsageError as find_hunk does."""
        ids = {hunk.id: patch.name for patch in laid for hunk in patch.hunks}
        return self.patches | {ids[find_hunk(word, ids)] for word in self.hunks}


def read_words(words: Sequence[str], series: Series) -> Words:
    """Tell names of patches from ids; raises UsageError for a word that can be neither."""
    patches: set[str] = set()
    hunks: list[str] = []
    for word in words:
        try:
            patches.add(series.names[series.require_index(word)])
        except SeriesError as error:
            if not _ID.fullmatch(word):
                what = error.what if "named" not in error.what else f"{error.what}, and no hunk"
                raise UsageError(what, hint="freebsd-port review") from error
            hunks.append(word)
    return Words(frozenset(patches), tuple(hunks))


def find_hunk(word: str, ids: Collection[str]) -> str:
    """Give the id that starts so; a whole id wins. Raises UsageError for none and for several."""
    found = [word] if word in ids else sorted(one for one in ids if one.startswith(word))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"no hunk is named {word}", hint="freebsd-port review PATCH names them")
    shown = ", ".join(found[:_MOST_SHOWN]) + (" ..." if len(found) > _MOST_SHOWN else "")
    raise UsageError(f"{len(found)} hunks start with {word}: {shown}", hint="give more digits")


def choose_hunks(
    facts: SeriesFacts, words: Words, *, since: str | None = None, is_unreviewed: bool = False
) -> SeriesFacts:
    """Keep what was asked for: of each patch the hunks meant, changed and unreviewed.

    A patch of which no hunk is left goes, unless it was named and nothing else was asked.
    """
    ids = [hunk.id for patch in facts.patches for hunk in patch.hunks]
    named = {find_hunk(word, ids) for word in words.hunks}

    def is_meant(patch: PatchFacts, hunk: HunkFacts) -> bool:
        flags = hunk_flags(hunk)
        return (
            (words.is_empty or patch.name in words.patches or hunk.id in named)
            and (since is None or changed_since(since) in flags)
            and (not is_unreviewed or UNREVIEWED in flags)
        )

    kept = [
        replace(patch, hunks=tuple(hunk for hunk in patch.hunks if is_meant(patch, hunk)))
        for patch in facts.patches
    ]
    is_filtered = since is not None or is_unreviewed
    return replace(
        facts,
        patches=tuple(
            patch
            for patch in kept
            if patch.hunks or (not is_filtered and (words.is_empty or patch.name in words.patches))
        ),
    )
