"""RECORD: the files of one distribution, with what their content must be."""

from __future__ import annotations

import base64
import binascii
import csv
import io
from dataclasses import dataclass

from freebsd_port.errors import PortError


class RecordError(PortError):
    """A RECORD that does not follow its format."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One file of a distribution."""

    path: str
    """POSIX, relative to the directory of packages."""

    sha256: str | None
    """Of the content, in lower-case hexadecimal; None where RECORD gives none (as for itself)."""

    size: int | None
    """In bytes; None where RECORD gives none."""


def parse_record(data: bytes, where: str) -> tuple[RecordRow, ...]:
    """Read a RECORD, in its order.

    Source: PyPA specifications, recording installed projects. Hashes other than SHA-256 are
    refused, since nothing this project reads has them. Raises RecordError with the row, 1-based.
    """
    rows = []
    text = io.StringIO(data.decode("utf-8", "surrogateescape"), newline="")
    for line, row in enumerate(csv.reader(text), start=1):
        if not row:
            continue
        if len(row) != 3 or not row[0] or not (row[2] == "" or row[2].isdecimal()):
            raise RecordError("not a row of path, hash and size", where=f"{where}:{line}")
        path, digest, size = row
        rows.append(
            RecordRow(
                path,
                _hexadecimal(digest, f"{where}:{line}") if digest else None,
                int(size) if size else None,
            )
        )
    return tuple(rows)


def _hexadecimal(digest: str, where: str) -> str:
    algorithm, _, value = digest.partition("=")
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if algorithm != "sha256" or len(raw) != 32:
        raise RecordError(f"not a SHA-256 in base64: {digest}", where=where)
    return raw.hex()
