"""The text of a patch in two parts, as quilt sees it: the header, and the diffs below it."""

from __future__ import annotations

import re

_BODY = re.compile(rb"^(?:(?:---|\*\*\*|Index:)[ \t][^ \t\n]|diff -)", re.MULTILINE)
_DIFF_LINE = re.compile(rb"^(?:--- |\+\+\+ |@@ |\*\*\* |diff |Index:|[0-9,]+[acd][0-9,]*$)", re.M)


def split_patch(data: bytes) -> tuple[bytes, bytes]:
    """Give header and body; `header + body == data`.

    Source: quilt 0.66, patch_header and patch_body of scripts/patchfns.
    """
    match = _BODY.search(data)
    cut = match.start() if match else len(data)
    return data[:cut], data[cut:]


def join_patch(header: bytes, body: bytes) -> bytes:
    """Put them together; a header gets the newline that its last line lacks."""
    if header and not header.endswith((b"\n", b"\r")):
        header += b"\n"
    return header + body


def is_header_only(data: bytes) -> bool:
    """Tell whether this is a patch begun: nothing in it looks like a diff."""
    return _DIFF_LINE.search(data) is None
