"""`fold`: work another patch into the files of the top patch; `refresh` takes it from there."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.engine.core.apply.overlay import AddedFile
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.patch import parse_patch, require_complete
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.ops.author.commit import commit_edit, require_addable
from freebsd_port.engine.ops.author.stack import hold_stack
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.overlay.journal import Write
from freebsd_port.errors import ProblemsError


@dataclass(frozen=True, slots=True)
class Folded:
    """What a fold changed."""

    patch: str
    paths: tuple[str, ...]
    displaced: int
    """Hunks that went elsewhere than they said."""


def fold_patch(
    workspace: Workspace, data: bytes, *, strip: int = 1, reverse: bool = False, fuzz: int = 0
) -> Folded:
    """Apply a patch to the files as they are now, all of it or nothing, and add them to the top.

    Raises ProblemsError with every hunk that does not fit and every file that may not be added.
    """
    with hold_stack(workspace) as stack:
        stack.require_current()
        index = stack.require_on()
        name = stack.name(index)
        entry = SeriesEntry("the patch to fold in", strip, reverse, "", 0)
        patch = parse_patch(entry.name, data)
        require_complete(patch)
        plan = plan_series(stack.tree, [(entry, patch)], max_fuzz=fuzz)
        if plan.problems:
            raise ProblemsError(plan.problems)
        paths = tuple(path for outcome in plan.patches for path in outcome.paths)
        require_addable(stack, name, paths)
        mode = stack.target.directory_mode
        writes = tuple(
            Write(edit.path, edit.before.sha256 if edit.before else None, edit.after, mode)
            for edit in plan.edits
        )
        new = [path for path in paths if path not in stack.files(index)]
        added = (*stack.state.added, *(AddedFile(name, path) for path in new))
        commit_edit(stack, stack.goal, added=added, writes=writes)
        displaced = sum(
            getattr(hunk.result, "kind", "exact") != "exact"
            for outcome in plan.patches
            for hunk in outcome.hunks
        )
        return Folded(name, paths, displaced)
