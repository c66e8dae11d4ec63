"""FreeBSD's kern.ttys, as its header lays it out, and as its kernel gives it where there is one."""

from __future__ import annotations

import os
import pty
import struct
import sys
from pathlib import Path

import pytest

from freebsd_port.host.store.console.terminals import Terminal, find_terminal, parse_terminals

NATIVE = sys.platform.startswith("freebsd")


def row(device: int, *, lines: int = 0, last: int = 0, flags: int = 0, size: int = 88) -> bytes:
    sizes = (size, 1920, lines, last, 192, 1920, 0, 1728)
    return struct.pack("@8NIiiII", *sizes, 0, 0, 0, flags, device).ljust(size, b"\0")


def test_each_row_gives_whether_the_terminal_is_open_and_what_waits_in_it() -> None:
    table = row(0x101, flags=0x08, lines=300, last=7) + row(0x102) + row(0x103, flags=0x10)
    assert parse_terminals(table) == {
        0x101: Terminal(is_open=True, queue_bytes=1920, waiting_bytes=307),
        0x102: Terminal(is_open=False, queue_bytes=1920, waiting_bytes=0),
        0x103: Terminal(is_open=True, queue_bytes=1920, waiting_bytes=0),
    }


def test_rows_that_a_later_kernel_made_longer_are_read_all_the_same() -> None:
    assert list(parse_terminals(row(1, size=96) + row(2, size=96))) == [1, 2]


@pytest.mark.parametrize("table", [b"", b"\0" * 200, row(1)[:40], row(1, size=88)[8:]])
def test_what_is_no_table_gives_nothing(table: bytes) -> None:
    assert parse_terminals(table) == {}


@pytest.mark.skipif(NATIVE, reason="FreeBSD has the table")
def test_a_kernel_without_the_table_tells_nothing() -> None:
    assert find_terminal(Path("/dev/null")) is None


@pytest.mark.skipif(not NATIVE, reason="only FreeBSD has the table")
def test_freebsds_kernel_tells_what_waits_in_a_terminal() -> None:
    master, slave = pty.openpty()
    os.write(master, b"typed\n")
    terminal = find_terminal(Path(os.ttyname(slave)))
    assert terminal is not None
    assert (terminal.is_open, terminal.waiting_bytes) == (True, 6)
    os.close(slave)
    os.close(master)
