"""`export`: the series as a git mailbox, a quilt directory, a port's files, or one diff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.layers import Layer, stack_layers
from freebsd_port.engine.core.apply.overlay import OverlayState
from freebsd_port.engine.core.apply.plan import PatchOutcome
from freebsd_port.engine.core.exchange.contribution import without_diffs
from freebsd_port.engine.core.exchange.file_diff import is_empty, is_same, render_differences
from freebsd_port.engine.core.exchange.mail_out import (
    is_git_form,
    port_file_name,
    render_mail,
    render_port_file,
)
from freebsd_port.engine.core.patch.patch import parse_patch, repeats_a_file, split_patch
from freebsd_port.engine.core.text.file import FileState, PathError
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.texts import save_texts
from freebsd_port.engine.store.overlay.state import BaseTree, load_state
from freebsd_port.errors import PortError, ProblemsError, UsageError


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole series over the originals, whatever is on."""

    workspace: Workspace
    goal: tuple[GoalPatch, ...]
    layers: tuple[Layer, ...]
    outcomes: tuple[PatchOutcome, ...]

    def changes(self) -> list[tuple[str, FileState | None, FileState | None]]:
        """Give (path, before, after) of every file that the series changes, sorted."""
        below, above = self.layers[0], self.layers[-1]
        pairs = [(path, below.read(path), above.read(path)) for path in sorted(above.files)]
        return [pair for pair in pairs if not is_same(pair[1], pair[2])]


def read_whole(workspace: Workspace) -> Whole:
    """Apply the series in memory; raises ProblemsError when it does not fit."""
    state, base = OverlayState(), workspace.pristine
    if base is None:
        state = load_state(workspace.target.root)
        base = BaseTree(workspace.target.root, state)
    goal = workspace.source.load_patches(workspace.entries())
    patches = [(one.entry, parse_patch(one.entry.name, one.data, is_begun=True)) for one in goal]
    layers, outcomes = stack_layers(base, patches, state.fuzz)
    problems = tuple(problem for outcome in outcomes for problem in outcome.problems)
    if problems:
        raise ProblemsError(problems)
    return Whole(workspace, goal, layers, outcomes)


def render_mailbox(whole: Whole, chosen: tuple[str, ...] = ()) -> bytes:
    """Give a mailbox for `git am`, of the patches or the directories of patches named.

    Raises UsageError for a name that is neither, and ProblemsError with the patches that change
    nothing, at which `git am` stops.
    """
    indexes = [i for i, one in enumerate(whole.goal) if is_chosen(one.entry.name, chosen)]
    names = [whole.goal[index].entry.name for index in indexes]
    for word in chosen:
        if not any(is_chosen(name, (word,)) for name in names):
            raise UsageError(f"no patch of the series is {word}", hint="freebsd-port series")
    mails = []
    problems: list[PortError] = []
    for number, index in enumerate(indexes, 1):
        patch = whole.goal[index]
        header, diffs = _header_and_diffs(whole, index)
        if diffs:
            mails.append(render_mail(patch.entry.name, header, diffs, number, len(indexes)))
        else:
            problems.append(_nothing_in(whole.workspace, patch.entry.name))
    if problems:
        raise ProblemsError(tuple(problems))
    return b"".join(mails)


def _nothing_in(workspace: Workspace, name: str) -> PortError:
    return PortError(
        f"{name} changes nothing, and git am stops at a mail without a diff",
        where=str(workspace.source.find_file(name)),
        hint="name the patches to export, or take it out of the series: "
        f"freebsd-port delete {name}",
    )


def render_merged(whole: Whole) -> bytes:
    """Give one diff from the originals to what the series makes of them."""
    return b"".join(render_differences(whole.changes(), for_git=True))


def render_quilt(whole: Whole) -> dict[str, bytes]:
    """Give a directory that stock quilt takes: the texts for this release, and their series."""
    lines = []
    for one in whole.goal:
        strip = "" if one.entry.strip == 1 else f" -p{one.entry.strip}"
        reverse = " -R" if one.entry.reverse else ""
        lines.append(f"{one.entry.name}{strip}{reverse}\n")
    source = whole.workspace.source
    names = [one.entry.name for one in whole.goal]
    texts = {name: source.find_file(name).read_bytes() for name in names}  # compressed or not
    return {**texts, "series": "".join(lines).encode("utf-8", "surrogateescape")}


def render_ports(whole: Whole) -> dict[str, bytes]:
    """Give `files/patch-*` of one port a distribution, each file's changes squashed into one.

    Raises ProblemsError with the files and changes that no port's patch can have.
    """
    files: dict[str, bytes] = {}
    problems: list[PathError] = []
    for path, before, after in whole.changes():
        owner = whole.workspace.target.owner(path)
        directory = f"{owner}/files" if owner else "files"
        try:
            name = f"{directory}/{port_file_name(path)}"
            text = render_port_file(path, before, after)
        except PathError as error:
            problems.append(error)
            continue
        if name in files:
            problems.append(PathError(f"{path} and another file would both be {name}"))
        files[name] = text
    if problems:
        raise ProblemsError(tuple(problems))
    return files


def save_export(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write an export below a directory. Raises UsageError unless it is empty or not there."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError("the output already exists", where=str(directory), hint="name another")
    save_texts({directory / name: data for name, data in files.items()})


def is_chosen(name: str, chosen: tuple[str, ...]) -> bool:
    """Tell whether a patch is named, or in a directory that is; no name means all."""
    return not chosen or any(
        name in (word, f"{word}.patch") or name.startswith(f"{word.rstrip('/')}/")
        for word in chosen
    )


def _header_and_diffs(whole: Whole, index: int) -> tuple[bytes, bytes]:
    """Give a patch's diffs as `git am` reads them: as they are, or else written for it."""
    one = whole.goal[index]
    below, above = whole.layers[index], whole.layers[index + 1]
    outcome = whole.outcomes[index]
    header, diffs = split_patch(one.data)
    changes = [(path, below.read(path), above.read(path)) for path in outcome.paths]
    patch = parse_patch(one.entry.name, one.data, is_begun=True)
    is_plain = one.entry.strip == 1 and not one.entry.reverse
    is_plain = is_plain and not any(is_empty(before) for _, before, _ in changes)
    is_plain = is_plain and b"\nFrom " not in diffs and not repeats_a_file(patch, one.entry.strip)
    before = {path: state for path, state, _ in changes}
    after = {path: state for path, _, state in changes}
    if is_plain and patch.changes and is_git_form(patch, outcome, before, after):
        return header, diffs
    return without_diffs(header, patch), b"".join(render_differences(changes, for_git=True))
