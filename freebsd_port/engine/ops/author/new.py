"""`new`: begin a patch on top of the applied ones; and what a patch may be called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.overlay import AppliedPatch
from freebsd_port.engine.core.patch.header import render_template
from freebsd_port.engine.core.patch.patch import is_header_only
from freebsd_port.engine.core.series.series import Series, SeriesEntry, insert_patch
from freebsd_port.engine.core.text.file import find_path_fault, hash_bytes
from freebsd_port.engine.ops.author.commit import commit_edit
from freebsd_port.engine.ops.author.stack import hold_stack
from freebsd_port.engine.ops.target.patch_source import GoalPatch, load_series
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.texts import save_texts
from freebsd_port.errors import PortError


class PatchNameError(PortError):
    """A name that no patch can have, or that one has already."""


def require_free_name(workspace: Workspace, name: str) -> str:
    """Give the name of a patch to be, below the directory of patches.

    Raises PatchNameError when it is taken or cannot be a patch's name here.
    """
    name = require_name(workspace, name)
    if name in load_whole_series(workspace).names:
        raise PatchNameError(
            f"{name} already exists",
            where=str(workspace.source.series_file),
            hint="choose another name",
        )
    return name


def require_name(workspace: Workspace, word: str) -> str:
    """Give the name that is meant; raises PatchNameError when no patch can have it here."""
    name = word.removeprefix("patches/")
    fault, parts = find_path_fault(name), name.split("/")
    if not fault and (any(c.isspace() or ord(c) < 32 for c in name) or name.startswith("#")):
        fault = "it cannot be written in a series"
    if not fault and any(len(part.encode("utf-8", "surrogateescape")) > 200 for part in parts):
        fault = "it is too long"
    if not fault and (workspace.source.patches / name) == workspace.source.series_file:
        fault = "that is the name of the series"
    if fault:
        raise PatchNameError(f"no patch can be named {name!r}: {fault}")
    if workspace.source.directories:
        directory, slash, file = name.partition("/")
        known = directory in workspace.source.directories
        if known and file and not file.endswith(".patch"):
            raise PatchNameError(
                f"{name} does not end in .patch", hint=f"name it {name.removesuffix('.')}.patch"
            )
        if not known or not slash or not file:
            raise PatchNameError(
                f"{name} does not say which distribution it is for",
                hint=f"name it DISTRIBUTION/WHAT.patch, with one of "
                f"{', '.join(workspace.source.directories)}",
            )
    return name


def load_whole_series(workspace: Workspace) -> Series:
    """Read the series with what is off here too; one that is not there yet is empty."""
    path = workspace.source.series_file
    return load_series(path) if path.exists() else Series(())


def read_series_bytes(workspace: Workspace) -> bytes:
    """Give the series file as it is, nothing when there is none."""
    path = workspace.source.series_file
    return path.read_bytes() if path.exists() else b""


def find_following(workspace: Workspace, top: str | None) -> str | None:
    """Name the patch whose line follows the top patch's, whatever release it is for."""
    names = load_whole_series(workspace).names
    index = 0 if top is None else names.index(top) + 1
    return names[index] if index < len(names) else None


@dataclass(frozen=True, slots=True)
class Begun:
    """A patch that changes nothing yet."""

    name: str
    text: Path


def begin_patch(workspace: Workspace, word: str, today: str) -> Begun:
    """Make a patch, put its line behind that of the top patch, and let it be on.

    For a release it begins as a header to be filled in, `today` in it; for a tree as an empty
    file. Source: quilt 0.66, new. Raises PatchNameError.
    """
    with hold_stack(workspace) as stack:
        stack.require_current()
        name = require_free_name(workspace, word)
        place = workspace.source.patches / name
        text = render_template(name, today) if workspace.release is not None else b""
        if place.exists():
            text = place.read_bytes()  # from a command that was killed, or written beforehand
            if text and not is_header_only(text):
                raise PatchNameError(
                    f"{name} exists, but is not in the series",
                    where=str(place),
                    hint=f"freebsd-port import {place}",
                )
        top = stack.name(len(stack.goal) - 1) if stack.goal else None
        series = insert_patch(
            read_series_bytes(workspace), name, before=find_following(workspace, top)
        )
        entry = SeriesEntry(name, 1, False, "", 0)
        begun = GoalPatch(entry, text, AppliedPatch(name, hash_bytes(text)))
        commit_edit(
            stack,
            (*stack.goal, begun),
            publish=lambda: save_texts({place: text, workspace.source.series_file: series}),
        )
        return Begun(name, place)
