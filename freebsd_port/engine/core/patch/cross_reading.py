"""The second reading of a patch: unidiff, which knows nothing of our reader, must find the same.

`check` holds every patch of the project against it, so that a slip in either reader is found
before a lock is written. `unified` reads what is applied, as it must take what GNU patch takes.
"""

from __future__ import annotations

from unidiff.constants import (
    LINE_TYPE_ADDED,
    LINE_TYPE_CONTEXT,
    LINE_TYPE_NO_NEWLINE,
    LINE_TYPE_REMOVED,
)
from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk as ReadHunk
from unidiff.patch import PatchedFile, PatchSet

from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.filename import HeaderName
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import Patch

_OLD_SIDE = (LINE_TYPE_CONTEXT, LINE_TYPE_REMOVED)
_NEW_SIDE = (LINE_TYPE_CONTEXT, LINE_TYPE_ADDED)


def find_disagreements(patch: Patch, data: bytes) -> tuple[tuple[int, str], ...]:
    """Read the bytes of a patch with unidiff; give (line of the patch, what differs), in order.

    Lines are 1-based. File names as the headers write them, positions and both sides of every
    hunk are compared; changes without a hunk, such as a rename, are not. A patch in a form that
    only GNU patch takes disagrees.
    """
    ours = [change for change in patch.changes if change.hunks]
    lines = data.decode("latin-1").split("\n")
    try:
        read = PatchSet([f"{line}\n" for line in lines[:-1]])
    except UnidiffParseError as error:
        return ((1, f"unidiff cannot read it: {error}"),)
    theirs = [file for file in read if len(file)]
    if len(ours) != len(theirs):
        return ((1, f"unidiff reads changes to {len(theirs)} files, not {len(ours)}"),)
    return tuple(
        finding
        for change, file in zip(ours, theirs, strict=True)
        for finding in _compare_change(change, file)
    )


def _compare_change(change: FileChange, file: PatchedFile) -> list[tuple[int, str]]:
    line = change.hunks[0].line
    findings = [
        (line, f"unidiff reads {theirs!r} as the name of the file, not {ours!r}")
        for ours, theirs in (
            (_name(change.old, is_git=change.is_git), file.source_file),
            (_name(change.new, is_git=change.is_git), file.target_file),
        )
        if ours != theirs
    ]
    if len(file) != len(change.hunks):
        return [*findings, (line, f"unidiff reads {len(file)} hunks, not {len(change.hunks)}")]
    return findings + [
        (hunk.line, "unidiff reads other lines in this hunk")
        for hunk, read in zip(change.hunks, file, strict=True)
        if not _is_same(hunk, read)
    ]


def _name(name: HeaderName | None, *, is_git: bool) -> str:
    """Give the name as `---` or `+++` has it; we complete /dev/null from the `diff --git` line."""
    if name is None or name.name is None or (is_git and name.is_absent):
        return "/dev/null"
    return name.name.decode("latin-1")


def _is_same(hunk: Hunk, read: ReadHunk) -> bool:
    return (
        (hunk.old_start, hunk.new_start) == (read.source_start, read.target_start)
        and b"".join(hunk.old) == _side(read, _OLD_SIDE)
        and b"".join(hunk.new) == _side(read, _NEW_SIDE)
    )


def _side(read: ReadHunk, kinds: tuple[str, ...]) -> bytes:
    """Join one side of a hunk; the no-newline marker takes the newline off the line before it."""
    parts: list[str] = []
    last = ""
    for line in read:
        if line.line_type in kinds:
            parts.append(line.value)
        elif line.line_type == LINE_TYPE_NO_NEWLINE and last in kinds and parts:
            parts[-1] = parts[-1].removesuffix("\n")
        last = line.line_type
    return "".join(parts).encode("latin-1")
