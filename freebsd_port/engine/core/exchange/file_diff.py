"""The diff of one file between two versions, and which version added each of its lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from freebsd_port.engine.core.patch.filename import name_line, quote_name
from freebsd_port.engine.core.patch.render import CONTEXT, render_hunks
from freebsd_port.engine.core.text.align import align_lines, chunks
from freebsd_port.engine.core.text.file import FileState, PathError, split_lines
from freebsd_port.engine.core.text.splice import Splice


def annotate_lines(versions: Sequence[Sequence[bytes]]) -> list[int]:
    """Give for each line of the last version the index of the first that has it.

    A line that comes, goes and comes again counts from its last coming.
    """
    origins = [0] * len(versions[0])
    for number in range(1, len(versions)):
        old, new = versions[number - 1], versions[number]
        now = [number] * len(new)
        for block in align_lines(old, new):
            now[block.other : block.other + block.count] = origins[
                block.base : block.base + block.count
            ]
        origins = now
    return origins


_EXECUTABLE = 0o111


def render_difference(
    path: str,
    before: FileState | None,
    after: FileState | None,
    context: int = CONTEXT,
    strip: int = 1,
    *,
    is_led: bool = False,
) -> bytes:
    """Give the diff of one file, empty when nothing differs; None is a file that is not there.

    Names stand behind `a/` and `b/`, or as many components as are to be stripped again, and have
    no time stamps; git's quoting is used where a name needs it. Only what those two lines cannot
    say, an empty file that comes or goes and a changed executable bit, gets git's extended header,
    and with `is_led` every diff does. Raises PathError for a file that a text patch cannot hold.
    """
    require_renderable(path, before, after)
    old = split_lines(before.content) if before else []
    new = split_lines(after.content) if after else []
    hunks = render_hunks(old, find_splices(old, new), context)
    extended = _extended(before, after, is_needed=is_led or not hunks)
    names = [prefix * strip + path for prefix in ("a/", "b/")]
    raw = [name.encode("utf-8", "surrogateescape") for name in names]
    lead = b""
    if extended or (is_led and hunks):
        pair = [quote_name(name, is_in_pair=True) for name in raw]
        lines = "".join(f"{line}\n" for line in extended).encode()
        lead = b"diff --git %s %s\n%s" % (*pair, lines)
    if hunks:
        old_name, new_name = map(name_line, raw)
        # Without a header of git's an empty file counts as none, as in quilt.
        lead += b"--- " + (old_name if old or (before and lead) else b"/dev/null\n")
        lead += b"+++ " + (new_name if after else b"/dev/null\n")
    return lead + hunks


def render_differences(
    changes: Iterable[tuple[str, FileState | None, FileState | None]],
    context: int = CONTEXT,
    strip: int = 1,
    *,
    for_git: bool = False,
) -> list[bytes]:
    """Give the diff of each of several files, to be joined to one patch.

    `for_git` tells an empty file from none, which git does and quilt does not.

    Behind a header of git's without a hunk, the next diff has one too; otherwise its lines would
    be read as more of that header.
    """
    parts: list[bytes] = []
    is_open = False
    for path, before, after in changes:
        is_led = is_open or (for_git and is_empty(before))
        part = render_difference(path, before, after, context, strip, is_led=is_led)
        is_open = b"\n@@ " not in part if part else is_open
        parts.append(part)
    return parts


def find_splices(old: list[bytes], new: list[bytes]) -> list[Splice]:
    """Give the changes of lines that lead from one version to the other, in order."""
    found = chunks(align_lines(old, new), len(old), len(new))
    return [Splice(c.start, c.stop, tuple(new[c.other_start : c.other_stop])) for c in found]


def is_executable(state: FileState) -> bool:
    """Tell whether git would call the file executable."""
    return bool((state.mode or 0) & _EXECUTABLE)


def is_empty(state: FileState | None) -> bool:
    """Tell whether the file is there and holds nothing."""
    return state is not None and not state.content


def is_same(first: FileState | None, second: FileState | None) -> bool:
    """Tell whether a patch between the two would be empty."""
    if first is None or second is None:
        return first is second
    return first.content == second.content and (
        None in (first.mode, second.mode) or is_executable(first) == is_executable(second)
    )


def _extended(before: FileState | None, after: FileState | None, *, is_needed: bool) -> list[str]:
    """Give git's extended header lines. Source: git-diff(1), "Generating patch text with -p"."""
    if before and after:
        if None in (before.mode, after.mode) or is_executable(before) == is_executable(after):
            return []
        return [f"old mode {_mode(before)}", f"new mode {_mode(after)}"]
    if after and (is_executable(after) or is_needed):
        return [f"new file mode {_mode(after)}"]
    if before and is_needed:
        return [f"deleted file mode {_mode(before)}"]
    return []


def _mode(state: FileState) -> str:
    return "100755" if is_executable(state) else "100644"


def require_renderable(path: str, *states: FileState | None) -> None:
    """Raise PathError for a file that a text patch cannot hold."""
    if any(state and b"\0" in state.content for state in states):
        raise PathError(f"{path} is not text, and a patch holds text only")
