"""`new`: begin a patch on top of those that are on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.file import hash_bytes
from freebsd_port.core.header import render_template
from freebsd_port.core.overlay import AppliedPatch
from freebsd_port.core.patch_text import is_header_only
from freebsd_port.core.series import SeriesEntry
from freebsd_port.core.series_edit import insert_patch
from freebsd_port.ops.goal import GoalPatch
from freebsd_port.ops.land import land
from freebsd_port.ops.naming import (
    PatchNameError,
    find_following,
    read_series_bytes,
    require_free_name,
)
from freebsd_port.ops.stack import hold_stack
from freebsd_port.ops.workspace import Workspace
from freebsd_port.store.texts import save_texts


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
                    f"{name} is there, but not in the series",
                    where=str(place),
                    hint=f"freebsd-port import {place}",
                )
        top = stack.name(len(stack.goal) - 1) if stack.goal else None
        series = insert_patch(
            read_series_bytes(workspace), name, before=find_following(workspace, top)
        )
        entry = SeriesEntry(name, 1, False, "", 0)
        begun = GoalPatch(entry, text, AppliedPatch(name, hash_bytes(text)))
        land(
            stack,
            (*stack.goal, begun),
            publish=lambda: save_texts({place: text, workspace.source.series_file: series}),
        )
        return Begun(name, place)
