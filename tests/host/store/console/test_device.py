from __future__ import annotations

import asyncio
import os
import pty
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from nmdm import has_real_null_modems, unused_device

from freebsd_port.host.store.console.device import ConsoleDevice

INPUT = (
    *("IMAXBEL", "IXANY", "IXOFF", "IXON", "INPCK", "ISTRIP"),
    *("BRKINT", "PARMRK", "IGNPAR", "INLCR", "IGNCR", "ICRNL"),
)
IFLAG, CFLAG, LFLAG, ISPEED, OSPEED, CC = 0, 2, 3, 4, 5, 6


@pytest.fixture
def terminal() -> Iterator[int]:
    """A terminal with everything on that FreeBSD may have on, at FreeBSD's default speed.

    A null modem where there is one: a pty of FreeBSD has the same speed whatever is set.
    """
    if has_real_null_modems():
        slave = os.open(unused_device("B"), os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        master = os.dup(slave)
    else:
        master, slave = pty.openpty()
    mode = termios.tcgetattr(slave)
    for name in INPUT:
        mode[IFLAG] |= getattr(termios, name)
    mode[CFLAG] &= ~termios.CLOCAL
    mode[LFLAG] |= termios.ECHO | termios.ICANON | termios.NOFLSH
    mode[ISPEED] = mode[OSPEED] = termios.B9600
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    yield slave
    os.close(slave)
    os.close(master)


def opened(terminal: int) -> list[object]:
    """Give the mode of a terminal while the bridge has it open."""

    async def look() -> list[object]:
        device = ConsoleDevice(
            Path(os.ttyname(terminal)),
            on_data=lambda _: None,
            on_gone=lambda: None,
            on_room=lambda: None,
            on_dropped=lambda _: None,
        )
        device.open()
        assert device.is_open
        mode = termios.tcgetattr(terminal)
        device.close()
        return mode

    return asyncio.run(look())


def test_a_full_queue_types_nothing_to_the_guest_and_no_byte_is_changed(terminal: int) -> None:
    iflag, oflag, _, lflag, _, _, characters = opened(terminal)
    assert isinstance(iflag, int)
    assert [name for name in INPUT if iflag & getattr(termios, name)] == []
    assert iflag & termios.IGNBRK
    assert isinstance(oflag, int)
    assert not oflag & termios.OPOST
    assert isinstance(lflag, int)
    assert not lflag & (termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
    assert isinstance(characters, list)
    assert [characters[termios.VMIN], characters[termios.VTIME]] in ([1, 0], [b"\x01", b"\x00"])


def test_the_speed_is_one_that_gives_a_null_modem_its_longest_queue(terminal: int) -> None:
    _, _, cflag, _, ispeed, ospeed, _ = opened(terminal)
    assert (ispeed, ospeed) == (termios.B460800, termios.B460800)
    assert isinstance(cflag, int)
    assert cflag & termios.CSIZE == termios.CS8
    assert cflag & termios.CREAD, "without it FreeBSD gives the queue no room at all"


def test_the_carrier_is_not_ignored(terminal: int) -> None:
    cflag = opened(terminal)[CFLAG]
    assert isinstance(cflag, int)
    assert not cflag & termios.CLOCAL
