"""The state of an overlay: which patches are applied, and each file before and after them.

A change that is being carried out is described by `journal`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from freebsd_port.engine.core.text.file import STATE_DIRECTORY, find_path_fault
from freebsd_port.errors import PortError

FORMAT = 1
STATE_FILE = f"{STATE_DIRECTORY}/state.json"
_HEXADECIMAL = frozenset("0123456789abcdef")


class OverlayError(PortError):
    """The overlay's own state cannot be read, or disagrees with the tree."""


@dataclass(frozen=True, slots=True)
class AppliedPatch:
    """A patch that is on, by the text that was applied."""

    name: str
    sha256: str
    strip: int = 1
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class OverlayFile:
    """One file that the overlay changed; None as digest means that it is not there."""

    path: str
    before: str | None
    after: str | None
    before_mode: int | None = None
    after_mode: int | None = None
    distribution: str | None = None


@dataclass(frozen=True, slots=True)
class AddedFile:
    """A file that belongs to a patch, although the patch's text does not change it yet."""

    patch: str
    path: str


@dataclass(frozen=True, slots=True)
class OverlayState:
    """Everything needed to take the overlay off, without the series or the network."""

    release: str | None = None
    fuzz: int = 0
    patches: tuple[AppliedPatch, ...] = ()
    files: tuple[OverlayFile, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    """Distribution name to the version that was patched."""

    added: tuple[AddedFile, ...] = ()
    """Files under edit that `refresh` is to take into a patch; each is in `files` too."""

    def file(self, path: str) -> OverlayFile | None:
        """Find the entry of a path."""
        return next((entry for entry in self.files if entry.path == path), None)


def changed_files(state: OverlayState) -> tuple[OverlayFile, ...]:
    """Give the files without those that are only under edit."""
    added = {file.path for file in state.added}
    return tuple(
        entry
        for entry in state.files
        if entry.path not in added
        or (entry.before, entry.before_mode) != (entry.after, entry.after_mode)
    )


def render_state(state: OverlayState) -> bytes:
    """Give the state as JSON, one trailing newline; `parse_state(render_state(s)) == s`."""
    value: dict[str, object] = {
        "format": FORMAT,
        "release": state.release,
        "fuzz": state.fuzz,
        "patches": [_fields(patch) for patch in state.patches],
        "files": [_fields(file) for file in state.files],
        "versions": state.versions,
    }
    if state.added:
        value["added"] = [_fields(file) for file in state.added]
    return (json.dumps(value, sort_keys=True) + "\n").encode()


def _fields(value: AppliedPatch | OverlayFile | AddedFile) -> dict[str, str | int | None]:
    """Give the fields of a flat value; `asdict` copies them deeply, which takes its time."""
    return {name: getattr(value, name) for name in value.__slots__}


def parse_state(data: bytes, *, where: str) -> OverlayState:
    """Read the state; raises OverlayError when it is damaged or of a later format.

    Paths, digests and modes are held against the rules, since the file came with the tree.
    """
    try:
        value = json.loads(data)
        if value.pop("format") != FORMAT:
            raise OverlayError(
                "the overlay was written by another version of freebsd-port", where=where
            )
        patches = tuple(AppliedPatch(**entry) for entry in value.pop("patches"))
        files = tuple(OverlayFile(**entry) for entry in value.pop("files"))
        added = tuple(AddedFile(**entry) for entry in value.pop("added", ()))
        state = OverlayState(patches=patches, files=files, added=added, **value)
        fault = _find_fault(state)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        fault = describe_damage(error)
    if fault:
        raise OverlayError(
            f"the overlay's state is damaged: {fault}",
            where=where,
            hint="begin with a fresh copy of the tree; a fresh environment comes from: "
            "freebsd-port venv",
        )
    return state


def describe_damage(error: Exception) -> str:
    """Say what is wrong with a file of the overlay's, without Python's words."""
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeError):
        return "it is not UTF-8 text"
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]!r}"
    return "a field is missing, unknown or of another kind"


def is_digest(value: object) -> bool:
    """Tell whether the value is a SHA-256 in hexadecimal, or None."""
    if value is None:
        return True
    return isinstance(value, str) and len(value) == 64 and _HEXADECIMAL.issuperset(value)


def is_mode(value: object) -> bool:
    """Tell whether the value is a set of permission bits, or None."""
    return value is None or (type(value) is int and 0 <= value <= 0o7777)


def _find_fault(state: OverlayState) -> str | None:
    if not isinstance(state.versions, dict) or type(state.fuzz) is not int:
        return "fields of another kind"
    for patch in state.patches:
        if not isinstance(patch.name, str) or not is_digest(patch.sha256):
            return f"no digest for {patch.name!r}"
    for entry in state.files:
        fault = find_path_fault(entry.path)
        if fault:
            return f"it names {entry.path!r}, and {fault}"
        if not is_digest(entry.before) or not is_digest(entry.after):
            return f"no digest for {entry.path}"
        if not is_mode(entry.before_mode) or not is_mode(entry.after_mode):
            return f"no permission bits for {entry.path}"
    paths = {entry.path for entry in state.files}
    names = {patch.name for patch in state.patches}
    for file in state.added:
        if file.path not in paths or file.patch not in names:
            return f"{file.path!r} was added to {file.patch!r}, and one of the two is not there"
    return None
