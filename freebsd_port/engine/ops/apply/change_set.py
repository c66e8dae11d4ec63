"""A change set: the state, the writes and the backed-up originals that bring a tree to a plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from freebsd_port.engine.core.apply.overlay import OverlayFile, OverlayState
from freebsd_port.engine.core.apply.plan import Edit, Plan
from freebsd_port.engine.core.text.file import FileState
from freebsd_port.engine.ops.target.target import OverlayCheck, Target
from freebsd_port.engine.store.overlay.journal import Write
from freebsd_port.engine.store.overlay.state import BaseTree


@dataclass(slots=True)
class ChangeSet:
    """What is to be written, in one transaction."""

    state: OverlayState
    writes: list[Write] = field(default_factory=list)
    originals: dict[str, bytes] = field(default_factory=dict)
    """Content by digest."""


def plan_changes(target: Target, found: OverlayCheck, plan: Plan, aim: OverlayState) -> ChangeSet:
    """Work out how to get from what was found to the plan.

    `aim` says which patches are on then, and which files are added to them; its own files are
    not looked at. A file added to a patch that is off then is no part of the overlay any more.
    """
    base = BaseTree(target.root, found.state)
    now = {condition.entry.path: condition.found for condition in found.conditions}
    names = {patch.name for patch in aim.patches}
    added = tuple(file for file in aim.added if file.patch in names)
    kept = {file.path for file in added}
    edits = {edit.path: edit for edit in target.with_records(plan.edits, base)}
    files: list[OverlayFile] = []
    work = ChangeSet(OverlayState())
    for path in sorted(set(edits) | set(now) | kept):
        edit = edits.get(path)
        if edit is None:
            original = base.read(path)
            edit = Edit(path, original, original)
        else:
            edit = _with_mode(edit, target.directory_mode)
        if path in edits or path in kept:
            files.append(_entry(edit, target.owner(path)))
            if edit.before is not None:
                work.originals[edit.before.sha256] = edit.before.content
        there = now.get(path, edit.before)
        if _differs(there, edit.after):
            digest = there.sha256 if there else None
            work.writes.append(Write(path, digest, edit.after, target.directory_mode))
    work.state = replace(aim, files=tuple(files), versions=_versions(target, files), added=added)
    return work


def _versions(target: Target, files: list[OverlayFile]) -> dict[str, str]:
    touched = {entry.distribution for entry in files}
    return {name: version for name, version in target.versions().items() if name in touched}


def _with_mode(edit: Edit, directory_mode: int | None) -> Edit:
    """Settle the permission bits of a new file where the target does not leave them to umask."""
    if edit.after is None or edit.after.mode is not None or directory_mode is None:
        return edit
    return replace(edit, after=replace(edit.after, mode=directory_mode & 0o666))


def _entry(edit: Edit, distribution: str | None) -> OverlayFile:
    before, after = edit.before, edit.after
    return OverlayFile(
        edit.path,
        before.sha256 if before else None,
        after.sha256 if after else None,
        before.mode if before else None,
        after.mode if after else None,
        distribution,
    )


def _differs(now: FileState | None, wanted: FileState | None) -> bool:
    if now is None or wanted is None:
        return now is not wanted
    return now.content != wanted.content or (wanted.mode is not None and now.mode != wanted.mode)
