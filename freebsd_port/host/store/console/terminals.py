"""FreeBSD's table of terminals: whether an end of a null modem is open, and what waits in it.

nmdm(4) looks at the carrier only when bytes move, so B's reads and writes do not tell that A was
closed. The kernel's table does, at any time. It is what pstat -t prints.
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass
from pathlib import Path

_ROW = struct.Struct("@8NIiiII")
"""struct xtty of FreeBSD 12 and later: eight sizes (row, input queue, its whole lines, its last
line, low-water mark, output queue, its use, low-water mark), column, process group, session, flags
and the low half of the device number. Source: sys/tty.h."""

_OPENED = 0x08 | 0x10 | 0x20
"""TF_OPENED_IN, TF_OPENED_OUT and TF_OPENED_CONS. Source: sys/tty.h."""

_TABLE = b"kern.ttys"
_SPARE_ROWS = 16


@dataclass(frozen=True, slots=True)
class Terminal:
    """One row of the table."""

    is_open: bool
    queue_bytes: int
    """Size of its input queue."""

    waiting_bytes: int
    """What waits there to be read."""


def find_terminal(path: Path) -> Terminal | None:
    """Look a device up; None where the kernel has no such table, or does not list the device."""
    table = _read_table()
    if not table:
        return None
    try:
        number = path.stat().st_rdev
    except OSError:
        return None
    return parse_terminals(table).get(number & 0xFFFFFFFF)


def parse_terminals(table: bytes) -> dict[int, Terminal]:
    """Read the table by device number, low half. Rows of another shape give an empty result."""
    found: dict[int, Terminal] = {}
    start = 0
    while start + _ROW.size <= len(table):
        row = _ROW.unpack_from(table, start)
        if row[0] < _ROW.size:
            return {}
        _, size, lines, last_line = row[:4]
        *_, flags, device = row
        found[device] = Terminal(bool(flags & _OPENED), size, lines + last_line)
        start += row[0]
    return found


def _read_table() -> bytes:
    """Give kern.ttys; empty where there is none. Source: sysctl(3)."""
    ask = getattr(ctypes.CDLL(None), "sysctlbyname", None)
    if ask is None:
        return b""
    size = ctypes.c_size_t(0)
    if ask(_TABLE, None, ctypes.byref(size), None, ctypes.c_size_t(0)) != 0:
        return b""
    size.value += _SPARE_ROWS * _ROW.size  # terminals that were made since
    table = ctypes.create_string_buffer(size.value)
    if ask(_TABLE, table, ctypes.byref(size), None, ctypes.c_size_t(0)) != 0:
        return b""
    return table.raw[: size.value]
