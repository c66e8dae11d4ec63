"""What a series is applied to: any directory, or an environment that holds a release's pins."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from freebsd_port.core.file import FileState, Tree
from freebsd_port.core.lock import LockedFile, LockError
from freebsd_port.core.overlay import OverlayFile, OverlayState
from freebsd_port.core.ownership import Owner, find_owner, ownership_problems
from freebsd_port.core.plan import Edit, PatchOutcome
from freebsd_port.core.record import hex_to_record, record_paths, update_record
from freebsd_port.core.release import Release, normalised_name
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.store.installed import Installed, find_installed


class PinError(PortError):
    """The environment does not hold what the release pins."""


class Target(Protocol):
    """What converging needs to know of the place it writes to."""

    @property
    def root(self) -> Path:
        """The directory that the paths in patches are relative to."""

    def replaced(self, state: OverlayState) -> tuple[tuple[str, str, str | None], ...]:
        """Give (distribution, version patched, version now) where the two differ."""

    def check(
        self,
        outcomes: tuple[PatchOutcome, ...],
        files: tuple[OverlayFile, ...],
        base: Tree,
        *,
        is_whole: bool,
    ) -> None:
        """Raise ProblemsError when a patch may not do what it would; all findings at once."""

    def with_records(self, edits: tuple[Edit, ...], base: Tree) -> tuple[Edit, ...]:
        """Add the edits of the RECORD files that follow from these."""

    def owner(self, path: str) -> str | None:
        """Name the distribution that a path belongs to."""

    def versions(self) -> dict[str, str]:
        """Give the version of each distribution that can be patched here."""


@dataclass(frozen=True, slots=True)
class TreeTarget:
    """Any directory: no pins, no RECORD, no lock."""

    root: Path

    def replaced(self, state: OverlayState) -> tuple[tuple[str, str, str | None], ...]:
        """Nothing is versioned here."""
        return ()

    def check(
        self,
        outcomes: tuple[PatchOutcome, ...],
        files: tuple[OverlayFile, ...],
        base: Tree,
        *,
        is_whole: bool,
    ) -> None:
        """Allow every path that is safe in itself."""

    def with_records(self, edits: tuple[Edit, ...], base: Tree) -> tuple[Edit, ...]:
        """Leave the edits as they are."""
        return edits

    def owner(self, path: str) -> str | None:
        """No distribution owns anything."""
        return None

    def versions(self) -> dict[str, str]:
        """No distribution is here."""
        return {}


@dataclass(frozen=True)
class EnvironmentTarget:
    """A directory of packages that holds the pins of a release."""

    root: Path
    release: Release
    lock: tuple[LockedFile, ...] | None
    """What series.lock says, or None where the release has none yet."""

    venv: Path
    """What the user calls the environment, for messages."""

    _records: dict[str, bytes] = field(default_factory=dict, repr=False)

    @cached_property
    def installed(self) -> dict[str, Installed]:
        """The patched distributions found, by pinned name."""
        return find_installed(self.root, (pin.distribution for pin in self.release.pins))

    @cached_property
    def owners(self) -> tuple[Owner, ...]:
        """What each installed distribution's RECORD lists."""
        return tuple(
            Owner(name, frozenset(record_paths(self._record(found))))
            for name, found in self.installed.items()
        )

    def replaced(self, state: OverlayState) -> tuple[tuple[str, str, str | None], ...]:
        """Compare the versions that were patched with those installed now."""
        now = self.versions()
        return tuple(
            (name, version, now.get(name))
            for name, version in state.versions.items()
            if now.get(name) != version
        )

    def check(
        self,
        outcomes: tuple[PatchOutcome, ...],
        files: tuple[OverlayFile, ...],
        base: Tree,
        *,
        is_whole: bool,
    ) -> None:
        """Hold the pins, what each patch may touch, and series.lock against the plan."""
        problems: list[PortError] = []
        touched = {normalised_name(o.name.partition("/")[0]) for o in outcomes}
        problems += self._pin_problems(touched)
        if not problems:
            for outcome in outcomes:
                problems += ownership_problems(outcome, self.owners)
            problems += self._original_problems(files, base)
            if self.lock is not None:
                problems += _lock_problems(self.lock, files, self.release.name, is_whole)
        if problems:
            raise ProblemsError(tuple(problems))

    def _pin_problems(self, touched: set[str]) -> list[PortError]:
        problems: list[PortError] = []
        for pin in self.release.pins:
            if normalised_name(pin.distribution) not in touched:
                continue
            found = self.installed.get(pin.distribution)
            if found is not None and found.version == pin.version:
                continue
            there = f"{pin.distribution} {found.version}" if found else f"no {pin.distribution}"
            problems.append(
                PinError(
                    "the environment does not hold the pinned release",
                    where=f"{there} in {self.venv}, release {self.release.name} pins {pin.version}",
                    hint=f"freebsd-port venv --release {self.release.name}",
                )
            )
        return problems

    def _original_problems(self, files: tuple[OverlayFile, ...], base: Tree) -> list[PortError]:
        """Find files that were not the wheel's when the overlay first came over them."""
        listed: dict[str, str] = {}
        for found in self.installed.values():
            record = base.read(f"{found.dist_info.name}/RECORD")
            listed.update(record_paths(record.content) if record else {})
        return [
            PinError(
                f"{entry.path} is not the file that its distribution installed",
                where=str(self.venv),
                hint=f"install {entry.distribution or 'it'} again, or make another environment "
                "with: freebsd-port venv --venv PATH",
            )
            for entry in files
            if entry.before is not None
            and listed.get(entry.path)
            and listed[entry.path] != hex_to_record(entry.before)
        ]

    def with_records(self, edits: tuple[Edit, ...], base: Tree) -> tuple[Edit, ...]:
        """Add an edit of RECORD for each distribution that has an edited file."""
        added: list[Edit] = []
        for name, found in self.installed.items():
            contents = {
                edit.path: edit.after.content if edit.after else None
                for edit in edits
                if self.owner(edit.path) == name
            }
            if not contents:
                continue
            path = f"{found.dist_info.name}/RECORD"
            before = base.read(path)
            if before is not None:
                after = FileState(update_record(before.content, contents), before.mode)
                added.append(Edit(path, before, after))
        return tuple(sorted((*edits, *added), key=lambda edit: edit.path))

    def owner(self, path: str) -> str | None:
        """Name the distribution whose RECORD, or whose top-level package, holds the path."""
        return find_owner(path, self.owners)

    def versions(self) -> dict[str, str]:
        """Give what is installed now."""
        return {name: found.version for name, found in self.installed.items()}

    def _record(self, found: Installed) -> bytes:
        name = found.dist_info.name
        if name not in self._records:
            try:
                self._records[name] = (found.dist_info / "RECORD").read_bytes()
            except OSError as error:
                raise PinError(
                    f"{found.distribution} has no RECORD, so nothing says which files are its own",
                    where=str(found.dist_info),
                    hint="install it again with pip",
                ) from error
        return self._records[name]


def _lock_problems(
    lock: tuple[LockedFile, ...], files: tuple[OverlayFile, ...], release: str, is_whole: bool
) -> list[PortError]:
    """Compare digests; the ones after the series only when all of it is on."""
    locked = {entry.path: entry for entry in lock}
    found = {f.path: f for f in files if not f.path.endswith("/RECORD")}
    where = f"releases/{release}/series.lock"
    problems: list[PortError] = []
    for path, entry in found.items():
        known = locked.get(path)
        if known is None:
            problems.append(LockError(f"series.lock does not list {path}", where=where))
        elif known.before != entry.before:
            problems.append(LockError(f"{path} is not the file of release {release}", where=where))
        elif is_whole and known.after != entry.after:
            problems.append(
                LockError(f"{path} comes out otherwise than series.lock says", where=where)
            )
    if is_whole:
        missing = sorted(set(locked) - set(found))
        problems += [
            LockError(f"the series leaves {path} as it is", where=where) for path in missing
        ]
    for problem in problems:
        problem.hint = "after a wanted change of the series: freebsd-port check --write-lock"
    return problems
