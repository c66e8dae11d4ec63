"""Packages as a target: an environment, or a plain directory, that holds a release's pins."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.engine.core.apply.overlay import OverlayFile, OverlayState
from freebsd_port.engine.core.apply.record import hex_to_record, record_paths, update_record
from freebsd_port.engine.core.apply.series_lock import LockedFile, lock_problems
from freebsd_port.engine.core.text.file import FileState, Tree
from freebsd_port.engine.store.overlay.state import Condition
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.openstack.core.release.release import (
    COMPUTE,
    Release,
    normalised_name,
    venv_command,
)
from freebsd_port.openstack.store.python.environment import Installed, find_installed

if TYPE_CHECKING:
    from freebsd_port.engine.core.apply.plan import Edit, PatchOutcome
    from freebsd_port.openstack.core.release.ownership import Owner

_RECORD = ".dist-info/RECORD"


class PinError(PortError):
    """The environment does not hold what the release pins."""


@dataclass(frozen=True)
class EnvironmentTarget:
    """A directory of packages that holds the pins of a release."""

    root: Path
    release: Release
    lock: tuple[LockedFile, ...] | None
    """What series.lock says, or None where the release has none yet."""

    venv: Path
    """What the user calls the environment, for messages."""

    find_passed_over: Callable[[], frozenset[str]] = frozenset
    """Names the files of the lock that only patches for other roles touch."""

    _records: dict[str, bytes] = field(default_factory=dict, init=False, repr=False)

    def reread(self) -> EnvironmentTarget:
        """Forget what RECORD files held."""
        return replace(self)

    def without_lock(self) -> EnvironmentTarget:
        """Forget what series.lock says too."""
        return replace(self, lock=None)

    @cached_property
    def installed(self) -> dict[str, Installed]:
        """The patched distributions found, by pinned name."""
        return find_installed(self.root, (pin.distribution for pin in self.release.pins))

    @cached_property
    def owners(self) -> tuple[Owner, ...]:
        """What each installed distribution's RECORD lists."""
        from freebsd_port.openstack.core.release.ownership import Owner

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

    def fresh_records(self, conditions: tuple[Condition, ...]) -> frozenset[str]:
        """Find each RECORD that is not ours, and lists all files of the overlay as originals."""
        return frozenset(
            record.entry.path
            for record, rows, files in _foreign_records(conditions)
            if all(_says(rows, c.entry.path, c.entry.before) for c in files)
        )

    def rebuilt(self, conditions: tuple[Condition, ...]) -> frozenset[str]:
        """Find each RECORD that is not ours, and agrees with files that are not ours either."""
        return frozenset(
            record.entry.distribution or ""
            for record, rows, files in _foreign_records(conditions)
            for c in files
            if c.kind == "edited" and c.found and _says(rows, c.entry.path, c.found.sha256)
        )

    def lists(self, path: str, digest: str | None) -> bool:
        """Ask the RECORD files that are there now."""
        rows = {p: h for r in map(self._record, self.installed.values()) for p, h in _rows(r)}
        return _says(rows, path, digest)

    @property
    def directory_mode(self) -> int | None:
        """Give new files to everybody who can read the packages, whatever the umask."""
        return stat.S_IMODE(self.root.stat().st_mode) & 0o777

    @property
    def is_strict(self) -> bool:
        """Refuse what cannot have been meant: these patches are this project's own."""
        return True

    def refusals(self, outcomes: tuple[PatchOutcome, ...]) -> tuple[PortError, ...]:
        """Hold the pins against what is installed, then each patch against what it owns."""
        from freebsd_port.openstack.core.release.ownership import ownership_problems

        touched = {normalised_name(outcome.name.partition("/")[0]) for outcome in outcomes}
        problems = self._pin_problems(touched)
        if not problems:
            for outcome in outcomes:
                problems += ownership_problems(outcome, self.owners)
        return tuple(problems)

    def check(self, files: tuple[OverlayFile, ...], base: Tree, *, is_whole: bool) -> None:
        """Hold the originals against RECORD, and all against series.lock."""
        listed: dict[str, str] = {}
        for found in self.installed.values():
            record = base.read(f"{found.dist_info.name}/RECORD")
            listed.update(record_paths(record.content) if record else {})
        problems = self._original_problems(files, listed)
        if self.lock is not None:
            lock = self._expected(self.lock, files, listed) if is_whole else self.lock
            problems += lock_problems(lock, files, self.release.name, is_whole)
        if problems:
            raise ProblemsError(tuple(problems))

    def _expected(
        self,
        lock: tuple[LockedFile, ...],
        files: tuple[OverlayFile, ...],
        listed: Mapping[str, str],
    ) -> tuple[LockedFile, ...]:
        """Leave out of the lock what only patches for other roles touch.

        Their patches are read only for files of packages that the environment's own pins have:
        status is called often.
        """
        changed = {file.path for file in files}
        left = [one for one in lock if one.path not in changed]
        others = {one.path for one in left if not _is_among(one, listed)}
        if len(others) < len(left):
            others |= self.find_passed_over()
        return tuple(one for one in lock if one.path not in others)

    def unpinned(self) -> tuple[tuple[str, str, str | None], ...]:
        """Give (distribution, version pinned, version installed) where the two differ."""
        now = self.versions()
        return tuple(
            (pin.distribution, pin.version, now.get(pin.distribution))
            for pin in self.release.pins
            if now.get(pin.distribution) != pin.version
        )

    def _pin_problems(self, touched: set[str]) -> list[PortError]:
        if not touched:  # all patches come off, whatever is there
            return []
        problems: list[PortError] = []
        for pin in self.release.pins:
            found = self.installed.get(pin.distribution)
            if found is not None and found.version == pin.version:
                continue
            if self.release.role in (None, COMPUTE) and (
                normalised_name(pin.distribution) not in touched
            ):
                continue  # for instance oslo.privsep alone, on a machine that runs no nova
            there = f"{pin.distribution} {found.version}" if found else f"no {pin.distribution}"
            problems.append(
                PinError(
                    "the environment does not hold the pinned release",
                    where=f"{there} in {self.venv}, release {self.release.name} pins {pin.version}",
                    hint=venv_command(self.release.name, self.release.role),
                )
            )
        return problems

    def _original_problems(
        self, files: tuple[OverlayFile, ...], listed: Mapping[str, str]
    ) -> list[PortError]:
        """Find files that were not the wheel's when the overlay first came over them."""
        return [
            PinError(
                f"{entry.path} is not the file that its distribution installed",
                where=str(self.venv),
                hint=f"install {entry.distribution or 'it'} again, or make another environment "
                "with: freebsd-port venv --venv PATH",
            )
            for entry in files
            if entry.before is not None
            and listed.get(entry.path, "").startswith("sha256=")
            and listed[entry.path] != hex_to_record(entry.before)
        ]

    def with_records(self, edits: tuple[Edit, ...], base: Tree) -> tuple[Edit, ...]:
        """Add an edit of RECORD for each distribution that has an edited file."""
        from freebsd_port.engine.core.apply.plan import Edit

        owners = {edit.path: self.owner(edit.path) for edit in edits}
        added: list[Edit] = []
        for name, found in self.installed.items():
            states = {edit.path: edit.after for edit in edits if owners[edit.path] == name}
            if not states:
                continue
            path = f"{found.dist_info.name}/RECORD"
            before = base.read(path)
            if before is not None:
                after = FileState(update_record(before.content, states), before.mode)
                added.append(Edit(path, before, after))
        return tuple(sorted((*edits, *added), key=lambda edit: edit.path))

    def owner(self, path: str) -> str | None:
        """Name the distribution whose RECORD, or whose top-level package, holds the path."""
        from freebsd_port.openstack.core.release.ownership import find_owner

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


def _rows(record: bytes) -> Iterable[tuple[str, str]]:
    return record_paths(record).items()


def _is_among(file: LockedFile, listed: Mapping[str, str]) -> bool:
    """Whether rows of RECORD list the file, or its package if a patch adds the file."""
    package = file.path.partition("/")[0]
    return (file.path if file.before is not None else f"{package}/__init__.py") in listed


def _says(rows: Mapping[str, str], path: str, digest: str | None) -> bool:
    """Tell whether rows of a RECORD give the path this digest; None: leave it out."""
    return path not in rows if digest is None else rows.get(path) == hex_to_record(digest)


def _foreign_records(
    conditions: tuple[Condition, ...],
) -> Iterator[tuple[Condition, dict[str, str], list[Condition]]]:
    """Give each RECORD that neither this project nor the first installation wrote.

    With it come its rows, and the other overlay files of its distribution.
    """
    for record in conditions:
        if record.kind == "edited" and record.found and record.entry.path.endswith(_RECORD):
            name = record.entry.distribution
            files = [c for c in conditions if c.entry.distribution == name and c is not record]
            yield record, dict(_rows(record.found.content)), files
