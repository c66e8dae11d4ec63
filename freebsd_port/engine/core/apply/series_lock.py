"""series.lock: the digests of each file that the series touches on a release."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.engine.core.apply.overlay import OverlayFile, is_digest
from freebsd_port.errors import PortError

_TITLE = "# sha256 before, sha256 after, path; written by freebsd-port series lock\n"
ABSENT = "-"


class SeriesLockError(PortError):
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
        if len(fields) != 3 or not all(f == ABSENT or is_digest(f) for f in fields[:2]):
            raise SeriesLockError("not a line of a series.lock", where=f"{source}:{number}")
        before, after = (None if f == ABSENT else f for f in fields[:2])
        files.append(LockedFile(fields[2], before, after))
    return tuple(files)


def write_lock_command(release: str) -> str:
    """Give the command that brings series.lock to what the series makes of a release."""
    return f"freebsd-port series lock --release {release}"


def lock_problems(
    lock: tuple[LockedFile, ...], files: tuple[OverlayFile, ...], release: str, is_whole: bool
) -> list[SeriesLockError]:
    """Compare digests; the ones after the series only when all of it is on."""
    locked = {entry.path: entry for entry in lock}
    found = {f.path: f for f in files if not f.path.endswith("/RECORD")}
    where = f"releases/{release}/series.lock"
    problems: list[SeriesLockError] = []
    for path, entry in found.items():
        known = locked.get(path)
        if known is None:
            problems.append(SeriesLockError(f"series.lock does not list {path}", where=where))
        elif known.before != entry.before:
            problems.append(
                SeriesLockError(f"{path} is not the file of release {release}", where=where)
            )
        elif is_whole and known.after != entry.after:
            problems.append(
                SeriesLockError(f"{path} differs from what series.lock records", where=where)
            )
    if is_whole:
        missing = sorted(set(locked) - set(found))
        problems += [
            SeriesLockError(f"the series leaves {path} as it is", where=where) for path in missing
        ]
    command = write_lock_command(release)
    for problem in problems:
        problem.hint = f"if you meant to change the series: {command}"
    return problems
