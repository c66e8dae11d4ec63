"""What a hunk is called in a review: names that survive a rebase. Where it lands is `laying`.

Line numbers and context take no part, so a hunk keeps its name while only those change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from freebsd_port.core.file import hash_bytes
from freebsd_port.core.hunk import Hunk

_ID_DIGITS = 12
_CONTENT_DIGITS = 32
"""Enough that nobody makes another hunk with the digest of one that was approved."""


def changed_lines(hunk: Hunk) -> tuple[bytes, ...]:
    """Give its removed and added lines in order, markers and newlines kept."""
    return tuple(line for line in hunk.body if line.startswith((b"+", b"-")))


def digest_content(hunk: Hunk) -> str:
    """Give the digest of what the hunk changes, wherever it does so."""
    return hash_bytes(b"".join(changed_lines(hunk)))[:_CONTENT_DIGITS]


def name_hunk(content: str, scope: str | None) -> str:
    """Give the id of a hunk with this content in this scope, None for the module."""
    return hash_bytes(f"{scope or ''}\n{content}".encode())[:_ID_DIGITS]


def number_names(names: Iterable[str]) -> tuple[str, ...]:
    """Tell repeats apart: the first keeps its name, the others get `-2`, `-3` and so on."""
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return tuple(numbered)
