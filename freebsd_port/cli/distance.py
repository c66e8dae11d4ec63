"""How far `push` and `pop` are told to go."""

from __future__ import annotations

from freebsd_port.errors import UsageError
from freebsd_port.ops.push import Distance


def read_distance(word: str | None, *, is_all: bool) -> Distance:
    """Read a number or the name of a patch; raises UsageError for both a word and -a."""
    if word is not None and is_all:
        raise UsageError("a number or patch and -a exclude each other")
    if is_all:
        return Distance(is_all=True)
    if word is not None and word.isdigit():
        if int(word) == 0:
            raise UsageError("the number of patches is at least 1")
        return Distance(count=int(word))
    return Distance(name=word)
