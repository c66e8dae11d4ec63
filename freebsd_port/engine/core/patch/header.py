"""The header of a patch: DEP-3 fields and the prose below them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

REQUIRED_FIELDS = ("Subject", "Origin", "Forwarded", "Drop-When", "Last-Update")

NATIVE_ONLY = "Native-Only"
"""The field that names a line which only a FreeBSD host can run; may be repeated."""

_NATIVE_ONLY = re.compile(r"`(?P<line>[^`]+)` (?P<why>\S.*)")
_FIELD = re.compile(r"([A-Z][A-Za-z0-9-]*):[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the first file change."""

    fields: tuple[tuple[str, str], ...]
    """Name and value in file order; a folded value is joined with spaces."""

    prose: str
    """What follows the first blank line, stripped."""

    def field(self, name: str) -> str | None:
        """Give the first value of a field, or None; names ignore case."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), None)


def parse_header(preamble: bytes) -> Header:
    """Read the header out of the bytes before a patch's first hunk.

    Source: DEP-3, Patch Tagging Guidelines.
    """
    text = preamble.decode("utf-8", "replace")
    cut = re.search(r"^(?:diff --git |--- |Index:|={20,})", text, re.MULTILINE)
    head, _, prose = (text[: cut.start()] if cut else text).partition("\n\n")
    fields: list[tuple[str, str]] = []
    for line in head.split("\n"):
        match = _FIELD.match(line)
        if match:
            fields.append((match[1], match[2].strip()))
        elif line.startswith((" ", "\t")) and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
    return Header(tuple(fields), prose.strip())


def native_lines(header: Header) -> tuple[str, ...]:
    """Give the lines that the header calls native only, without their indentation."""
    matches = (_NATIVE_ONLY.fullmatch(value) for value in _native_values(header))
    return tuple(match["line"].strip() for match in matches if match)


def find_native_faults(header: Header, added: Collection[str]) -> tuple[str, ...]:
    """Say which native-only fields are not in their form, or name no line that is added.

    `added` are the lines that the patch adds, without their indentation.
    """
    faults = [
        f"{NATIVE_ONLY} is not a line in backquotes and why it cannot run elsewhere: {value}"
        for value in _native_values(header)
        if not _NATIVE_ONLY.fullmatch(value)
    ]
    faults += [
        f"{NATIVE_ONLY} names a line that the patch does not add: {line}"
        for line in native_lines(header)
        if line not in added
    ]
    return tuple(faults)


def _native_values(header: Header) -> list[str]:
    return [value for name, value in header.fields if name.lower() == NATIVE_ONLY.lower()]


def find_header_faults(header: Header) -> tuple[str, ...]:
    """Say what the house's headers must have and this one lacks, every finding at once."""
    faults = [f"the header has no {n}" for n in REQUIRED_FIELDS if not header.field(n)]
    updated = header.field("Last-Update")
    if updated and not _is_date(updated):
        faults.append(f"Last-Update is not a date: {updated}")
    forwarded = header.field("Forwarded")
    if forwarded and not re.match(r"(no|not-needed|yes|https?://\S+)(\s|$)", forwarded):
        faults.append(f"Forwarded is neither no, not-needed, yes nor an address: {forwarded}")
    if len(header.prose.split()) < 10:
        faults.append("the prose below the fields does not say what breaks and what changes")
    return tuple(faults)


def find_dep3_faults(header: Header) -> tuple[str, ...]:
    """Say what DEP-3 asks of every header and this one lacks, every finding at once.

    Source: DEP-3, Patch Tagging Guidelines, "Standard fields".
    """
    faults = []
    if not (header.field("Description") or header.field("Subject")):
        faults.append("the header has neither Description nor Subject")
    if not any(header.field(name) for name in ("Origin", "Author", "From")):
        faults.append("the header has neither Origin nor Author")
    updated = header.field("Last-Update")
    if updated and not _is_date(updated):
        faults.append(f"Last-Update is not a date: {updated}")
    return tuple(faults)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def render_template(name: str, today: str) -> bytes:
    """Give the header of a patch to be written, from its name and a date such as 2026-11-21."""
    directory, _, file = name.rpartition("/")
    what = file.removesuffix(".patch").replace("-", " ")
    topic = directory.rpartition(".")[2]
    return (
        f"Subject: {topic}: {what}\n"
        "Origin: vendor\n"
        "Forwarded: no\n"
        "Drop-When: \n"
        f"Last-Update: {today}\n\n"
    ).encode("utf-8", "surrogateescape")
