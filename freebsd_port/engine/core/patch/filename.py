"""File names as diff headers write them, and the path in the tree that they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_ESCAPES = {ord(c): v for c, v in zip('abfnrtv\\"', b'\a\b\f\n\r\t\v\\"', strict=True)}
_LETTERS = {value: bytes([letter]) for letter, value in _ESCAPES.items()}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HeaderName:
    """What follows `--- ` or `+++ `: a name and whether the stamp says that no file is there."""

    name: bytes | None
    """As written, prefix included; None for /dev/null or an unreadable name."""

    is_absent: bool
    """/dev/null, or the epoch as time stamp. Source: GNU patch manual, Creating and Deleting."""

    before: HeaderName | None = None
    """What stands when this name has fewer components than are to be stripped, or none."""


def parse_header_name(text: bytes) -> HeaderName | None:
    """Read the rest of a `--- ` or `+++ ` line, newline included; None when it names nothing.

    A name ends at the first white space, unless a tab follows later: then the name may hold
    spaces and ends at the tab. A name in double quotes has C escapes.
    """
    text = text.lstrip()
    if text.startswith(b'"'):
        name, rest = parse_quoted(text)
    else:
        tab = text.find(b"\t")
        name = text[:tab].rstrip() if tab >= 0 else text.split(maxsplit=1)[0] if text else b""
        rest = text[len(name) :]
    if name == b"/dev/null":
        return HeaderName(None, True)
    return HeaderName(name, _is_epoch(rest)) if name else None


def parse_index_name(text: bytes) -> bytes | None:
    """Read the rest of an `Index:` line: a name that may hold spaces, and nothing after it."""
    text = text.lstrip()
    if text.startswith(b'"'):
        name, rest = parse_quoted(text)
        return name if rest == b"\n" else None
    name = text.removesuffix(b"\n")
    return name if name == name.rstrip() and b"\t" not in name else None


def _is_epoch(stamp: bytes) -> bool:
    """Tell whether a time stamp is 1970-01-01 00:00 UTC in some time zone.

    The stamp may give local time without its zone, so anything within a day of it counts.
    """
    if b"1970" not in stamp and b"1969" not in stamp:
        return False
    words = stamp.decode("latin-1").split()
    for text, form in (
        ("T".join(words[:2]) + "".join(words[2:]), None),
        (" ".join(words), "%a %b %d %H:%M:%S %Y"),
    ):
        try:
            when = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
        except ValueError:
            continue
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return timedelta(hours=-25) < when - _EPOCH < timedelta(hours=26)
    return False


def parse_quoted(text: bytes) -> tuple[bytes | None, bytes]:
    """Read a C string in double quotes; give the name (None if malformed) and what follows."""
    out = bytearray()
    index = 1
    while index < len(text):
        byte = text[index]
        if byte == 0x22:
            return bytes(out), text[index + 1 :]
        if byte == 0x5C and index + 1 < len(text):
            octal = re.match(rb"[0-3][0-7]{2}", text[index + 1 : index + 4])
            if octal:
                out.append(int(octal.group(), 8))
                index += 4
                continue
            escaped = _ESCAPES.get(text[index + 1])
            if escaped is None:
                return None, b""
            out.append(escaped)
            index += 2
            continue
        out.append(byte)
        index += 1
    return None, b""


def parse_git_names(text: bytes) -> tuple[bytes | None, bytes | None]:
    """Read the two names of a `diff --git ` line; (None, None) when they cannot be told apart.

    Names with blanks and without quotes are told apart where both are the same below their first
    component. Source: git-diff(1).
    """
    names: list[bytes] = []
    rest = text.strip()
    while rest and len(names) < 2:
        if rest.startswith(b'"'):
            name, rest = parse_quoted(rest)
            if name is None:
                return None, None
        else:
            name = rest.split(maxsplit=1)[0]
            rest = rest[len(name) :]
        names.append(name)
        rest = rest.lstrip()
    if len(names) == 2 and not rest:
        return names[0], names[1]
    old, blank, new = _halves(text.rstrip(b"\r\n"))
    is_one = blank == b" " and old.partition(b"/")[2] == new.partition(b"/")[2] != b""
    return (old, new) if is_one else (None, None)


def _halves(text: bytes) -> tuple[bytes, bytes, bytes]:
    middle = len(text) // 2
    return text[:middle], text[middle : middle + 1], text[middle + 1 :]


def parse_moved_name(text: bytes) -> bytes | None:
    """Read the rest of a `rename from ` line and its like, to the end; None if malformed."""
    text = text.rstrip(b"\r\n")
    return parse_quoted(text)[0] if text.startswith(b'"') else text or None


def quote_name(name: bytes, *, is_in_pair: bool = False) -> bytes:
    """Write a name as C string in double quotes where it could not be read otherwise, as git does.

    Of the two names on a `diff --git` line one with a blank needs quotes too: GNU patch ends it
    there.
    """
    needs = b'"\\' + bytes(range(0x20)) + b"\x7f" + (b" " if is_in_pair else b"")
    if name == name.strip() and not set(name) & set(needs):
        return name
    quoted = b"".join(_quote_byte(byte) for byte in name)
    return b'"' + quoted + b'"'


def name_line(name: bytes) -> bytes:
    """Give what follows `--- ` or `+++ `: after a name with blanks a tab, so that it ends there."""
    quoted = quote_name(name)
    return quoted + (b"\t\n" if b" " in name and quoted == name else b"\n")


def _quote_byte(byte: int) -> bytes:
    letter = _LETTERS.get(byte)
    if letter is not None:
        return b"\\" + letter
    return b"\\%03o" % byte if byte < 0x20 or byte == 0x7F else bytes([byte])


def strip_components(name: bytes, strip: int) -> str | None:
    """Take `strip` leading components off, runs of slashes counting once; None if too few.

    The path comes back as a POSIX string without `.` components, undecodable bytes as surrogates.
    Source: GNU patch manual, option -p.
    """
    parts = re.split(rb"/+", name)
    if len(parts) - 1 < strip:
        return None
    stripped = b"/".join(part for part in parts[strip:] if part != b".")
    return stripped.decode("utf-8", "surrogateescape") if stripped else None
