"""One release of a review: the texts that it takes, laid over its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from freebsd_port.core.patch import Patch
from freebsd_port.core.review.facts import Landing
from freebsd_port.core.review.landings import land_nowhere, land_other, land_same
from freebsd_port.core.review.laying import LaidPatch
from freebsd_port.core.series import SeriesEntry


@dataclass(frozen=True, slots=True)
class Text:
    """A patch as a release takes it."""

    entry: SeriesEntry
    file: str
    """Name below patches/."""

    digest: str
    """SHA-256 of the file."""

    patch: Patch


@dataclass(frozen=True, slots=True)
class Column:
    """The series as it lies on one release."""

    release: str
    texts: Mapping[str, Text]
    """By patch; those that are on."""

    patches: Mapping[str, LaidPatch]
    problem: str = ""
    """Why nothing is known; then the rest is empty."""


def land_patch(entry: SeriesEntry, here: Column, column: Column) -> tuple[Landing, ...]:
    """Say how each hunk of a patch, as the shown release has it, lies on another one."""
    name, release = entry.name, column.release
    laid = here.patches[name] if name in here.patches else LaidPatch(name, (), ())
    if column.problem:
        return tuple(land_nowhere(release, "unknown", column.problem) for _ in laid.hunks)
    there = column.patches.get(name)
    if there is None:
        return tuple(land_nowhere(release, "off", entry.comment) for _ in laid.hunks)
    file = column.texts[name].file
    if file == here.texts[name].file:
        pairs = zip(laid.hunks, there.hunks, strict=True)
        return tuple(land_same(release, file, shown, one) for shown, one in pairs)
    return land_other(release, file, laid.hunks, there.hunks)
