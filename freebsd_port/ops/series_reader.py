"""Reads the series as several releases take it; a wheel and a patch are read once."""

from __future__ import annotations

from collections.abc import Collection

from freebsd_port.core.file import hash_bytes
from freebsd_port.core.patch import Patch, parse_patch
from freebsd_port.core.release import Pin
from freebsd_port.core.review.column import Text
from freebsd_port.core.review.identity import digest_content
from freebsd_port.core.series import SeriesError
from freebsd_port.core.variant import pick_file, variant_name
from freebsd_port.ops.series import (
    load_series,
    project_source,
    read_patch_file,
    require_options,
)
from freebsd_port.store.project import Project
from freebsd_port.store.wheels import Progress, Wheel, require_wheels
from freebsd_port.store.wheeltree import WheelTree


class SeriesReader:
    """Reads the project, and keeps what several releases share."""

    def __init__(
        self, project: Project, options: frozenset[str], *, is_offline: bool, progress: Progress
    ) -> None:
        """Look what is there; raises SeriesError, UsageError for an option that is not there."""
        self._project, self._options = project, options
        self._is_offline, self._progress = is_offline, progress
        self._wheels: dict[Pin, Wheel] = {}
        self._patches: dict[str, tuple[str, Patch]] = {}
        self._series = load_series(project.series)
        require_options(self._series, options, project.series)
        self._order = project.release_names()
        self._present = {
            path.relative_to(project.patches).as_posix() for path in project.patches.rglob("*")
        }

    def tree(self, release: str, distributions: Collection[str] | None = None) -> WheelTree:
        """Give the release's files, of all its distributions unless some are named.

        Raises WheelError when its wheels cannot be had.
        """
        pins = self._project.load_release(release).pins
        if distributions is not None:
            pins = tuple(pin for pin in pins if pin.distribution in distributions)
        unread = [pin for pin in pins if pin not in self._wheels]
        read = require_wheels(unread, is_offline=self._is_offline, progress=self._progress)
        self._wheels |= dict(zip(unread, read, strict=True))
        return WheelTree(tuple(self._wheels[pin] for pin in pins))

    def texts(self, release: str) -> tuple[Text, ...]:
        """Give the patches that are on for a release, in order.

        Raises what reading the series and its patches raises.
        """
        entries = self._series.for_release(release, self._order, self._options).entries
        files = [pick_file(entry.name, release, self._order, self._present) for entry in entries]
        if not self._present.issuperset(files):
            project_source(self._project, release, self._options).load_patches(entries)
        return tuple(
            Text(entry, file, *self._read(entry.name, file))
            for entry, file in zip(entries, files, strict=True)
        )

    def contents(self, name: str) -> frozenset[str]:
        """Give the content of every hunk in all texts of a patch, which may be gone."""
        names = [name, *(variant_name(name, release) for release in self._order)]
        parsed = [self._read(name, file)[1] for file in names if file in self._present]
        changes = [change for patch in parsed for change in patch.changes]
        return frozenset(digest_content(hunk) for one in changes for hunk in one.hunks)

    def _read(self, name: str, file: str) -> tuple[str, Patch]:
        """Give the digest of a patch file, and what is in it."""
        if file not in self._patches:
            path = self._project.patches / file
            try:
                data = read_patch_file(path)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise SeriesError(f"the patch cannot be read: {reason}", where=str(path)) from error
            self._patches[file] = hash_bytes(data), parse_patch(name, data)
        return self._patches[file]
