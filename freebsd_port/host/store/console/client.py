"""One TCP client of a console: reads what the guest prints, and may write if it is its turn."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Protocol, cast

from freebsd_port.host.core.console import Outbox

_SEND = 64 * 1024
_QUEUED = 64 * 1024
"""What asyncio may hold of one client, beside the outbox."""


class Host(Protocol):
    """What a client needs of its session."""

    def join(self, client: ConsoleClient) -> bool:
        """Take a client in; False if there is no room for another."""

    def leave(self, client: ConsoleClient) -> None:
        """Forget a client."""

    def receive(self, client: ConsoleClient, data: bytes) -> None:
        """Take what a client typed."""


class ConsoleClient(asyncio.Protocol):
    """A connection. Holds at most its limit of bytes, however slowly it reads."""

    def __init__(self, host: Host, limit: int, stall_seconds: float) -> None:
        self._host = host
        self._outbox = Outbox(limit)
        self._stall_seconds = stall_seconds
        self._transport: asyncio.Transport | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._is_paused = False
        self._queued = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the session, and let the kernel notice a peer that vanished."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_QUEUED, low=_QUEUED // 4)
        connection = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # FreeBSD refuses it on one that was reset by now
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._host.join(self):
            self.send(b"[console bridge: too many are connected]\r\n")
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Hand what was typed to the session."""
        self._host.receive(self, data)

    def connection_lost(self, _error: Exception | None) -> None:
        """Leave the session."""
        if self._stall:
            self._stall.cancel()
        self._transport = None
        self._host.leave(self)

    def pause_writing(self) -> None:
        """Keep what comes from now on; end the connection if nothing is read for long."""
        self._is_paused = True
        self._watch()

    def resume_writing(self) -> None:
        """Send what was kept."""
        self._is_paused = False
        if self._stall:
            self._stall.cancel()
            self._stall = None
        while not self._is_paused and len(self._outbox) and self._transport:
            self._transport.write(self._outbox.take(_SEND))

    def send(self, data: bytes) -> None:
        """Send, or keep what fits until the client reads again."""
        if self._transport is None:
            return
        if self._is_paused:
            self._outbox.put(data)
        else:
            self._transport.write(data)

    @property
    def pending_bytes(self) -> int:
        """Count what is held for this client."""
        queued = self._transport.get_write_buffer_size() if self._transport else 0
        return len(self._outbox) + queued

    def hold(self, is_held: bool) -> None:
        """Read no more of what is typed, or read again."""
        if self._transport is None or self._transport.is_closing():
            return
        act: Callable[[], None] = (
            self._transport.pause_reading if is_held else self._transport.resume_reading
        )
        act()

    def close(self) -> None:
        """End the connection after what was sent, or when the client takes nothing of it."""
        if self._transport:
            self._transport.close()
            if self._stall is None:
                self._watch()

    def _watch(self) -> None:
        """End the connection if nothing of what is queued now is taken for long."""
        if self._transport is None:
            return
        self._queued = self._transport.get_write_buffer_size()
        loop = asyncio.get_running_loop()
        self._stall = loop.call_later(self._stall_seconds, self._judge)

    def _judge(self) -> None:
        if self._transport and self._transport.get_write_buffer_size() < self._queued:
            self._watch()
        else:
            self.abort()

    def abort(self) -> None:
        """End the connection now."""
        if self._transport:
            self._transport.abort()
