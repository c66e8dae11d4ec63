"""series.lock: the digests of each file that the series touches on a release.

A line in brackets begins the files that a set of options changes otherwise than the series
without it, such as `[multiqueue]` or `[multiqueue xen]`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

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
    options: tuple[str, ...] = ()
    """Sorted: of the options that have a patch of this file, those that are asked for."""


def render_lock(files: tuple[LockedFile, ...]) -> bytes:
    """Give the file, a line each, sorted by path; each set of options follows the smaller ones."""
    ordered = sorted(files, key=lambda entry: (len(entry.options), entry.options, entry.path))
    text = _TITLE
    for options, entries in groupby(ordered, key=lambda entry: entry.options):
        text += f"[{' '.join(options)}]\n" if options else ""
        for entry in entries:
            text += f"{entry.before or ABSENT} {entry.after or ABSENT} {entry.path}\n"
    return text.encode("utf-8", "surrogateescape")


def parse_lock(data: bytes, *, source: str) -> tuple[LockedFile, ...]:
    """Read a series.lock; raises LockError with the line."""
    files: list[LockedFile] = []
    options: tuple[str, ...] = ()
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            options = tuple(sorted(line[1:-1].split()))
            continue
        fields = line.split(" ", 2)
        if len(fields) != 3 or not all(f == ABSENT or is_digest(f) for f in fields[:2]):
            raise SeriesLockError("not a line of a series.lock", where=f"{source}:{number}")
        before, after = (None if f == ABSENT else f for f in fields[:2])
        files.append(LockedFile(fields[2], before, after, options))
    return tuple(files)


def pick_locked(files: Iterable[LockedFile], options: frozenset[str]) -> tuple[LockedFile, ...]:
    """Give what the lock says of each file that the series changes with these options."""
    files = tuple(files)
    concerned: dict[str, set[str]] = {}
    for entry in files:
        concerned.setdefault(entry.path, set()).update(entry.options)
    return tuple(
        entry
        for entry in files
        if concerned[entry.path] & options == set(entry.options) and entry.before != entry.after
    )


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
