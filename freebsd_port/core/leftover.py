"""Lines behind a hunk that look like more of it: its header lies, or somebody edited by hand."""

from __future__ import annotations

from freebsd_port.core.hunk import HunkError
from freebsd_port.core.patch import Patch

_HARMLESS = (b"+++ ", b"--- ", b"-- ", b"--\n", b"---\n", b"--\r\n", b"---\r\n")
"""The next file's header, and what mail puts before a signature."""


def require_no_leftover(patch: Patch) -> None:
    """Raise HunkError when a hunk goes on behind the lines that its header counts.

    GNU patch takes such lines for text between patches and applies the first part alone.
    """
    if not patch.changes:
        return
    following = [change.preamble for change in patch.changes[1:]] + [patch.trailer]
    for change, text in zip(patch.changes, following, strict=True):
        if change.hunks and text.startswith((b"+", b"-", b" ")) and not text.startswith(_HARMLESS):
            hunk = change.hunks[-1]
            raise HunkError(
                "the hunk has more lines than its header says",
                where=f"{patch.name}:{hunk.line + len(hunk.body) + 1}",
            )
