"""The journal's rows: what a change that is being carried out does to each file.

Rebasing it out is `store.overlay.journal`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from freebsd_port.engine.core.apply.overlay import (
    STATE_FILE,
    OverlayError,
    describe_damage,
    is_digest,
    is_mode,
)
from freebsd_port.engine.core.text.file import find_path_fault

_STAGED = re.compile(r"\d{1,9}|state")


@dataclass(frozen=True, slots=True)
class Row:
    """One file of the change; None as digest means that it is not there."""

    path: str
    before: str | None
    after: str | None
    staged: str
    """Name of the new content inside the journal."""

    directory_mode: int | None = None


def render_rows(rows: tuple[Row, ...]) -> bytes:
    """Give the rows as JSON; `parse_rows(render_rows(r)) == r`."""
    fields = Row.__slots__  # `asdict` copies deeply, which takes its time
    return json.dumps([{name: getattr(row, name) for name in fields} for row in rows]).encode()


def parse_rows(data: bytes, *, where: str) -> tuple[Row, ...]:
    """Read the rows; raises OverlayError for one that is damaged or leads out of the tree."""
    try:
        rows = tuple(Row(**row) for row in json.loads(data))
        for row in rows:
            _check(row)
    except _RowError as error:
        raise _damaged(str(error), where) from error
    except (ValueError, TypeError) as error:
        raise _damaged(describe_damage(error), where) from error
    return rows


class _RowError(Exception):
    """A row that says what no command of ours writes."""


def _damaged(fault: str, where: str) -> OverlayError:
    return OverlayError(
        f"the journal of an interrupted command is damaged: {fault}",
        where=where,
        hint="find out who wrote it; a freebsd-port that was killed leaves none like it",
    )


def _check(row: Row) -> None:
    if not isinstance(row.path, str) or not isinstance(row.staged, str):
        raise _RowError("a name that is no text")
    fault = find_path_fault(row.path) if row.path != STATE_FILE else None
    if fault:
        raise _RowError(f"it names {row.path!r}, and {fault}")
    if not _STAGED.fullmatch(row.staged):
        raise _RowError(f"it takes content from {row.staged!r}")
    if not is_digest(row.before) or not is_digest(row.after):
        raise _RowError(f"no digest for {row.path}")
    if not is_mode(row.directory_mode):
        raise _RowError(f"no permission bits for {row.path}")
