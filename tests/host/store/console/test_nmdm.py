"""What nmdm(4) was seen to do: asked of the real one where there is one, else of the stand-in."""

from __future__ import annotations

import errno
import os
import select
import termios
import tty
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from nmdm import FREEBSD_15
from null_modems import Host

from freebsd_port.host.store.console.device import QUEUE_BYTES

A_QUEUE = FREEBSD_15.speed // FREEBSD_15.bytes_by_speed


class Pair:
    """A, which may be open or not, and the device of B."""

    def __init__(self, host: Host) -> None:
        self.path = host.dev / f"nmdm{uuid.uuid4()}B"
        self.a = host.make_modem(self.path)
        self.b = -1

    def open_b(self) -> None:
        self.b = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        tty.setraw(self.b, termios.TCSANOW)
        mode = termios.tcgetattr(self.b)
        mode[4] = mode[5] = termios.B460800
        termios.tcsetattr(self.b, termios.TCSANOW, mode)

    def close_b(self) -> None:
        if self.b >= 0:
            termios.tcflush(self.b, termios.TCIOFLUSH)
            os.close(self.b)
            self.b = -1

    def read_b(self, size: int) -> bytes:
        """Read so many bytes, or all before an end of file."""
        data = b""
        while len(data) < size:
            select.select([self.b], [], [])
            more = os.read(self.b, size - len(data))
            if not more:
                break
            data += more
        return data

    def b_is_silent(self) -> bool:
        return not select.select([self.b], [], [], 0.1)[0]

    def type(self, data: bytes) -> None:
        while data:
            select.select([], [self.b], [])
            data = data[os.write(self.b, data) :]

    def read_a(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += self.a.typed(size - len(data))
        return data


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    host = Host(tmp_path)
    pair = Pair(host)
    yield pair
    pair.close_b()
    host.close()


def test_b_has_its_default_speed_and_no_clocal(pair: Pair) -> None:
    file = os.open(pair.path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    mode = termios.tcgetattr(file)
    os.close(file)
    assert mode[4] == mode[5] == termios.B9600
    assert not mode[2] & termios.CLOCAL


def test_b_that_is_open_first_gets_all_that_a_prints(pair: Pair) -> None:
    pair.open_b()
    assert pair.b_is_silent()
    with pytest.raises(BlockingIOError):
        os.read(pair.b, 1)
    pair.a.open()
    assert pair.a.print(b"first words") == 11
    assert pair.read_b(11) == b"first words"


def test_what_a_printed_before_b_was_opened_is_gone(pair: Pair) -> None:
    pair.a.open()
    assert pair.a.print(b"first words") == 11
    pair.a.settle()
    pair.open_b()
    assert pair.a.print(b"more") == 4
    assert pair.read_b(4) == b"more"
    assert pair.b_is_silent()


def test_a_that_is_closed_in_silence_is_not_noticed(pair: Pair) -> None:
    pair.open_b()
    pair.a.open()
    pair.a.print(b"words")
    assert pair.read_b(5) == b"words"
    pair.a.settle()
    pair.a.close()
    assert pair.b_is_silent()
    assert os.write(pair.b, b"typed") == 5
    with pytest.raises(BlockingIOError):
        os.read(pair.b, 1)


def test_b_goes_on_with_the_next_a_if_it_was_not_hung_up(pair: Pair) -> None:
    pair.open_b()
    pair.a.open()
    pair.a.close()
    pair.a.open()
    assert pair.a.print(b"next") == 4
    assert pair.read_b(4) == b"next"


def fill_b(pair: Pair) -> None:
    sent = 0
    while sent < QUEUE_BYTES + 1:
        sent += pair.a.print(b"x" * min(1024, QUEUE_BYTES + 1 - sent))


def test_b_is_hung_up_if_bytes_move_after_a_was_closed_and_stays_so(pair: Pair) -> None:
    pair.open_b()
    pair.a.open()
    fill_b(pair)
    pair.a.close()
    assert set(pair.read_b(QUEUE_BYTES * 2)) == {ord("x")}
    assert os.read(pair.b, 1) == b""
    with pytest.raises(OSError, match=r"[Ii]nput/output error") as caught:
        os.write(pair.b, b"typed")
    assert caught.value.errno == errno.EIO
    pair.a.open()
    pair.a.print(b"next")  # which FreeBSD's kernel may put into B's queue all the same
    pair.a.settle()
    with pytest.raises(OSError, match=r"[Ii]nput/output error"):
        os.write(pair.b, b"typed")
    os.close(pair.b)
    pair.open_b()
    pair.a.print(b"again")
    assert pair.read_b(5) == b"again"


def test_b_loses_one_byte_when_its_queue_fills(pair: Pair) -> None:
    pair.open_b()
    pair.a.open()
    taken = 0
    while taken < QUEUE_BYTES + 1000:
        taken += pair.a.print(b"x" * 1000)
    assert len(pair.read_b(taken - FREEBSD_15.lost_at_fill)) == taken - FREEBSD_15.lost_at_fill
    assert pair.b_is_silent()


def test_a_loses_one_byte_when_its_queue_fills(pair: Pair) -> None:
    pair.open_b()
    pair.a.open()
    typed = bytes(i % 251 for i in range(A_QUEUE + 80))
    pair.type(typed)
    lost = FREEBSD_15.lost_at_fill
    assert pair.read_a(len(typed) - lost) == typed[:A_QUEUE] + typed[A_QUEUE + lost :]


def test_a_takes_what_its_queue_holds_whole(pair: Pair) -> None:
    pair.open_b()
    pair.a.open()
    typed = bytes(i % 251 for i in range(A_QUEUE))
    for _ in range(3):
        pair.type(typed)
        assert pair.read_a(A_QUEUE) == typed


def test_control_characters_pass_both_ways(pair: Pair) -> None:
    pair.open_b()
    pair.a.open()
    every = bytes(range(256))
    assert pair.a.print(every) == 256
    assert pair.read_b(256) == every
    pair.type(every)
    assert pair.read_a(256) == every
