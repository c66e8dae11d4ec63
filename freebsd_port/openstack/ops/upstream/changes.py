"""The changes for upstream: found in the project, judged by their texts, and exported."""

from __future__ import annotations

from pathlib import Path

from freebsd_port.engine.core.text.file import Tree
from freebsd_port.engine.ops.author.export import is_chosen
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.git import find_git_author
from freebsd_port.engine.store.overlay.state import BaseTree, load_state
from freebsd_port.errors import PortError, ProblemsError, UsageError
from freebsd_port.openstack.core.upstream.change import Change, render_change, stack_changes
from freebsd_port.openstack.core.upstream.ready import (
    ReadyPatch,
    directory_of,
    find_ready_faults,
    find_stray_faults,
    is_ready,
    read_ready,
)
from freebsd_port.openstack.ops.series import whole_source
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.project.upstream_files import (
    find_upstream_directories,
    load_upstream_files,
)


def load_ready(project: Project) -> tuple[ReadyPatch, ...]:
    """Read the patches that are ready for upstream, in the order of the newest release's series.

    Raises SeriesError, ProblemsError naming every patch file that cannot be read, and what
    read_ready raises.
    """
    source = whole_source(project, project.default_release())
    patches = source.load_patches(source.load_series().entries)
    return tuple(
        read_ready(
            one.entry, one.data, load_upstream_files(project.patches / directory_of(one.entry.name))
        )
        for one in patches
        if is_ready(one.data)
    )


def find_change_faults(project: Project, tree: Tree) -> tuple[PortError, ...]:
    """Find what keeps the ready patches from being sent; `tree` has the newest release's files.

    Raises what load_ready raises.
    """
    ready = load_ready(project)
    findings: list[PortError] = [fault for one in ready for fault in find_ready_faults(one)]
    directories = find_upstream_directories(project.patches)
    findings += find_stray_faults(directories, [one.name for one in ready])
    try:
        stack_changes(tree, ready)
    except ProblemsError as error:
        findings += error.problems
    return tuple(findings)


def load_changes(
    project: Project, workspace: Workspace, chosen: tuple[str, ...] = ()
) -> tuple[Change, ...]:
    """Make the changes of the patches or directories of patches named, by default of all.

    Raises UsageError for a name that is no ready patch and for a release that is not the newest,
    and ProblemsError with all that keeps one of them from being sent.
    """
    if workspace.release != project.default_release():
        raise UsageError(
            "changes for upstream are made from the newest release only",
            hint=f"--release {project.default_release()}",
        )
    ready = load_ready(project)
    for word in chosen:
        if not any(is_chosen(one.name, (word,)) for one in ready):
            raise UsageError(
                f"no patch that is ready for upstream is {word}",
                hint=f"choose one of {', '.join(one.name for one in ready)}" if ready else None,
            )
    wanted = tuple(one for one in ready if is_chosen(one.name, chosen))
    problems: list[PortError] = [fault for one in wanted for fault in find_ready_faults(one)]
    if problems:
        raise ProblemsError(tuple(problems))
    return stack_changes(_upstream_tree(workspace), wanted)


def render_gerrit(project: Project, workspace: Workspace, chosen: tuple[str, ...] = ()) -> bytes:
    """Give a mailbox for `git am` with the changes of one distribution, for one repository.

    Raises UsageError if they are of several, or nobody can be named as their author, and what
    load_changes raises.
    """
    changes = load_changes(project, workspace, chosen)
    distributions = sorted({one.ready.distribution for one in changes})
    if not changes:
        raise UsageError(
            "no patch is ready for upstream",
            hint="docs/authoring.md says how a patch becomes ready",
        )
    if len(distributions) > 1:
        raise UsageError(
            f"the changes belong to several repositories: {', '.join(distributions)}",
            hint=f"freebsd-port export gerrit {distributions[0]}",
        )
    author = find_git_author(Path.cwd())
    if author is None:
        raise UsageError(
            "git does not know your name and address, which Gerrit compares with your account",
            hint="git config --global user.name NAME; git config --global user.email ADDRESS",
        )
    mails = (
        render_change(change, author, number, len(changes))
        for number, change in enumerate(changes, 1)
    )
    return b"".join(mails)


def _upstream_tree(workspace: Workspace) -> Tree:
    """Give the files as upstream has them, whatever is applied."""
    if workspace.pristine is not None:
        return workspace.pristine
    root = workspace.target.root
    return BaseTree(root, load_state(root))
