"""What a patch and the series must look like, whatever they apply to."""

from __future__ import annotations

from collections.abc import Iterable

from freebsd_port.engine.core.patch.cross_reading import find_disagreements
from freebsd_port.engine.core.patch.header import (
    find_header_faults,
    find_native_faults,
    parse_header,
)
from freebsd_port.engine.core.patch.patch import Patch, parse_patch, require_complete
from freebsd_port.engine.core.series.series import Series
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS


class LintError(PortError):
    """Something in the series or a patch that is not as the house has it."""


def lint_series(series: Series, files: Iterable[str], releases: tuple[str, ...]) -> list[LintError]:
    """Hold the series against the files below patches/ and the releases its tags name.

    A variant `<what>@<release>.patch` belongs to `<what>.patch`. Patches under an option stand
    behind all others, so that what the others make of a release does not depend on options.
    """
    findings: list[LintError] = []
    present = set(files)
    last = max((entry.line for entry in series.entries if entry.option is None), default=0)
    for entry in series.entries:
        where = f"series:{entry.line}"
        if entry.option is not None and entry.line < last:
            findings.append(
                LintError(
                    f"{entry.name} is under an option and stands before a patch that is not",
                    where=where,
                    hint="move its line to the end of the series",
                )
            )
        if entry.name not in present:
            findings.append(
                LintError(f"the series names {entry.name}, which does not exist", where=where)
            )
        if entry.name.partition("/")[0] not in PATCHED_DISTRIBUTIONS:
            findings.append(
                LintError(
                    f"{entry.name} is in the directory of no patched distribution",
                    where=where,
                    hint=f"move it below one of {', '.join(PATCHED_DISTRIBUTIONS)}",
                )
            )
        tagged = {*entry.excluded, entry.since, entry.until} - {None}
        findings += [
            LintError(f"the tag names {tag}, which is not a release of the project", where=where)
            for tag in sorted(str(tag) for tag in tagged - set(releases))
        ]
    listed = set(series.names)
    for name in sorted(present):
        stem, _, release = name.removesuffix(".patch").rpartition("@")
        if name not in listed and not (f"{stem}.patch" in listed and release in releases):
            findings.append(
                LintError(
                    f"{name} is not in the series",
                    where=f"patches/{name}",
                    hint="add it to series, or remove the file",
                )
            )
    return findings


def lint_patch(name: str, data: bytes) -> list[PortError]:
    """Find what is wrong with one patch file in itself."""
    where = f"patches/{name}"
    try:
        patch = parse_patch(name, data)
        require_complete(patch)
    except PortError as error:
        return [error]
    findings: list[PortError] = []
    if not patch.changes:
        findings.append(LintError("the patch changes nothing", where=where))
        return findings
    header = parse_header(patch.changes[0].preamble)
    faults = (*find_header_faults(header), *find_native_faults(header, _added_lines(patch)))
    findings += [LintError(fault, where=where) for fault in faults]
    for change in patch.changes:
        line = f"{where}:{change.hunks[0].line - 1 if change.hunks else change.line}"
        if b"\t" in change.preamble.rpartition(b"+++ ")[2].rstrip(b"\n"):
            findings.append(
                LintError(
                    "the file names have time stamps, so the patch is not byte-stable", where=line
                )
            )
    for number, text in enumerate(data.split(b"\n"), 1):
        if text.startswith(b"+") and text != text.rstrip() and not text.startswith(b"+++"):
            findings.append(
                LintError("an added line ends in white space", where=f"{where}:{number}")
            )
    findings += [
        LintError(difference, where=f"{where}:{number}")
        for number, difference in find_disagreements(patch, data)
    ]
    if patch.trailer.strip():
        findings.append(LintError("text follows the last hunk", where=where))
    return findings


def _added_lines(patch: Patch) -> frozenset[str]:
    """Give every line that a patch adds, without its indentation."""
    return frozenset(line.decode("utf-8", "replace").strip() for line in patch.added_lines())
