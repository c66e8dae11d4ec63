"""nmdm(4) for the tests of the console bridge: a stand-in for Linux, and the real one.

Both have one face, bhyve's end A. The other end, B, is opened by its path, as the bridge does it.

The stand-in is a pty for B, and a thread that moves its bytes as the driver was seen to. It was
written from what a FreeBSD 15.0 kernel did, which `Facts` names, not from the bridge. Linux knows
nothing of the pair's queues, so the stand-in answers for FreeBSD's FIONREAD and kern.ttys:
`answer_for_the_kernel`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import threading
import time
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import pytest

from freebsd_port.host.store.console.terminals import Terminal


def unused_device(end: str) -> str:
    """Name an end of a null modem of its own: one that goes gives ENXIO until it is gone."""
    return f"/dev/nmdm{uuid.uuid4()}{end}"


@dataclass(frozen=True)
class Facts:
    """What was measured, and on which kernel."""

    kernel: str
    speed: int
    """Both ends have it until they set another. bhyve's end keeps it."""
    bytes_by_speed: int
    """A queue takes the speed divided by this, in bytes, ..."""
    longest_queue: int
    """... and no more than this."""
    lost_at_fill: int
    """Bytes lost each time that a receiving queue fills."""
    reads_on_below: float
    """A queue that filled takes bytes again when it is as full as this, or less."""
    sees_carrier_when_idle: bool
    """Whether an end notices at once that the other was closed."""
    keeps_what_came_before_open: bool
    """Whether an end that is opened finds what the other printed before."""


FREEBSD_15 = Facts(
    kernel="FreeBSD 15.0-RELEASE amd64, osreldate 1500068",
    speed=9600,
    bytes_by_speed=5,
    longest_queue=64 * 1024,
    lost_at_fill=1,
    reads_on_below=0.1,
    sees_carrier_when_idle=False,
    keeps_what_came_before_open=False,
)

_SPEEDS = {getattr(termios, n): int(n[1:]) for n in dir(termios) if re.fullmatch(r"B\d+", n)}
_IN_PTY = 2048
"""Bytes of B's queue that are in the pty; its line discipline holds 4095."""


class NullModem(Protocol):
    """bhyve's end of a null modem."""

    def open(self) -> None:
        """Open the end."""

    def close(self) -> None:
        """Close it, as the kernel does when bhyve ends in any way."""

    def print(self, data: bytes) -> int:
        """Print without waiting; give how many bytes were taken."""

    def typed(self, size: int = 65536) -> bytes:
        """Read what was typed; empty if nothing waits."""

    def settle(self) -> None:
        """Wait until the driver has done what it was given to do."""

    def remove(self) -> None:
        """Forget the null modem."""


class RealNullModem:
    """/dev/nmdm…A, opened as bhyve does: raw, without waiting, at its own speed."""

    def __init__(self, device: Path) -> None:
        self._path = str(device)[:-1] + "A"
        self._file = -1

    def open(self) -> None:
        self._file = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        import tty

        tty.setraw(self._file, termios.TCSANOW)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def print(self, data: bytes) -> int:
        try:
            return os.write(self._file, data)
        except BlockingIOError:
            return 0

    def typed(self, size: int = 65536) -> bytes:
        try:
            return os.read(self._file, size) if self._file >= 0 else b""
        except OSError:
            return b""

    def settle(self) -> None:
        """Wait for the kernel's task, which moves bytes and looks at the carrier, to be done."""
        while struct.unpack("i", fcntl.ioctl(self._file, termios.TIOCOUTQ, b"\0" * 4))[0]:
            time.sleep(0.01)
        time.sleep(0.3)  # it looks at the carrier before and after; nothing shows that

    def remove(self) -> None:
        self.close()


@cache
def has_real_null_modems() -> bool:
    """Tell whether this machine makes null modems, which is tried: they come when opened."""
    if not sys.platform.startswith("freebsd"):
        return False
    try:
        os.close(os.open(unused_device("A"), os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError:
        return False
    return True


class _End:
    """One tty of the pair."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.speed = facts.speed
        self.is_open = False
        self.has_carrier = False
        self.is_blocked = False
        self.inputs = bytearray()
        self.outputs = bytearray()
        self.in_pty = 0

    @property
    def size(self) -> int:
        return min(self.speed // self.facts.bytes_by_speed, self.facts.longest_queue)

    @property
    def waiting(self) -> int:
        return len(self.inputs) + self.in_pty

    def forget(self) -> None:
        self.inputs.clear()
        self.outputs.clear()
        self.is_blocked = False


class StandInNullModem:
    """A null modem of Linux, as `Facts` has it. B's device is a link to the pty of the moment."""

    def __init__(self, device: Path, facts: Facts = FREEBSD_15) -> None:
        self.device = device
        self.facts = facts
        self.lock = threading.RLock()
        self.a = _End(facts)
        self.b = _End(facts)
        self.lost = 0
        """Bytes lost because a queue filled, in either direction."""
        self.master = -1
        self.slave = ""
        self._make_pty()
        _RELAY.add(self)

    def open(self) -> None:
        with self.lock:
            self.step()
            self.a.forget()
            self.a.is_open = True
            self._carrier_if_seen()

    def close(self) -> None:
        with self.lock:
            self.step()
            self.a.is_open = False
            self.a.inputs.clear()
            self.a.is_blocked = False
            self._carrier_if_seen()

    def print(self, data: bytes) -> int:
        with self.lock:
            if not self.a.is_open:
                raise OSError("the end is closed")
            self.step()
            taken = 0
            while taken < len(data) and (room := self.a.size - len(self.a.outputs)) > 0:
                self.a.outputs += data[taken : taken + room]
                taken += len(data[taken : taken + room])
                self._move(self.a, self.b)
            self._push(patience=1)  # the bridge reads in this thread, so not meanwhile
            return taken

    def typed(self, size: int = 65536) -> bytes:
        with self.lock:
            self.step()
            found = bytes(self.a.inputs[:size])
            del self.a.inputs[:size]
            self._unblock(self.a, self.b)
            return found

    def settle(self) -> None:
        self.step()

    def remove(self) -> None:
        with self.lock:
            _RELAY.discard(self)
            self.device.unlink(missing_ok=True)
            if self.master >= 0:
                os.close(self.master)
                self.master = -1

    def step(self) -> bool:
        """Do what is due; True if more is due soon."""
        with self.lock:
            if self.master < 0:
                return False
            self._look_at_b()
            self._hear_b()
            self._push()
            return bool(self.b.inputs or self.b.in_pty)

    def _carrier_if_seen(self) -> None:
        if self.facts.sees_carrier_when_idle:
            self._look_at_carrier(self.a, self.b)

    def _look_at_carrier(self, source: _End, target: _End) -> None:
        if target.has_carrier and not source.is_open:
            target.has_carrier = False
            if target is self.b and self.b.is_open:
                self._hang_up_b()
        elif source.is_open:
            target.has_carrier = True

    def _move(self, source: _End, target: _End) -> None:
        """Move what one end sent. Only here does the driver look at the carrier."""
        self._look_at_carrier(source, target)
        if not target.is_open:
            if target is self.b and not self.facts.keeps_what_came_before_open:
                source.outputs.clear()
            return
        if target.is_blocked:
            return
        room = max(0, target.size - target.waiting)
        target.inputs += source.outputs[:room]
        del source.outputs[:room]
        if source.outputs:
            del source.outputs[: self.facts.lost_at_fill]
            self.lost += self.facts.lost_at_fill
            target.is_blocked = True

    def _unblock(self, target: _End, source: _End) -> None:
        if target.is_blocked and target.waiting <= target.size * self.facts.reads_on_below:
            target.is_blocked = False
            self._move(source, target)
        elif source.outputs and target.is_open and not target.is_blocked:
            self._move(source, target)

    def _make_pty(self) -> None:
        master, slave = pty.openpty()
        os.set_blocking(master, False)
        mode = termios.tcgetattr(slave)
        mode[2] &= ~termios.CLOCAL
        mode[4] = mode[5] = getattr(termios, f"B{self.facts.speed}")
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        self.slave = os.ttyname(slave)
        os.close(slave)
        new = self.device.with_name(self.device.name + ".new")
        new.symlink_to(self.slave)
        new.rename(self.device)
        self.master = master

    def _hang_up_b(self) -> None:
        """Closing the master is a hang-up: reads give nothing, writes EIO, until it is reopened."""
        old = self.master
        self.b.forget()
        self.b.in_pty = 0
        self.b.is_open = False
        self._make_pty()
        os.close(old)

    def _look_at_b(self) -> None:
        poll = select.poll()
        poll.register(self.master, 0)
        was_open, self.b.is_open = self.b.is_open, not poll.poll(0)
        if was_open and not self.b.is_open:
            self._flush_b()
        if self.b.is_open and not was_open:
            self.a.outputs.clear()
        self.b.speed = _SPEEDS[termios.tcgetattr(self.master)[4]]
        self.b.in_pty = self._count_in_pty() if self.b.is_open else 0

    def _flush_b(self) -> None:
        self.b.inputs.clear()
        self.b.is_blocked = False
        slave = os.open(self.slave, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        termios.tcflush(slave, termios.TCIFLUSH)
        os.close(slave)

    def _count_in_pty(self) -> int:
        slave = os.open(self.slave, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            return int(struct.unpack("i", fcntl.ioctl(slave, termios.FIONREAD, b"\0" * 4))[0])
        finally:
            os.close(slave)

    def _hear_b(self) -> None:
        """Take what B sent."""
        while len(self.b.outputs) < self.b.size:
            try:
                data = os.read(self.master, self.b.size - len(self.b.outputs))
            except OSError:  # nothing is there, or B is closed
                break
            self.b.outputs += data
            self._move(self.b, self.a)
            if not data:
                break

    def _push(self, patience: float = 0.001) -> None:
        """Fill the pty, from which B reads; wait at most so many seconds until it shows that."""
        self._unblock(self.b, self.a)
        if not self.b.is_open or self.master < 0:
            return
        room = min(_IN_PTY, self.b.size) - self.b.in_pty
        if self.b.inputs and room > 0 and not self.b.in_pty:
            with contextlib.suppress(OSError):
                sent = os.write(self.master, self.b.inputs[:room])
                del self.b.inputs[:sent]
                due = time.monotonic() + patience
                while not self._count_in_pty() and time.monotonic() < due:
                    pass  # Linux hands it on a little later, or B has read it
                self.b.in_pty = self._count_in_pty()


class _Relay:
    """One thread for all null modems of the process; it ends with the last of them."""

    def __init__(self) -> None:
        self._modems: dict[str, StandInNullModem] = {}
        self._busy: set[StandInNullModem] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, modem: StandInNullModem) -> None:
        with self._lock:
            self._modems[str(modem.device)[:-1]] = modem
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def discard(self, modem: StandInNullModem) -> None:
        with self._lock:
            self._modems.pop(str(modem.device)[:-1], None)

    def find(self, device: Path) -> StandInNullModem | None:
        """Find a stand-in by either of its ends."""
        with self._lock:
            return self._modems.get(str(device)[:-1])

    def find_by_pty(self, slave: str) -> StandInNullModem | None:
        with self._lock:
            return next((m for m in self._modems.values() if m.slave == slave), None)

    def _run(self) -> None:
        while True:
            with self._lock:
                modems = list(self._modems.values())
                if not modems:
                    self._thread = None
                    return
            self._busy = {modem for modem in self._changed(modems) if modem.step()}
            time.sleep(0.0005 if self._busy else 0.002)

    def _changed(self, modems: list[StandInNullModem]) -> set[StandInNullModem]:
        """Find those that have something to do, with one call for all."""
        poll = select.poll()
        by_file = {modem.master: modem for modem in modems}
        for file in by_file:
            poll.register(file, select.POLLIN)
        changed = self._busy | {modem for modem in modems if modem.b.inputs}
        is_closed = dict.fromkeys(by_file, False)
        for file, event in poll.poll(0):
            is_closed[file] = bool(event & select.POLLHUP)
            if event & select.POLLIN:
                changed.add(by_file[file])
        changed |= {by_file[file] for file in by_file if by_file[file].b.is_open == is_closed[file]}
        return changed


_RELAY = _Relay()


def _find_terminal(path: Path) -> Terminal | None:
    modem = _RELAY.find(path)
    if modem is None:
        return None
    with modem.lock:
        modem.step()
        end = modem.a if path.name.endswith("A") else modem.b
        return Terminal(end.is_open, end.size if end.is_open else 0, end.waiting)


def _waiting_bytes(file: int) -> int:
    modem = _RELAY.find_by_pty(os.readlink(f"/proc/self/fd/{file}"))
    if modem is None:
        return 0
    with modem.lock:
        modem.step()
        return modem.b.waiting


def answer_for_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bridge of this process see the queues of stand-ins, as FreeBSD shows its own."""
    if not has_real_null_modems():
        module = "freebsd_port.host.store.console.device"
        monkeypatch.setattr(f"{module}.find_terminal", _find_terminal)
        monkeypatch.setattr(f"{module}._waiting_bytes", _waiting_bytes)
