"""`header`: print or change what stands before the diffs of a patch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from freebsd_port.engine.core.patch.patch import join_patch, parse_patch, split_patch
from freebsd_port.engine.core.text.file import FileState
from freebsd_port.engine.ops.author.commit import commit_edit, with_text
from freebsd_port.engine.ops.author.refresh import require_plain_text
from freebsd_port.engine.ops.author.stack import Stack, hold_stack, read_stack
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.editor import edit_copies
from freebsd_port.engine.store.files.texts import save_texts
from freebsd_port.errors import PortError


class HeaderTextError(PortError):
    """A text that cannot stand above the diffs of a patch."""


@dataclass(frozen=True, slots=True)
class Headed:
    """A patch with its header as it is now."""

    name: str
    header: bytes
    is_changed: bool = False


def read_header(workspace: Workspace, patch: str | None = None) -> Headed:
    """Give the header of a patch of the series, the top one unless named."""
    stack = read_stack(workspace)
    name = _find_name(stack, patch)
    return Headed(name, split_patch(_read_text(stack, name))[0])


def change_header(
    workspace: Workspace,
    patch: str | None,
    change: Callable[[bytes], bytes],
    *,
    backup: bool = False,
) -> Headed:
    """Put what `change` makes of the header in its place; the diffs stay byte for byte.

    Raises HeaderTextError when the text would be read as part of a diff.
    """
    with hold_stack(workspace) as stack:
        name = _find_name(stack, patch)
        place = require_plain_text(workspace, name)
        data = _read_text(stack, name)
        header, body = split_patch(data)
    wanted = change(header)
    text = join_patch(wanted, body)
    _require_header(name, text, body)
    with hold_stack(workspace) as stack:
        if _read_text(stack, name) != data:
            raise HeaderTextError(f"{name} changed in the meantime", where=str(place))
        if text == data:
            return Headed(name, header)
        old = {place.with_name(f"{place.name}~"): data} if backup else {}

        def publish() -> None:
            save_texts({**old, place: text})

        is_on = name in [patch.entry.name for patch in stack.goal]
        if is_on:
            stack.require_current()
            goal = tuple(with_text(p, text) if p.entry.name == name else p for p in stack.goal)
            commit_edit(stack, goal, publish=publish)
        else:
            publish()
        return Headed(name, split_patch(text)[0], True)


def edit_header(header: bytes) -> bytes:
    """Open a header in the user's editor and give what comes back. Raises EditorError."""
    edited = edit_copies({"header": FileState(header)})
    edited.discard()
    return edited.files["header"] or b""


def _require_header(name: str, text: bytes, body: bytes) -> None:
    """See that the diffs are read as before."""
    if split_patch(text)[1] != body or (
        body and len(parse_patch(name, text).changes) != len(parse_patch(name, body).changes)
    ):
        raise HeaderTextError(
            f"the header of {name} has a line that begins a diff", hint="indent that line"
        )


def _find_name(stack: Stack, patch: str | None) -> str:
    if patch is None:
        return stack.name(stack.require_on())
    return stack.series.entries[stack.series.require_index(patch)].name


def _read_text(stack: Stack, name: str) -> bytes:
    entry = stack.series.entries[stack.series.require_index(name)]
    (patch,) = stack.workspace.source.load_patches((entry,))
    return patch.data
