"""RECORD of an installed distribution, edited row by row without touching the other rows."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from functools import lru_cache

from freebsd_port.engine.core.text.file import FileState, split_lines

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_NEEDS_QUOTES = frozenset(',"\r\n')


@lru_cache(maxsize=16)  # of a few distributions, each asked for again and again
def record_paths(record: bytes) -> Mapping[str, str]:
    """Give each listed path with its hash field (`sha256=…`, or empty), in file order.

    Source: PEP 376 and the binary distribution format, "RECORD".
    """
    text = record.decode("utf-8", "surrogateescape").replace("\r\n", "\n")  # pip writes these
    if '"' in text or "\r" in text:
        return _read_csv(text)
    rows = (line.split(",", 2) for line in text.split("\n") if line)
    return {row[0]: row[1] if len(row) > 1 else "" for row in rows}


def _read_csv(text: str) -> dict[str, str]:
    import csv  # here, as hardly any RECORD has a path that needs quotes
    import io

    rows = csv.reader(io.StringIO(text, newline=""))
    return {row[0]: row[1] if len(row) > 1 else "" for row in rows if row}


def hex_to_record(digest: str) -> str:
    """Turn a hexadecimal SHA-256 into the hash field that stands for it.

    That is urlsafe base64 without padding.
    """
    coded = binascii.b2a_base64(bytes.fromhex(digest), newline=False)
    return "sha256=" + coded.translate(_URL_SAFE, b"=").decode()


def update_record(record: bytes, contents: Mapping[str, FileState | None]) -> bytes:
    """Replace, add or (for None) drop the rows of these paths; every other byte stays.

    A dropped module takes the rows of its bytecode along. New rows go to the end, sorted.
    """
    lines = split_lines(record)
    end = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
    wanted = {_encoded(path): path for path in contents}
    gone = tuple(_bytecode_prefix(path) for path, state in contents.items() if state is None)
    kept: list[bytes] = []
    seen: set[str] = set()
    for line in lines:
        key = _quoted_path(line) if line.startswith(b'"') else line.partition(b",")[0]
        if key not in wanted:
            if not (gone and key.endswith(b".pyc") and key.startswith(gone)):
                kept.append(line)
            continue
        path = wanted[key]
        seen.add(path)
        state = contents[path]
        if state is not None:
            kept.append(_render_row(path, state) + end)
    if kept and not kept[-1].endswith(b"\n"):
        kept[-1] += end
    for path in sorted(set(contents) - seen):
        state = contents[path]
        if state is not None:
            kept.append(_render_row(path, state) + end)
    return b"".join(kept)


def _quoted_path(line: bytes) -> bytes:
    rows = _read_csv(line.decode("utf-8", "surrogateescape"))
    return _encoded(next(iter(rows), ""))


def _encoded(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _render_row(path: str, state: FileState) -> bytes:
    fields = (path, hex_to_record(state.sha256), str(len(state.content)))
    if not _NEEDS_QUOTES.intersection(path):
        return _encoded(",".join(fields))
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(fields)
    return _encoded(out.getvalue())


def _bytecode_prefix(path: str) -> bytes:
    directory, _, name = path.rpartition("/")
    cache = f"{directory}/__pycache__" if directory else "__pycache__"
    return _encoded(f"{cache}/{name.removesuffix('.py')}.")
