"""A patch that is ready for upstream, and what belongs to it there: unit tests and release notes.

How they become one commit is `change`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from freebsd_port.engine.core.patch.header import Header, parse_header
from freebsd_port.engine.core.patch.patch import Patch, parse_patch, require_complete, split_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.upstream import SUFFIX

TESTS = "tests.patch"
"""The file in that directory with the changes to upstream's tests; any other file is a new one."""

READY_FIELD = "Upstream"
"""The field whose value `ready` says that a patch can be sent as it is."""

NOTES = "releasenotes/notes/"
_NOTE_NAME = re.compile(re.escape(NOTES) + r"[a-z0-9][a-z0-9.-]*-[0-9a-f]{16}\.yaml")
_SECTIONS = (
    *("prelude", "features", "issues", "upgrade", "deprecations"),
    *("critical", "security", "fixes", "other"),
)
"""Source: reno, "Report Configuration", the default sections."""

_LONGEST_LINE = 72
_WHY_A_PATCH = re.compile(r"\b(?:has to|must) be a patch\b")


class ReadyError(PortError):
    """A patch that is called ready for upstream and cannot be sent as it is."""


@dataclass(frozen=True, slots=True)
class ReadyPatch:
    """A patch of the series whose header says that it is ready, with its upstream files."""

    entry: SeriesEntry
    data: bytes
    """The patch file."""

    tests: Patch | None
    """The changes to upstream's tests; None if it brings new modules or nothing."""

    new_files: Mapping[str, bytes]
    """The files that upstream does not have, by their paths there, sorted."""

    @property
    def name(self) -> str:
        """The patch's name in the series."""
        return self.entry.name

    @property
    def distribution(self) -> str:
        """The distribution that it changes."""
        return self.name.partition("/")[0]

    @property
    def directory(self) -> str:
        """The directory of its upstream files, below the patches."""
        return directory_of(self.name)

    @property
    def header(self) -> Header:
        """The header of the patch file."""
        return parse_header(split_patch(self.data)[0])


def read_ready(entry: SeriesEntry, data: bytes, files: Mapping[str, bytes]) -> ReadyPatch:
    """Read a ready patch and the files of its directory, by their paths below it.

    Raises what parse_patch and require_complete do, of the changes to upstream's tests.
    """
    tests = None
    if TESTS in files:
        tests = parse_patch(f"{directory_of(entry.name)}/{TESTS}", files[TESTS])
        require_complete(tests)
    new_files = {path: files[path] for path in sorted(files) if path != TESTS}
    return ReadyPatch(entry, data, tests, new_files)


def directory_of(patch: str) -> str:
    """Give the directory of a patch's upstream files, below the patches."""
    return patch.removesuffix(".patch") + SUFFIX


def is_ready(data: bytes) -> bool:
    """Tell whether a patch file says that it is ready for upstream."""
    return parse_header(split_patch(data)[0]).field(READY_FIELD) == "ready"


def commit_message(header: Header) -> str:
    """Give what a header says to upstream: the prose without its last paragraph.

    That one says why the change must be a patch here, which does not matter there.
    """
    return header.prose.rpartition("\n\n")[0].strip()


def find_ready_faults(ready: ReadyPatch) -> list[ReadyError]:
    """Say what an upstream reviewer would miss in the texts, every finding at once.

    Whether the tests apply, fail without the patch and pass with it is not looked at.
    """
    faults = _message_faults(ready.header)
    if ready.tests is None and not any(_is_test(path) for path in ready.new_files):
        faults.append("it is ready for upstream and has no unit test")
    notes = [path for path in ready.new_files if path.startswith(NOTES)]
    if not notes:
        faults.append("it is ready for upstream and has no release note")
    for path in notes:
        faults += [f"{path}: {fault}" for fault in find_note_faults(path, ready.new_files[path])]
    faults += [
        f"{path} is neither a test nor a release note"
        for path in ready.new_files
        if not path.startswith(NOTES) and not _is_test(path)
    ]
    faults += [
        f"{TESTS} changes {path}, which is not a test"
        for path in _changed_paths(ready.tests)
        if not _is_test(path)
    ]
    where = f"patches/{ready.directory}"
    hint = "docs/authoring.md says what belongs there"
    return [ReadyError(f"{ready.name}: {fault}", where=where, hint=hint) for fault in faults]


def find_stray_faults(directories: Iterable[str], ready: Iterable[str]) -> list[ReadyError]:
    """Find directories of upstream files whose patch is not ready, or not in the series."""
    known = {directory_of(name) for name in ready}
    return [
        ReadyError(
            f"{directory} belongs to no patch that is ready for upstream",
            where=f"patches/{directory}",
            hint=f"write `{READY_FIELD}: ready` in the patch's header, or remove the directory",
        )
        for directory in sorted(set(directories) - known)
    ]


def find_note_faults(path: str, data: bytes) -> list[str]:
    """Say what reno would not take of a release note, or take otherwise than it is meant.

    Source: reno, "Creating New Release Notes".
    """
    faults = []
    if not _NOTE_NAME.fullmatch(path):
        faults.append("the name does not end in a dash, 16 hexadecimal digits and .yaml")
    lines = data.decode("utf-8", "replace").split("\n")
    if lines[0] != "---":
        faults.append("the first line is not ---")
    sections = [line for line in lines[1:] if line and line[0] not in " #"]
    if not sections:
        faults.append("it has no section")
    faults += [
        f"{line} is not a section of a release note"
        for line in sections
        if not (line.endswith(":") and line[:-1] in _SECTIONS)
    ]
    return faults


def _message_faults(header: Header) -> list[str]:
    faults: list[str] = []
    if len(header.field("Subject") or "") > _LONGEST_LINE:
        faults.append(f"the subject has more than {_LONGEST_LINE} characters")
    message = commit_message(header)
    if not _WHY_A_PATCH.search(" ".join(header.prose.rpartition("\n\n")[2].split())):
        faults.append("the last paragraph of the header does not say why it must be a patch")
    if re.search(r"\bpatch", message):
        faults.append("the header speaks of patches above its last paragraph")
    if any(len(line) > _LONGEST_LINE for line in message.split("\n")):
        faults.append(f"a line of the header has more than {_LONGEST_LINE} characters")
    return faults


def _changed_paths(patch: Patch | None) -> list[str]:
    changes = () if patch is None else patch.changes
    sides = [side for change in changes for side in (change.old, change.new) if side]
    names = (side.name or b"" for side in sides if not side.is_absent)
    return sorted({name.partition(b"/")[2].decode("utf-8", "replace") for name in names})


def _is_test(path: str) -> bool:
    return path.endswith(".py") and "tests" in path.split("/")[:-1]
