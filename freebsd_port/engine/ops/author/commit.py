"""Write the result of an authoring verb: patch files, then tree and state in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from freebsd_port.engine.core.apply.overlay import AddedFile, render_state
from freebsd_port.engine.core.apply.plan import PatchOutcome
from freebsd_port.engine.core.exchange.file_diff import require_renderable
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import (
    FileState,
    PathError,
    hash_bytes,
    require_no_file_above,
)
from freebsd_port.engine.ops.apply.change_set import ChangeSet, plan_changes
from freebsd_port.engine.ops.apply.converge import plan_goal
from freebsd_port.engine.ops.author.stack import Stack
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.store.overlay.journal import Write, commit
from freebsd_port.engine.store.overlay.originals import prune_pristine
from freebsd_port.errors import ProblemsError


def with_text(patch: GoalPatch, data: bytes, entry: SeriesEntry | None = None) -> GoalPatch:
    """Give a patch with another text, and perhaps another line in the series."""
    entry = entry or patch.entry
    applied = replace(
        patch.applied,
        name=entry.name,
        sha256=hash_bytes(data),
        strip=entry.strip,
        reverse=entry.reverse,
    )
    return GoalPatch(entry, data, applied)


def make_write(stack: Stack, path: str, after: FileState | None) -> Write:
    """Give the write that brings a file from what it is now to another content."""
    now = stack.tree.read(path)
    if after is not None and now is not None:
        after = replace(after, mode=now.mode)
    elif after is not None and after.mode is None and stack.target.directory_mode is not None:
        after = replace(after, mode=stack.target.directory_mode & 0o666)
    return Write(path, now.sha256 if now else None, after, stack.target.directory_mode)


def require_addable(stack: Stack, name: str, paths: Iterable[str]) -> None:
    """Raise ProblemsError with each file that a patch of this name may not touch, or not hold."""
    outcome = PatchOutcome(name, (), tuple(paths), ())
    problems = stack.target.refusals((outcome,)) or _unrenderable(stack, outcome.paths)
    if problems:
        raise ProblemsError(problems)


def _unrenderable(stack: Stack, paths: Iterable[str]) -> tuple[PathError, ...]:
    problems: list[PathError] = []
    for path in paths:
        try:
            require_renderable(path, stack.tree.read(path))
            require_no_file_above(
                path, stack.tree.has_directory, lambda p: bool(stack.tree.read(p))
            )
        except PathError as error:
            problems.append(error)
    return tuple(problems)


def commit_edit(
    stack: Stack,
    goal: tuple[GoalPatch, ...],
    *,
    added: tuple[AddedFile, ...] | None = None,
    writes: tuple[Write, ...] = (),
    publish: Callable[[], None] = lambda: None,
    check: Callable[[ChangeSet], None] = lambda _placement: None,
) -> None:
    """Remember that these patches are on, and write these files; others under edit stay.

    `publish` writes the texts of the series, once nothing stands in the way any more; after a
    kill behind it the same verb, or `apply`, does the rest. `added` None leaves the files under
    edit as they are. Raises what planning and the journal raise.
    """
    root, state = stack.target.root, stack.state
    fuzz = state.fuzz if state.patches else 0
    plan = plan_goal(stack.target, state, goal, fuzz, [patch.applied for patch in goal])
    aim = replace(
        state,
        release=stack.workspace.release,
        fuzz=fuzz,
        patches=tuple(patch.applied for patch in goal),
        added=state.added if added is None else added,
    )
    work = plan_changes(stack.target, stack.found, plan, aim)
    stays = _under_edit(stack) | {write.path for write in writes}
    work.writes = [*(write for write in work.writes if write.path not in stays), *writes]
    check(work)
    stack.target.check(work.state.files, stack.layers[0], is_whole=False)
    publish()
    if work.writes or work.state != state:
        text = render_state(work.state) if work.state.patches or work.state.files else None
        commit(root, tuple(work.writes), text, work.originals)
        prune_pristine(root, work.state)


def _under_edit(stack: Stack) -> set[str]:
    return {
        c.entry.path
        for c in stack.found.conditions
        if c.kind != "patched"
        or (c.found and c.entry.after_mode is not None and c.found.mode != c.entry.after_mode)
    }
