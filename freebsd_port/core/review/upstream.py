"""What upstream knows of a patch, in words: was it sent, and may it go already."""

from __future__ import annotations

from collections.abc import Sequence

from freebsd_port.core.header import Header
from freebsd_port.core.review.facts import Landing

_FORWARDED = {
    "no": "not forwarded",
    "not-needed": "need not be forwarded",
    "yes": "forwarded",
}


def describe_upstream(header: Header, landings: Sequence[Sequence[Landing]]) -> str:
    """Say it in one line; `landings` are those of each hunk of the patch, or of the patch itself.

    A release without the patch, and one whose files hold its new side, are where Drop-When may
    hold.
    """
    sent = header.field("Forwarded") or ""
    word, _, more = sent.partition(" ")
    said = f"{_FORWARDED[word]} {more}".strip() if word in _FORWARDED else f"forwarded: {sent}"
    parts = [said if sent else "it is not said whether it was forwarded"]
    if condition := header.field("Drop-When"):
        parts.append(f"drop when {condition}")
    off = {one.release: one.reason for row in landings for one in row if one.state == "off"}
    parts += [f"{name} goes without it{f' ({why})' if why else ''}" for name, why in off.items()]
    held: dict[str, int] = {}
    for row in landings:
        for one in row:
            if one.state == "miss" and one.is_held:
                held[one.release] = held.get(one.release, 0) + 1
    total = len(landings)
    parts += [f"{name} holds {n} of {total} hunks already" for name, n in held.items()]
    return "; ".join(parts)
