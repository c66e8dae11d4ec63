"""One end of a null modem, open without waiting, in raw mode, reopened when the guest is gone."""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import Callable
from pathlib import Path

CHUNK = 16 * 1024
"""Read at once, so that one guest that floods does not keep the others waiting."""

_INPUT_BYTES = 64 * 1024
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

    The carrier is not ignored: when the guest closes its end, reading ends, which is how its
    death is noticed. It is then opened again, ever more seldom, until `close`.
    """

    def __init__(
        self,
        path: Path,
        on_data: Callable[[bytes], None],
        on_gone: Callable[[], None],
        on_room: Callable[[], None],
    ) -> None:
        self._path = path
        self._on_data = on_data
        self._on_gone = on_gone
        self._on_room = on_room
        self._loop = asyncio.get_running_loop()
        self._file: int | None = None
        self._input = bytearray()
        self._wait = _FIRST_WAIT
        self._timer: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def is_open(self) -> bool:
        """Tell whether there is a guest at the other end, as far as is known."""
        return self._file is not None

    @property
    def is_full(self) -> bool:
        """Tell whether the guest takes its input too slowly for more."""
        return len(self._input) >= _INPUT_BYTES

    def open(self) -> None:
        """Open the device now, or later if that cannot be."""
        self._timer = None
        try:
            self._file = _open_raw(self._path)
        except (OSError, termios.error):
            self._open_later()
            return
        self._loop.add_reader(self._file, self._read)

    def write(self, data: bytes) -> None:
        """Hand the guest its input; what comes while there is no guest is dropped."""
        if self._file is None:
            return
        self._input += data
        self._flush()

    def close(self) -> None:
        """Close the device for good."""
        self._is_closed = True
        if self._timer:
            self._timer.cancel()
        self._let_go()

    def _read(self) -> None:
        if self._file is None:
            return
        try:
            data = os.read(self._file, CHUNK)
        except BlockingIOError:
            return
        except OSError:  # EIO or ENXIO: the other end is closed
            data = b""
        if data:
            self._wait = _FIRST_WAIT
            self._on_data(data)
            return
        self._let_go()
        self._on_gone()
        if not self._is_closed:
            self._open_later()

    def _flush(self) -> None:
        if self._file is None:
            return
        try:
            sent = os.write(self._file, self._input) if self._input else 0
        except BlockingIOError:
            sent = 0
        except OSError:  # what reads will notice it, too
            sent = len(self._input)
        was_full = self.is_full
        del self._input[:sent]
        if self._stall and (sent or not self._input):
            self._stall.cancel()
            self._stall = None
        if self._input:
            self._loop.add_writer(self._file, self._flush)
            self._stall = self._stall or self._loop.call_later(_STALL_SECONDS, self._give_up)
        else:
            self._loop.remove_writer(self._file)
        if was_full and not self.is_full:
            self._on_room()

    def _give_up(self) -> None:
        """Drop input that the guest does not take, as a serial line does."""
        self._stall = None
        self._input.clear()
        self._flush()
        self._on_room()

    def _let_go(self) -> None:
        if self._stall:
            self._stall.cancel()
            self._stall = None
        if self._file is None:
            return
        self._loop.remove_reader(self._file)
        self._loop.remove_writer(self._file)
        os.close(self._file)
        self._file = None
        was_full = self.is_full
        self._input.clear()
        if was_full:
            self._on_room()

    def _open_later(self) -> None:
        self._timer = self._loop.call_later(self._wait, self.open)
        self._wait = min(self._wait * 2, _LONGEST_WAIT)


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
    or a guest's death would be no end of file. Source: cfmakeraw(3) of FreeBSD.
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
