"""What was asked of a host and what it answered, so that the same can be judged elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from freebsd_port.errors import UsageError


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command came to."""

    status: int
    output: str
    """Both streams, without the blanks at the ends."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What to ask; all of it before anything is judged."""

    commands: tuple[tuple[str, ...], ...] = ()
    files: tuple[str, ...] = ()
    """Absolute paths, of directories too."""

    addresses: tuple[tuple[str, int], ...] = ()
    """Host and TCP port."""

    def __add__(self, other: Questions) -> Questions:
        """Ask both, each thing once."""
        return Questions(
            tuple(dict.fromkeys((*self.commands, *other.commands))),
            tuple(dict.fromkeys((*self.files, *other.files))),
            tuple(dict.fromkeys((*self.addresses, *other.addresses))),
        )


@dataclass(frozen=True, slots=True)
class Recording:
    """A host's answers. What was not asked is as what is not there."""

    commands: Mapping[tuple[str, ...], Ran] = field(default_factory=dict)
    """Without those whose program is not there."""

    files: Mapping[str, str] = field(default_factory=dict)
    """What is there; with its text, if it is a short one that may be read."""

    addresses: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """Empty where somebody listens, else why not."""

    def run(self, *words: str) -> Ran | None:
        """Give what a command came to, None where its program is not there."""
        return self.commands.get(words)

    def value(self, *words: str) -> str | None:
        """Give what a command printed, None where it is not there or failed."""
        ran = self.run(*words)
        return ran.output if ran is not None and ran.status == 0 else None

    def has(self, *paths: str) -> bool:
        """Tell whether one of these is there."""
        return any(path in self.files for path in paths)


def render_recording(recording: Recording) -> bytes:
    """Write a recording as JSON, the same bytes for the same answers."""
    rows: dict[str, Any] = {
        "commands": [
            {"words": list(words), "status": ran.status, "output": ran.output}
            for words, ran in sorted(recording.commands.items())
        ],
        "files": dict(sorted(recording.files.items())),
        "addresses": [
            {"host": host, "port": port, "refusal": why}
            for (host, port), why in sorted(recording.addresses.items())
        ],
    }
    return json.dumps(rows, indent=1, ensure_ascii=False).encode() + b"\n"


def parse_recording(data: bytes, where: str) -> Recording:
    """Read a recording. Raises UsageError for what is none, naming `where`."""
    try:
        rows = json.loads(data)
        return Recording(
            {
                tuple(row["words"]): Ran(int(row["status"]), str(row["output"]))
                for row in rows["commands"]
            },
            {str(path): str(text) for path, text in rows["files"].items()},
            {(row["host"], int(row["port"])): str(row["refusal"]) for row in rows["addresses"]},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "this is not a recording of a host",
            where=where,
            hint="make one there: freebsd-port host doctor --record FILE",
        ) from error
