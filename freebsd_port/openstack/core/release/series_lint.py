"""What a patch and the series must look like, whatever they apply to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from freebsd_port.engine.core.patch.change import named_paths
from freebsd_port.engine.core.patch.cross_reading import find_disagreements
from freebsd_port.engine.core.patch.header import (
    find_header_faults,
    find_native_faults,
    parse_header,
)
from freebsd_port.engine.core.patch.patch import Patch, parse_patch, require_complete
from freebsd_port.engine.core.series.series import Series, SeriesEntry, is_on
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.release import Release
from freebsd_port.openstack.core.release.role import tagged_roles


class LintError(PortError):
    """Something in the series or a patch that is not as the house has it."""


def lint_series(
    series: Series, files: Iterable[str], releases: tuple[Release, ...]
) -> list[LintError]:
    """Hold the series against the files below patches/, and the releases and roles its tags name.

    `releases` are all of them, oldest first. A variant `<what>@<release>.patch` belongs to
    `<what>.patch`. Patches under an option stand behind all others, so that what the others make
    of a release does not depend on options.
    """
    findings: list[LintError] = []
    present = set(files)
    order = tuple(release.name for release in releases)
    pinned = dict.fromkeys(pin.distribution for each in releases for pin in each.pins)
    roles = {name for release in releases for name in release.role_names}
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
        directory = entry.name.partition("/")[0]
        if directory not in pinned:
            findings.append(
                LintError(
                    f"{entry.name} is in the directory of no patched distribution",
                    where=where,
                    hint=f"move it below one of {', '.join(pinned)}",
                )
            )
        else:
            findings += _unpinned(entry, releases, order)
        findings += [
            LintError(f"the tag names {role}, which is not a role of any release", where=where)
            for role in tagged_roles(entry)
            if role not in roles
        ]
        tagged = {*entry.excluded, entry.since, entry.until} - {None}
        findings += [
            LintError(f"the tag names {tag}, which is not a release of the project", where=where)
            for tag in sorted(str(tag) for tag in tagged - set(order))
        ]
    listed = set(series.names)
    for name in sorted(present):
        stem, _, release = name.removesuffix(".patch").rpartition("@")
        if name not in listed and not (f"{stem}.patch" in listed and release in order):
            findings.append(
                LintError(
                    f"{name} is not in the series",
                    where=f"patches/{name}",
                    hint="add it to series, or remove the file",
                )
            )
    return findings


def _unpinned(
    entry: SeriesEntry, releases: tuple[Release, ...], order: tuple[str, ...]
) -> list[LintError]:
    """Find the releases on which a patch is on although they do not pin its distribution."""
    directory = entry.name.partition("/")[0]
    options = frozenset(filter(None, (entry.option,)))
    return [
        LintError(
            f"{entry.name} is on for {release.name}, which does not pin {directory}",
            where=f"series:{entry.line}",
            hint=f"switch it off there with the tag: not {release.name}, or since RELEASE",
        )
        for release in releases
        if is_on(entry, release.name, order, options) and release.find_pin(directory) is None
    ]


def lint_roles(series: Series, files: Mapping[str, bytes]) -> list[LintError]:
    """Find files that the series leaves different for different roles.

    series.lock has one result for each file, so all patches of a file must name the same roles.
    """
    roles = {entry.name: frozenset(tagged_roles(entry)) for entry in series.entries}
    if not any(roles.values()):
        return []
    touched: dict[str, dict[frozenset[str], str]] = {}
    for entry in series.entries:
        if entry.name in files:
            for change in parse_patch(entry.name, files[entry.name]).changes:
                for path in named_paths(change, entry.strip):
                    touched.setdefault(path, {}).setdefault(roles[entry.name], entry.name)
    return [
        LintError(
            f"{' and '.join(names.values())} touch {path} and do not name the same roles",
            where="series",
            hint="give both lines the same tag, or none",
        )
        for path, names in sorted(touched.items())
        if len(names) > 1
    ]


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
