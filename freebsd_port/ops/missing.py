"""What `check` finds of names that a series reads and a release does not have."""

from __future__ import annotations

from collections.abc import Sequence

from freebsd_port.core.file import split_lines
from freebsd_port.core.missing import find_missing
from freebsd_port.core.plan import Plan
from freebsd_port.core.variant import variant_name
from freebsd_port.errors import PortError
from freebsd_port.ops.sources import Goal
from freebsd_port.store.wheeltree import WheelTree


class MissingError(PortError):
    """A name that a patch reads on a release that does not have it."""


def missing_findings(
    release: str, tree: WheelTree, goal: Goal, plan: Plan
) -> tuple[MissingError, ...]:
    """Find them in a plan of the series over the release's wheels."""
    after = {
        edit.path: split_lines(edit.after.content) if edit.after else None for edit in plan.edits
    }
    files = {
        edit.path: (
            split_lines(edit.before.content) if edit.before else [],
            after[edit.path] or [],
        )
        for edit in plan.edits
    }

    def read(path: str) -> Sequence[bytes] | None:
        if path not in after:
            state = tree.read(path)
            after[path] = split_lines(state.content) if state else None
        return after[path]

    added = [(entry.name, patch.added_lines()) for entry, patch in goal]
    findings = []
    for one in find_missing(files, read):
        name = next((name for name, lines in reversed(added) if one.text in lines), "series")
        findings.append(
            MissingError(
                f"{release} has no {one.name}, which {name} reads",
                where=f"{one.path}:{one.line}",
                hint=f"give the patch a text for it: patches/{variant_name(name, release)}",
            )
        )
    return tuple(findings)
