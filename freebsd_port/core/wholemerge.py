"""The merge of a file that a patch adds or removes whole."""

from __future__ import annotations

from freebsd_port.core.merge import Clash
from freebsd_port.core.merged_file import FileMerge
from freebsd_port.core.rebase import Outcome, RebasedHunk
from freebsd_port.core.splice import Splice


def merge_whole(
    path: str,
    base: list[bytes] | None,
    after: list[bytes] | None,
    there: list[bytes] | None,
    release: str,
) -> FileMerge:
    """Carry the file from `base` to `after` to the release that has `there`; None is no file."""
    merge = FileMerge(path, is_alike=False)
    outcome: Outcome = "exact"
    reason = "a new file" if base is None else "the same file goes away"
    if there == after:
        outcome, reason = "upstreamed", f"{release} has it"
    elif there == base:
        merge.splices[path] = [Splice(0, len(base or ()), tuple(after or ()))]
    else:
        outcome, reason = "conflict", f"{release} has another {path}"
        clash = Clash(
            0, len(there or ()), tuple(base or ()), tuple(after or ()), tuple(there or ()), (0,)
        )
        merge.clashes[path] = [clash]
    merge.hunks.append(RebasedHunk(path, 1, 1, outcome, reason, 1))
    return merge
