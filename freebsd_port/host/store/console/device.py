"""The bridge's end of a null modem: open without waiting, raw, opened again when hung up."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import Callable
from pathlib import Path

from freebsd_port.host.core.console import bytes_to_type
from freebsd_port.host.store.console.terminals import find_terminal

QUEUE_BYTES = 64 * 1024
"""The longest queue that FreeBSD gives a terminal, and what is read at once."""

_FULL_BYTES = QUEUE_BYTES - 128
"""A queue with so much in it is full: FreeBSD counts in blocks of 128 bytes."""

_READS_OF_REST = 64
"""Bounded, because a guest may go on printing; Linux reads 4 KiB at once."""

_INPUT_BYTES = 64 * 1024
_TYPING_SECONDS, _BLIND_SECONDS = 0.01, 0.05
"""How soon more is typed: to a guest whose queue is seen, and to another."""

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_STALL_SECONDS = 30.0
_INPUT_OFF = (
    *("IMAXBEL", "IXANY", "IXOFF", "IXON", "INPCK", "ISTRIP"),
    *("BRKINT", "PARMRK", "IGNPAR", "INLCR", "IGNCR", "ICRNL"),
)
_LOCAL_OFF = ("ECHO", "ECHOE", "ECHOK", "ECHONL", "ICANON", "ISIG", "IEXTEN", "NOFLSH", "TOSTOP")
_SPEED: int = getattr(termios, "B460800", termios.B38400)
"""Nothing is slower for it, but FreeBSD's queues hold a fifth of a second: 64 KiB at most.

At the default speed they hold 1920 bytes, and nmdm(4) loses what finds its queue full.
"""


class ConsoleDevice:
    """Bytes from and to a guest.

    Reading ends when the kernel hangs this end up, which it does only if bytes move after the guest
    closed its own: a guest that ends in silence is not noticed here. The device is then opened
    again, ever more seldom, until `close`.
    """

    def __init__(
        self,
        path: Path,
        on_data: Callable[[bytes], None],
        on_gone: Callable[[], None],
        on_room: Callable[[], None],
        on_dropped: Callable[[int], None],
    ) -> None:
        self._path = path
        self._guest_end = path.with_name(path.name[:-1] + "A")
        self._on_data = on_data
        self._on_gone = on_gone
        self._on_room = on_room
        self._on_dropped = on_dropped
        self._loop = asyncio.get_running_loop()
        self._file: int | None = None
        self._input = bytearray()
        self._wait = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._typing: asyncio.TimerHandle | None = None
        self._progress = 0.0
        self._is_closed = False
        self.overruns = 0
        """How often the queue was found full: each time the kernel lost a byte, or more."""

    @property
    def is_open(self) -> bool:
        """Tell whether this end is open, which says nothing of the guest."""
        return self._file is not None

    @property
    def is_full(self) -> bool:
        """Tell whether the guest takes its input too slowly for more."""
        return len(self._input) >= _INPUT_BYTES

    def has_guest(self) -> bool | None:
        """Tell whether the other end is open; None where the kernel does not say."""
        terminal = find_terminal(self._guest_end)
        return terminal.is_open if terminal else None

    def open(self) -> None:
        """Open the device now, or later if that cannot be."""
        self._timer = None
        try:
            self._file = _open_raw(self._path)
        except (OSError, termios.error):
            self._open_later()
            return
        self._loop.add_reader(self._file, self._read)

    def ensure_open(self) -> None:
        """Open the device now if it waits to be opened again."""
        if self._file is None and self._timer:
            self._timer.cancel()
            self.open()

    def write(self, data: bytes) -> None:
        """Hand the guest its input, as fast as its queue takes it."""
        if self._file is None:
            self._on_dropped(len(data))
            return
        if not self._input:
            self._progress = self._loop.time()
        self._input += data
        if self._typing is None:
            self._type()

    def forget_input(self) -> None:
        """Drop what was typed and not taken: the next guest must not get it."""
        if self._file is not None:
            with contextlib.suppress(termios.error):
                termios.tcflush(self._file, termios.TCOFLUSH)
        was_full, dropped = self.is_full, len(self._input)
        self._input.clear()
        if dropped:
            self._on_dropped(dropped)
        if was_full:
            self._on_room()

    def read_rest(self) -> None:
        """Read what waits, before the device is closed or the next guest prints."""
        for _ in range(_READS_OF_REST):
            if not self._read():
                break

    def close(self) -> None:
        """Read what is left, and close the device for good."""
        self._is_closed = True
        if self._timer:
            self._timer.cancel()
        self.read_rest()
        self._let_go()

    def _read(self) -> bool:
        """Read once; True if there was something."""
        if self._file is None:
            return False
        try:
            if _waiting_bytes(self._file) > _FULL_BYTES:
                self.overruns += 1
            data = os.read(self._file, QUEUE_BYTES)
        except BlockingIOError:
            return False
        except OSError:  # EIO or ENXIO: hung up
            data = b""
        if data:
            self._wait = 0.0
            self._on_data(data)
            return True
        self._let_go()
        if not self._is_closed:
            self._on_gone()
            self._open_later()
        return False

    def _type(self) -> None:
        """Write what the guest's queue certainly takes, and go on a little later.

        One byte is lost each time that the queue fills.
        """
        self._typing = None
        if self._file is None or not self._input:
            return
        guest = find_terminal(self._guest_end)
        size = bytes_to_type(guest.queue_bytes - guest.waiting_bytes if guest else None)
        try:
            sent = os.write(self._file, self._input[:size]) if size else 0
        except BlockingIOError:
            sent = 0
        except OSError:  # hung up: reading notices it, too
            sent = 0
        now = self._loop.time()
        was_full = self.is_full
        del self._input[:sent]
        if sent:
            self._progress = now
        elif now - self._progress >= _STALL_SECONDS:
            self.forget_input()
        wait = _TYPING_SECONDS if guest else _BLIND_SECONDS
        self._typing = self._loop.call_later(wait, self._type)
        if was_full and not self.is_full:
            self._on_room()

    def _let_go(self) -> None:
        if self._typing:
            self._typing.cancel()
            self._typing = None
        self.forget_input()
        if self._file is not None:
            self._loop.remove_reader(self._file)
            os.close(self._file)
            self._file = None

    def _open_later(self) -> None:
        self._timer = self._loop.call_later(self._wait, self.open)
        self._wait = min(max(self._wait * 2, _FIRST_WAIT), _LONGEST_WAIT)


def _waiting_bytes(file: int) -> int:
    """Count what waits to be read. Source: tty(4), FIONREAD."""
    return int(struct.unpack("i", fcntl.ioctl(file, termios.FIONREAD, b"\0" * 4))[0])


def _open_raw(path: Path) -> int:
    """Open a terminal device, without waiting for a carrier and without becoming its session's.

    TCSANOW keeps what the guest has printed already; the default would flush it.
    """
    file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _make_raw(file)
    except BaseException:
        os.close(file)
        raise
    return file


def _make_raw(file: int) -> None:
    """Set raw mode and a speed, all of it: tty.setraw leaves flags that FreeBSD has on by default.

    With IMAXBEL or IXOFF a full queue would type a bell or a stop to the guest. CLOCAL stays off,
    so that a hang-up is noticed. Source: cfmakeraw(3) of FreeBSD.
    """
    iflag, oflag, cflag, lflag, _, _, characters = termios.tcgetattr(file)
    iflag = iflag & ~_flags(*_INPUT_OFF) | termios.IGNBRK
    oflag &= ~termios.OPOST
    cflag = cflag & ~_flags("CSIZE", "PARENB") | _flags("CS8", "CREAD")
    lflag &= ~_flags(*_LOCAL_OFF)
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    wanted = [iflag, oflag, cflag, lflag, _SPEED, _SPEED, characters]
    termios.tcsetattr(file, termios.TCSANOW, wanted)


def _flags(*names: str) -> int:
    """Join the flags of these names; those that the platform lacks are nothing."""
    joined = 0
    for name in names:
        joined |= getattr(termios, name, 0)
    return joined
