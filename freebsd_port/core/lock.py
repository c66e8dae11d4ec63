"""series.lock: the digests of each file that the series touches on a release."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.errors import PortError

_TITLE = "# sha256 before, sha256 after, path; written by freebsd-port check --write-lock\n"
ABSENT = "-"


class LockError(PortError):
    """A series.lock that cannot be read, or that the plan disagrees with."""


@dataclass(frozen=True, slots=True)
class LockedFile:
    """One file; None as digest means that it is not there."""

    path: str
    before: str | None
    after: str | None


def render_lock(files: tuple[LockedFile, ...]) -> bytes:
    """Give the file, sorted by path, a line each."""
    rows = (
        f"{entry.before or ABSENT} {entry.after or ABSENT} {entry.path}\n"
        for entry in sorted(files, key=lambda entry: entry.path)
    )
    return (_TITLE + "".join(rows)).encode("utf-8", "surrogateescape")


def parse_lock(data: bytes, *, source: str) -> tuple[LockedFile, ...]:
    """Read a series.lock; raises LockError with the line."""
    files: list[LockedFile] = []
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split(" ", 2)
        if len(fields) != 3 or any(len(f) not in (1, 64) for f in fields[:2]):
            raise LockError("not a line of a series.lock", where=f"{source}:{number}")
        before, after = (None if f == ABSENT else f for f in fields[:2])
        files.append(LockedFile(fields[2], before, after))
    return tuple(files)
