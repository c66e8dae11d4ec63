"""File names as diff headers write them, and the path in the tree that they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPES = {ord(c): v for c, v in zip('abfnrtv\\"', b'\a\b\f\n\r\t\v\\"', strict=True)}
_EPOCH = re.compile(rb"19(?:69-12-31|70-01-0[12])[ T]")


@dataclass(frozen=True, slots=True)
class HeaderName:
    """What follows `--- ` or `+++ `: a name and whether the stamp says that no file is there."""

    name: bytes | None
    """As written, prefix included; None for /dev/null or an unreadable name."""

    is_absent: bool
    """/dev/null, or the epoch as time stamp. Source: GNU patch manual, Creating and Deleting."""


def parse_header_name(text: bytes) -> HeaderName:
    """Read the rest of a `--- ` or `+++ ` line, newline included.

    A name ends at the first white space, unless a tab follows later: then the name may hold
    spaces and ends at the tab. A name in double quotes has C escapes.
    """
    text = text.lstrip(b" \t")
    if text.startswith(b'"'):
        name, rest = parse_quoted(text)
        if name is None:
            return HeaderName(None, False)
    else:
        line = text.rstrip(b"\r\n")
        stop = line.find(b"\t")
        if stop < 0:
            stop = next((i for i, byte in enumerate(line) if byte in b" \v\f"), len(line))
        name, rest = line[:stop].rstrip(b" "), line[stop:]
    if name == b"/dev/null":
        return HeaderName(None, True)
    return HeaderName(name or None, _EPOCH.match(rest.strip()) is not None)


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
    """Read the two names of a `diff --git ` line; (None, None) when they cannot be told apart."""
    names: list[bytes] = []
    rest = text.strip()
    while rest and len(names) < 2:
        if rest.startswith(b'"'):
            name, rest = parse_quoted(rest)
            if name is None:
                return None, None
        else:
            name, _, rest = rest.partition(b" ")
        names.append(name)
        rest = rest.lstrip(b" ")
    if len(names) == 2 and not rest:
        return names[0], names[1]
    return None, None


def strip_components(name: bytes, strip: int) -> str | None:
    """Take `strip` leading components off, runs of slashes counting once; None if too few.

    The path comes back as a POSIX string, undecodable bytes as surrogates.
    Source: GNU patch manual, option -p.
    """
    parts = re.split(rb"/+", name)
    if len(parts) - 1 < strip:
        return None
    stripped = b"/".join(parts[strip:])
    return stripped.decode("utf-8", "surrogateescape") if stripped else None
