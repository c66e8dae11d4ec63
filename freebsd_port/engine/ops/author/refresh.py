"""`refresh`: write a patch again from its files as they are now, and record them as its result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from freebsd_port.engine.core.apply.layers import stack_layers
from freebsd_port.engine.core.apply.overlay import AddedFile
from freebsd_port.engine.core.exchange.file_diff import render_differences
from freebsd_port.engine.core.patch.patch import join_patch, parse_patch, split_patch
from freebsd_port.engine.core.patch.render import CONTEXT
from freebsd_port.engine.core.text.file import FileState
from freebsd_port.engine.ops.apply.change_set import ChangeSet
from freebsd_port.engine.ops.author.commit import commit_edit, with_text
from freebsd_port.engine.ops.author.stack import Stack, StackError, hold_stack
from freebsd_port.engine.ops.target.patch_source import GoalPatch, PatchSource
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.texts import save_texts
from freebsd_port.engine.store.overlay.state import BaseTree


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did."""

    name: str
    text: Path
    """The file that holds the patch for this release."""

    files: tuple[str, ...]
    """Those that the patch changes now."""

    is_changed: bool
    is_empty: bool
    shared: tuple[str, ...]
    """Other releases that take the same text."""

    shadowed: tuple[str, ...] = ()
    """Files whose changes belong to later patches, so that this one's were left as they were."""


def refresh_patch(
    workspace: Workspace,
    name: str | None = None,
    *,
    force: bool = False,
    context: int = CONTEXT,
    backup: bool = False,
) -> Refreshed:
    """Refresh a patch that is on, the top one unless named; its header stays byte for byte.

    Source: quilt 0.66, refresh. Raises StackError without `force` when later patches have the
    same files, and when the text was changed by hand since the patch was applied.
    """
    with hold_stack(workspace) as stack:
        index = stack.require_on(name)
        patch = stack.goal[index]
        files = stack.files(index)
        shadowed = tuple(path for path in files if stack.find_above(index, path) is not None)
        if shadowed and not force:
            raise StackError(
                f"later patches change files of {patch.entry.name} too",
                where=", ".join(shadowed),
                hint="pop down to it, or refresh the other files with: --force",
            )
        wanted = {path: stack.after(index, path) for path in files}
        text, changed = render_text(stack, index, wanted, context)
        if text != patch.data:
            _require_known_text(stack, index)
        place = workspace.source.find_file(patch.entry.name)
        shared = find_sharers(workspace.source, patch.entry.name)
        save_patch(stack, index, text, wanted, backup=backup)
        is_changed = text != patch.data
        return Refreshed(
            patch.entry.name, place, changed, is_changed, not changed, shared, shadowed
        )


def render_text(
    stack: Stack, index: int, wanted: dict[str, FileState | None], context: int = CONTEXT
) -> tuple[bytes, tuple[str, ...]]:
    """Give the text with which a patch makes these files, and the paths that it changes."""
    patch = stack.goal[index]
    header, _ = split_patch(patch.data)
    strip, is_reversed = patch.entry.strip, patch.entry.reverse
    changes = [(path, stack.before(index, path), after) for path, after in wanted.items()]
    if is_reversed:
        changes = [(path, after, before) for path, before, after in changes]
    parts = render_differences(changes, context, strip)
    changed = tuple(path for path, part in zip(wanted, parts, strict=True) if part)
    return join_patch(header, b"".join(parts)), changed


def save_patch(
    stack: Stack,
    index: int,
    text: bytes,
    wanted: dict[str, FileState | None],
    *,
    backup: bool = False,
) -> None:
    """Write the text of a patch, and remember what it makes of the files."""
    patch = stack.goal[index]
    place = require_plain_text(stack.workspace, patch.entry.name)
    goal = (*stack.goal[:index], with_text(patch, text), *stack.goal[index + 1 :])

    def publish() -> None:
        if text != patch.data:
            old = {place.with_name(f"{place.name}~"): patch.data} if backup else {}
            save_texts({**old, place: text})

    commit_edit(
        stack,
        goal,
        added=_still_added(stack, index, text),
        publish=publish,
        check=lambda change_set: _require_same(stack, goal, change_set, index, wanted),
    )


def require_plain_text(workspace: Workspace, name: str) -> Path:
    """Find the file that holds a patch for the release; raises StackError for a compressed one."""
    place = workspace.source.find_file(name)
    if place.suffix in (".gz", ".bz2", ".xz", ".lzma"):
        raise StackError("a compressed patch is not written", where=str(place), hint="unpack it")
    return place


def find_sharers(source: PatchSource, name: str) -> tuple[str, ...]:
    """Name the other releases that take the same text of a patch, oldest first."""
    place = source.find_file(name)
    others = [replace(source, release=one) for one in source.order if one != source.release]
    return tuple(
        str(one.release)
        for one in others
        if one.find_file(name) == place and name in one.load_series().names
    )


def _still_added(stack: Stack, index: int, text: bytes) -> tuple[AddedFile, ...]:
    """Let a file that its patch does not change stay with it, so that an edit of it counts."""
    name, entry = stack.name(index), stack.goal[index].entry
    (outcome,) = stack_layers(
        stack.layers[index], [(entry, parse_patch(name, text, is_begun=True))], stack.state.fuzz
    )[1]
    others = tuple(file for file in stack.state.added if file.patch != name)
    left = [path for path in stack.files(index) if path not in outcome.paths]
    return (*others, *(AddedFile(name, path) for path in left))


def _require_known_text(stack: Stack, index: int) -> None:
    """Refuse to write over a text that somebody changed below its header and did not apply."""
    stale = stack.find_stale()
    if stale is not None:
        raise StackError(
            f"{stale} changed since it was applied, and a refresh would lose that change",
            where=str(stack.workspace.source.find_file(stack.name(index))),
            hint="save it elsewhere, or pop and push the patch first",
        )


def _require_same(
    stack: Stack,
    goal: tuple[GoalPatch, ...],
    change_set: ChangeSet,
    index: int,
    wanted: dict[str, FileState | None],
) -> None:
    """See that the new text gives exactly the files that it was made from."""
    made = {entry.path: entry for entry in change_set.state.files}
    base = BaseTree(stack.target.root, stack.state)
    for path, after in wanted.items():
        if stack.find_above(index, path) is not None:
            continue
        entry = made.get(path)
        original = base.read(path)
        digest = entry.after if entry else original.sha256 if original else None
        if digest != (after.sha256 if after else None):
            raise StackError(
                f"{goal[index].entry.name} as refreshed would not give the same {path}",
                where=str(stack.target.root),
                hint="look at its header, and report this",
            )
