"""The console of one guest while it runs: its null modem, its log, its port and who is there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from freebsd_port.errors import system_words
from freebsd_port.host.core.console import (
    MISSED,
    NO_GUEST,
    Console,
    ConsolePolicy,
    choose_writer,
    dropped_notice,
)
from freebsd_port.host.store.console.client import ConsoleClient
from freebsd_port.host.store.console.device import ConsoleDevice
from freebsd_port.host.store.console.log import ConsoleLog

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0


class ConsoleSession:
    """Joins a null modem to a log and to clients. All that waits in it is bounded."""

    def __init__(
        self,
        console: Console,
        policy: ConsolePolicy,
        *,
        root: Path,
        instances: Path,
        tell: Callable[[str], None],
        on_gone: Callable[[str], None],
    ) -> None:
        self.console = console
        self._policy = policy
        self._instances = instances
        self._tell = tell
        self._on_gone = on_gone
        self._clients: dict[int, ConsoleClient] = {}
        self._numbers: dict[ConsoleClient, int] = {}
        self._next_number = 1
        self._writer: int | None = None
        self._log: ConsoleLog | None = None
        self._is_log_due = False
        self._server: asyncio.Server | None = None
        self._listening: asyncio.Task[None] | None = None
        self._device = ConsoleDevice(
            root / console.device.lstrip("/"),
            self._from_guest,
            self._gone,
            self._room,
            self._dropped,
        )
        self._is_running = False
        self._is_told = False
        self._missed: str | None = None
        self.read_bytes = 0
        self.dropped_bytes = 0

    def start(self, missed: str | None) -> None:
        """Open the log and the null modem, and begin to listen.

        `missed` says why the guest may have printed before; None if it has not started yet.
        """
        self._open_log()
        self._device.open()
        if missed:
            self._miss(missed)
        if self.console.port is not None:
            self._listening = asyncio.get_running_loop().create_task(self._listen())

    def renew(self) -> None:
        """Make ready for the next guest, which has not started: it gets nothing of the last one."""
        self._device.read_rest()
        self._device.forget_input()
        self._device.ensure_open()
        self._open_log()
        self._is_running = False
        self._missed = None

    def guest_runs(self) -> None:
        """Take note that libvirt says so."""
        if not self._device.is_open and self._missed is None:
            self._miss("the null modem could not be opened before the guest started")
        self._guest_is_there()

    async def close(self) -> None:
        """Let go of everything."""
        if self._listening:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
        if self._server:
            self._server.close()
        self._device.close()
        self._close_log()
        for client in list(self._clients.values()):
            client.close()

    def find_guest(self, *, is_libvirt_silent: bool) -> bool | None:
        """Tell whether a guest is at the null modem; None if that is not known now.

        The null modem's own end does not tell: see nmdm(4). libvirt does, and the kernel's table.
        """
        if not self._is_running or not self._device.is_open:
            return False
        found = self._device.has_guest()
        return True if found is None and not is_libvirt_silent else found

    def describe(self, *, is_libvirt_silent: bool = False) -> dict[str, object]:
        """Give the state as it is shown, with bytes and counts."""
        return {
            "guest": self.console.uuid,
            "name": self.console.name,
            "device": self.console.device,
            "address": self.console.address,
            "port": self.console.port,
            "connected": self.find_guest(is_libvirt_silent=is_libvirt_silent),
            "missed_start": self._missed,
            "listening": self._server is not None,
            "logged": self._log is not None,
            "clients": len(self._clients),
            "read_bytes": self.read_bytes,
            "overruns": self._device.overruns,
            "dropped_input_bytes": self.dropped_bytes,
            "waiting_bytes": sum(client.pending_bytes for client in self._clients.values()),
            "lost_log_bytes": self._log.lost_bytes if self._log else 0,
        }

    def join(self, client: ConsoleClient) -> bool:
        """Take a client in; False if there is no room for another."""
        if len(self._clients) >= self._policy.clients:
            return False
        number = self._next_number
        self._next_number += 1
        self._clients[number] = client
        self._numbers[client] = number
        self._choose()
        if number != self._writer:
            client.send(b"[console bridge: read only, another client writes]\r\n")
        return True

    def leave(self, client: ConsoleClient) -> None:
        """Forget a client; its right to write goes to another."""
        number = self._numbers.pop(client, None)
        if number is not None:
            del self._clients[number]
            self._choose()

    def receive(self, client: ConsoleClient, data: bytes) -> None:
        """Hand the guest what its writer typed. What others type, or to no guest, is dropped."""
        if self._numbers.get(client) != self._writer:
            return
        if self.find_guest(is_libvirt_silent=False) is False:
            self.dropped_bytes += len(data)
            if not self._is_told:
                client.send(NO_GUEST)
            self._is_told = True
            return
        self._device.write(data)
        if self._device.is_full:
            client.hold(True)

    def _choose(self) -> None:
        before = self._writer
        self._writer = choose_writer(list(self._clients), before, self._policy)
        if before in self._clients and before != self._writer:
            held = self._clients[before]
            held.hold(False)
            held.send(b"\r\n[console bridge: read only from now on, another client writes]\r\n")
        elif before is not None and before != self._writer and self._writer is not None:
            self._clients[self._writer].send(b"\r\n[console bridge: you may write now]\r\n")

    def _open_log(self) -> None:
        """Open the log in the instance's directory, which may be another one after a reboot."""
        self._close_log()
        self._is_log_due = False
        directory = self._instances / self.console.uuid
        try:
            self._log = ConsoleLog(directory, self._policy.log_bytes, self._policy.log_files)
        except OSError as error:
            place = directory / (error.filename or "")
            self._tell(f"{self.console.uuid}: no log at {place}: {system_words(error)}")

    def _close_log(self) -> None:
        if self._log:
            self._log.close()
            self._log = None

    def _miss(self, reason: str) -> None:
        """Say that the guest may have printed before, also to those who read its log."""
        self._missed = reason
        self._tell(f"{self.console.uuid}: its first output is missing, {reason}")
        if self._log:
            self._log.write(MISSED)

    def _guest_is_there(self) -> None:
        self._is_running = True
        self._is_told = False

    def _from_guest(self, data: bytes) -> None:
        self._guest_is_there()
        self.read_bytes += len(data)
        if self._is_log_due:
            self._open_log()
        if self._log:
            self._log.write(data)
        for client in list(self._clients.values()):
            client.send(data)

    def _gone(self) -> None:
        self._is_running = False
        self._is_log_due = True
        self._on_gone(self.console.uuid)

    def _dropped(self, size: int) -> None:
        self.dropped_bytes += size
        if self._writer is not None:
            self._clients[self._writer].send(dropped_notice(size))

    def _room(self) -> None:
        if self._writer is not None:
            self._clients[self._writer].hold(False)

    async def _listen(self) -> None:
        """Listen at the port; while another has it, try again, ever more seldom."""
        loop = asyncio.get_running_loop()
        policy, wait = self._policy, _FIRST_WAIT
        address, port = self.console.address, self.console.port or 0
        while self._server is None:
            try:
                self._server = await loop.create_server(
                    lambda: ConsoleClient(self, policy.client_bytes, policy.stall_seconds),
                    address,
                    port,
                )
            except OSError as error:
                if wait == _FIRST_WAIT:
                    self._tell(f"{self.console.uuid}: {system_words(error)}; trying again")
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
