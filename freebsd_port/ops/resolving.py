"""What a person made of the files in conflict: whether they are finished, and remembering it."""

from __future__ import annotations

from collections.abc import Mapping

from freebsd_port.core.conflict import find_breakage, find_marker, read_resolutions
from freebsd_port.core.file import split_lines
from freebsd_port.core.rebase import RebasedPatch, RebaseError, WorkFile
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.store.rebasing import RebaseStore


class UnfinishedError(ProblemsError):
    """Every file of a conflict that is not finished."""

    exit_code = 3


def require_finished(
    store: RebaseStore, work: tuple[WorkFile, ...], files: Mapping[str, bytes]
) -> None:
    """Raise UnfinishedError with every marker that is left and every file that does not parse."""
    hint = "finish the file, then: freebsd-port rebase --continue"
    problems: list[PortError] = []
    for path, content in files.items():
        line = find_marker(split_lines(content))
        if line:
            where = f"{store.work / path}:{line}"
            problems.append(RebaseError("a conflict marker is left", where=where, hint=hint))
    for file in work if not problems else ():
        fault = find_breakage(file, files[file.path])
        if fault:
            where = str(store.work / file.path)
            problems.append(RebaseError(f"it does not parse, {fault}", where=where, hint=hint))
    if problems:
        raise UnfinishedError(tuple(problems))


def remember(store: RebaseStore, patch: RebasedPatch, files: Mapping[str, bytes]) -> None:
    """Keep what each clash of the patch became, for the next release that has the same one."""
    for file in patch.work:
        for clash, lines in read_resolutions(file, files[file.path]):
            store.resolutions.remember(clash, lines)
