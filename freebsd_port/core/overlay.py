"""What an overlay remembers: which patches are on, and each file before and after them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from freebsd_port.errors import PortError

FORMAT = 1


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
class OverlayState:
    """Everything needed to take the overlay off, without the series or the network."""

    release: str | None = None
    fuzz: int = 0
    patches: tuple[AppliedPatch, ...] = ()
    files: tuple[OverlayFile, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    """Distribution name to the version that was patched."""

    def file(self, path: str) -> OverlayFile | None:
        """Find the entry of a path."""
        return next((entry for entry in self.files if entry.path == path), None)


def render_state(state: OverlayState) -> bytes:
    """Give the state as JSON, one trailing newline; `parse_state(render_state(s)) == s`."""
    value = {"format": FORMAT, **asdict(state)}
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def parse_state(data: bytes, *, where: str) -> OverlayState:
    """Read the state; raises OverlayError when it is damaged or of a later format."""
    try:
        value = json.loads(data)
        if value.pop("format") != FORMAT:
            raise OverlayError(
                "the overlay was written by another version of freebsd-port", where=where
            )
        patches = tuple(AppliedPatch(**entry) for entry in value.pop("patches"))
        files = tuple(OverlayFile(**entry) for entry in value.pop("files"))
        return OverlayState(patches=patches, files=files, **value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OverlayError(
            "the overlay's state is damaged",
            where=where,
            hint="remake the environment with: freebsd-port venv --recreate",
        ) from error
