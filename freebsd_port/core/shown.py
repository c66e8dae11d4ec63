"""Text that others wrote, as it may be printed: what cannot be seen is named, nothing acts."""

from __future__ import annotations

from freebsd_port.core.review.visible import split_unseen


def show_unseen(text: str) -> str:
    """Name each control, bidirectional mark and byte that is no text in angle brackets.

    Newlines stay.
    """
    return "\n".join(map(_show_line, text.split("\n")))


def _show_line(line: str) -> str:
    return "".join(
        line[start:stop] if name is None else f"<{name}>"
        for start, stop, name in split_unseen(line)
    )
