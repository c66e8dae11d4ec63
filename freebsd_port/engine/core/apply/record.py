"""RECORD of an installed distribution, edited row by row without touching the other rows."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Mapping

from freebsd_port.engine.core.text.file import split_lines


def record_paths(record: bytes) -> dict[str, str]:
    """Give each listed path with its hash field (`sha256=…`, or empty), in file order.

    Source: PEP 376 and the binary distribution format, "RECORD".
    """
    rows = csv.reader(io.StringIO(record.decode("utf-8", "surrogateescape"), newline=""))
    return {row[0]: row[1] if len(row) > 1 else "" for row in rows if row}


def record_hash(content: bytes) -> str:
    """Give the hash field of a file: urlsafe base64 without padding."""
    return hex_to_record(hashlib.sha256(content).hexdigest())


def hex_to_record(digest: str) -> str:
    """Turn a hexadecimal SHA-256 into the hash field that stands for it."""
    return "sha256=" + base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=").decode()


def update_record(record: bytes, contents: Mapping[str, bytes | None]) -> bytes:
    """Replace, add or (for None) drop the rows of these paths; every other byte stays.

    A dropped module takes the rows of its bytecode along. New rows go to the end, sorted.
    """
    lines = split_lines(record)
    end = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
    gone = tuple(_bytecode_prefix(path) for path, content in contents.items() if content is None)
    kept: list[bytes] = []
    seen: set[str] = set()
    for line in lines:
        path = _row_path(line)
        if path in contents:
            seen.add(path)
            content = contents[path]
            if content is not None:
                kept.append(_render_row(path, content) + end)
        elif not (gone and path.endswith(".pyc") and path.startswith(gone)):
            kept.append(line)
    if kept and not kept[-1].endswith(b"\n"):
        kept[-1] += end
    for path in sorted(set(contents) - seen):
        content = contents[path]
        if content is not None:
            kept.append(_render_row(path, content) + end)
    return b"".join(kept)


def _row_path(line: bytes) -> str:
    if line.startswith(b'"'):
        return next(iter(record_paths(line)), "")
    return line.split(b",", 1)[0].decode("utf-8", "surrogateescape")


def _render_row(path: str, content: bytes) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([path, record_hash(content), len(content)])
    return out.getvalue().encode("utf-8", "surrogateescape")


def _bytecode_prefix(path: str) -> str:
    directory, _, name = path.rpartition("/")
    cache = f"{directory}/__pycache__" if directory else "__pycache__"
    return f"{cache}/{name.removesuffix('.py')}."
