"""`series`: the patches of a series with what their headers say; needs no tree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.patch.header import parse_header
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.ops.target.patch_source import PatchSource


@dataclass(frozen=True, slots=True)
class ListedPatch:
    """One patch and what it says of itself."""

    name: str
    text: Path
    """The file that holds its text for the release."""

    subject: str
    forwarded: str
    files: tuple[str, ...]
    """Names in the diff headers, without their first component."""

    hunks: int


def list_patches(source: PatchSource) -> tuple[ListedPatch, ...]:
    """Describe what is on, in order."""
    listed: list[ListedPatch] = []
    for goal in source.load_patches(source.load_series().entries):
        patch = parse_patch(goal.entry.name, goal.data, is_begun=True)
        header = parse_header(patch.changes[0].preamble if patch.changes else patch.trailer)
        names = [
            (change.new.name if change.new and change.new.name else b"-").decode("utf-8", "replace")
            for change in patch.changes
        ]
        listed.append(
            ListedPatch(
                goal.entry.name,
                source.find_file(goal.entry.name),
                header.field("Subject") or header.field("Description") or "",
                header.field("Forwarded") or "",
                tuple(dict.fromkeys(_strip(name, goal.entry.strip) for name in names)),
                sum(len(change.hunks) for change in patch.changes),
            )
        )
    return tuple(listed)


def _strip(name: str, count: int) -> str:
    return "/".join(name.split("/")[count:]) or name
