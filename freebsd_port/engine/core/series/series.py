"""The series: which patches, in which order, on which releases; and changing its file by one line.

A change keeps every other byte. The patches' content is elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from freebsd_port.engine.core.text.file import split_lines
from freebsd_port.errors import PortError


class SeriesError(PortError):
    """The series file cannot be read, or does not hold the patch asked for."""


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """One line of the series."""

    name: str
    """Path of the patch below the patch directory."""

    strip: int
    """Leading components to take off the names in the patch; 1 unless the line says otherwise."""

    reverse: bool
    """Apply with the sides swapped (`-R`)."""

    comment: str
    """Text behind the `#` on the line."""

    line: int

    excluded: frozenset[str] = frozenset()
    """Releases on which the patch is off (`not 2025.1: reason`)."""

    since: str | None = None
    until: str | None = None
    option: str | None = None
    """Applied only when the operator asks for this option."""


@dataclass(frozen=True, slots=True)
class Series:
    """The entries in order."""

    entries: tuple[SeriesEntry, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Give the names in order."""
        return tuple(entry.name for entry in self.entries)

    @property
    def options(self) -> frozenset[str]:
        """Give every option that a patch is under."""
        return frozenset(entry.option for entry in self.entries if entry.option is not None)

    def options_of(self, names: Collection[str]) -> frozenset[str]:
        """Give the options that these patches are under."""
        return Series(tuple(e for e in self.entries if e.name in names)).options

    def require_index(self, name: str) -> int:
        """Find a patch by its name, with or without directory and `.patch`; 0-based.

        Raises SeriesError when none or several match.
        """
        wanted = name.removeprefix("patches/")
        exact = [i for i, entry in enumerate(self.entries) if entry.name == wanted]
        if exact:
            return exact[0]
        found = [
            i
            for i, entry in enumerate(self.entries)
            if wanted in (_stem(entry.name), entry.name.rsplit("/", 1)[-1], _short(entry.name))
        ]
        if len(found) == 1:
            return found[0]
        raise SeriesError(
            f"{len(found)} patches in the series are named {name}"
            if found
            else f"no patch in the series is named {name}",
            hint="freebsd-port series",
        )

    def for_release(
        self, release: str, order: tuple[str, ...], options: frozenset[str] = frozenset()
    ) -> Series:
        """Keep what is on for a release; `order` holds all releases, oldest first."""
        return Series(tuple(e for e in self.entries if is_on(e, release, order, options)))


def _stem(name: str) -> str:
    return name.removesuffix(".patch")


def _short(name: str) -> str:
    return _stem(name.rsplit("/", 1)[-1])


def is_on(
    entry: SeriesEntry, release: str, order: tuple[str, ...], options: frozenset[str]
) -> bool:
    """Tell whether the entry is applied on this release with these options."""
    if release in entry.excluded or (entry.option is not None and entry.option not in options):
        return False
    place = order.index(release) if release in order else len(order)
    if entry.since in order and place < order.index(entry.since):
        return False
    return not (entry.until in order and place > order.index(entry.until))


_COMMENT = re.compile(r"(?:^|[ \t]+)#(.*)$")
_TAG = re.compile(r"(not|since|until|option)\s+([\w.+-]+)")


def parse_series(data: bytes, *, source: str = "series") -> Series:
    """Read a quilt series file: a name and `patch` options a line, `#` starts a comment.

    Raises SeriesError for a repeated name, one that no file can have, and an option other than
    -pN and -R.
    Source: quilt(1), "series"; the tags in comments are DESIGN's.
    """
    entries: list[SeriesEntry] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        entry = _parse_line(raw.rstrip("\r"), number, source)
        if entry is None:
            continue
        if entry.name in seen:
            raise SeriesError(
                f"{entry.name} is in the series twice",
                where=f"{source}:{number}, first at line {seen[entry.name]}",
            )
        seen[entry.name] = number
        entries.append(entry)
    return Series(tuple(entries))


def find_tags(text: str) -> list[tuple[str, str]]:
    """Give kind and value of each tag in a comment, of which `text` is the part before a colon."""
    return _TAG.findall(text)


def _parse_line(raw: str, number: int, source: str) -> SeriesEntry | None:
    match = _COMMENT.search(raw)
    comment = match.group(1).strip() if match else ""
    words = re.split(r"[ \t]+", (raw[: match.start()] if match else raw).strip(" \t"))
    if words == [""]:
        return None
    if "\0" in words[0]:
        raise SeriesError(f"no file can have the name {words[0]!r}", where=f"{source}:{number}")
    strip, reverse = 1, False
    options = iter(words[1:])
    for word in options:
        if word == "-p":
            word = "-p" + next(options, "")
        if word == "-R":
            reverse = True
        elif re.fullmatch(r"-p(\d+|ab)", word):
            strip = 1 if word == "-pab" else int(word[2:])
        else:
            raise SeriesError(f"unknown patch option {word}", where=f"{source}:{number}")
    tags = find_tags(comment.split(":", 1)[0])
    found = {kind: value for kind, value in tags if kind != "not"}
    return SeriesEntry(
        name=words[0],
        strip=strip,
        reverse=reverse,
        comment=comment,
        line=number,
        excluded=frozenset(value for kind, value in tags if kind == "not"),
        since=found.get("since"),
        until=found.get("until"),
        option=found.get("option"),
    )


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


def comment_out(data: bytes, name: str, reason: str) -> bytes:
    """Turn the line of a patch into a comment that says why; quilt passes it over."""
    lines = split_lines(data)
    index = _entry(data, name).line - 1
    line = lines[index].rstrip(b"\r\n")
    end = lines[index][len(line) :]
    why = " ".join(reason.split()).encode("utf-8", "surrogateescape")
    lines[index] = b"# " + line.strip() + b": " + why + end
    return b"".join(lines)


def _replace(data: bytes, name: str, old: str, new: str) -> bytes:
    lines = split_lines(data)
    index = _entry(data, name).line - 1
    line = lines[index].decode("utf-8", "surrogateescape")
    lines[index] = line.replace(old, new, 1).encode("utf-8", "surrogateescape")
    return b"".join(lines)


def _entry(data: bytes, name: str) -> SeriesEntry:
    series = parse_series(data)
    return series.entries[series.names.index(name)]
