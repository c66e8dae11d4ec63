"""The text of a series: what a release takes of it, read out of a project's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from freebsd_port.engine.core.patch.header import Header, parse_header
from freebsd_port.engine.core.patch.hunk import HunkError
from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry, SeriesError, is_on, parse_series
from freebsd_port.engine.core.series.variant import pick_file
from freebsd_port.errors import PortError, ProblemsError

_PATCHES = "patches/"


@dataclass(frozen=True, slots=True)
class PatchText:
    """One line of the series, and the text that the release takes for it."""

    entry: SeriesEntry
    file: str | None
    """Name below patches/; None where the patch is off."""

    patch: Patch
    """Without a change where the patch is off."""

    header: Header

    @property
    def name(self) -> str:
        """Give the name that the series has."""
        return self.entry.name


@dataclass(frozen=True, slots=True)
class SeriesText:
    """A whole series at one time, for one release."""

    label: str
    """What the user calls it."""

    patches: tuple[PatchText, ...]
    """In order, those that are off too."""


def read_series(
    files: Mapping[str, bytes],
    label: str,
    release: str | None,
    order: tuple[str, ...],
    options: frozenset[str],
) -> SeriesText:
    """Read `series`, and the text of each patch as the release takes it; None takes them all.

    Without options, the patches under every option are on.

    `files` are a project's by path: `series` and what is below patches/. `order` holds all
    releases, oldest first. Raises SeriesError when there is no series, and ProblemsError with
    every patch that is missing or cannot be read.
    """
    if "series" not in files:
        raise SeriesError("there is no series", where=label)
    series = parse_series(files["series"], source=f"{label}: series")
    present = {path.removeprefix(_PATCHES) for path in files if path.startswith(_PATCHES)}
    texts: list[PatchText] = []
    problems: list[PortError] = []
    options = options or series.options
    for entry in series.entries:
        if release is not None and not is_on(entry, release, order, options):
            texts.append(PatchText(entry, None, Patch(entry.name, (), b""), Header((), "")))
            continue
        file = pick_file(entry.name, release, order, present)
        read = _read_patch(files, entry, file, label)
        if isinstance(read, PortError):
            problems.append(read)
        else:
            preamble = read.changes[0].preamble if read.changes else b""
            texts.append(PatchText(entry, file, read, parse_header(preamble)))
    if problems:
        raise ProblemsError(tuple(problems))
    return SeriesText(label, tuple(texts))


def _read_patch(
    files: Mapping[str, bytes], entry: SeriesEntry, file: str, label: str
) -> Patch | SeriesError:
    data = files.get(_PATCHES + file)
    if data is None:
        what = f"the series names {entry.name}, which does not exist"
        return SeriesError(what, where=f"{label}: series:{entry.line}")
    try:
        return parse_patch(file, data)
    except HunkError as error:
        return SeriesError(error.what, where=f"{label}: patches/{error.where}")
