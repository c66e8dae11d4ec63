"""Changing the series file by one line; every other byte stays as it is."""

from __future__ import annotations

from freebsd_port.core.file import split_lines
from freebsd_port.core.series import SeriesEntry, parse_series


def insert_patch(data: bytes, line: str, *, before: str | None) -> bytes:
    """Put a line in front of the one of a patch, or at the end.

    Source: quilt 0.66, insert_in_series.
    """
    lines = split_lines(data)
    text = line.encode("utf-8", "surrogateescape")
    if before is None:
        if lines and not lines[-1].endswith((b"\n", b"\r")):
            lines[-1] += b"\n"
        return b"".join([*lines, text, b"\n"])
    index = _entry(data, before).line - 1
    return b"".join([*lines[:index], text, b"\n", *lines[index:]])


def remove_patch(data: bytes, name: str) -> bytes:
    """Take the line of a patch out."""
    lines = split_lines(data)
    del lines[_entry(data, name).line - 1]
    return b"".join(lines)


def rename_patch(data: bytes, name: str, new_name: str) -> bytes:
    """Give the patch another name; its options, tags and comment stay."""
    return _replace(data, name, name, new_name)


def _replace(data: bytes, name: str, old: str, new: str) -> bytes:
    lines = split_lines(data)
    index = _entry(data, name).line - 1
    line = lines[index].decode("utf-8", "surrogateescape")
    lines[index] = line.replace(old, new, 1).encode("utf-8", "surrogateescape")
    return b"".join(lines)


def _entry(data: bytes, name: str) -> SeriesEntry:
    series = parse_series(data)
    return series.entries[series.names.index(name)]
