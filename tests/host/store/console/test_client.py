"""A client that takes little is kept, one that takes nothing is ended."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

import pytest

from freebsd_port.host.store.console.client import ConsoleClient


class Session:
    """Takes everyone in."""

    def join(self, client: ConsoleClient) -> bool:
        return True

    def leave(self, client: ConsoleClient) -> None:
        pass

    def receive(self, client: ConsoleClient, data: bytes) -> None:
        pass


class Transport:
    """A connection whose peer takes the sizes given, one at each look, and then nothing more."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = list(sizes)
        self.looks = 0
        self.aborted = asyncio.Event()
        self.is_closed = False

    def get_write_buffer_size(self) -> int:
        self.looks += 1
        return self.sizes.pop(0) if len(self.sizes) > 1 else self.sizes[0]

    def get_extra_info(self, _name: str) -> socket.socket:
        return socket.socket()

    def set_write_buffer_limits(self, **_limits: int) -> None:
        pass

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.aborted.set()


class ResetSocket:
    """A socket of a connection that its peer has reset already, as FreeBSD has it."""

    def setsockopt(self, *_words: int) -> None:
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


def test_a_connection_that_was_reset_at_once_joins_and_leaves_like_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    transport: Any = Transport(0)
    monkeypatch.setattr(transport, "get_extra_info", lambda _name: ResetSocket())
    session = Session()
    monkeypatch.setattr(session, "join", lambda _client: told.append("joined") or True)
    monkeypatch.setattr(session, "leave", lambda _client: told.append("left"))
    client = ConsoleClient(session, 1024, 1)
    client.connection_made(transport)
    client.connection_lost(ConnectionResetError())
    assert told == ["joined", "left"]


@pytest.mark.parametrize("ends", ["paused", "closed"])
def test_a_client_is_ended_only_when_it_takes_nothing(ends: str) -> None:
    async def body() -> None:
        transport: Any = Transport(9000, 5000, 5000, 100, 100, 7)
        client = ConsoleClient(Session(), 1024, 0.001)
        client.connection_made(transport)
        if ends == "paused":
            client.pause_writing()
        else:
            client.close()
        await transport.aborted.wait()
        assert transport.sizes == [7]
        assert transport.is_closed == (ends == "closed")

    asyncio.run(body())


def test_a_client_that_took_all_before_it_was_closed_is_not_watched_any_more() -> None:
    async def body() -> None:
        transport: Any = Transport(10)
        client = ConsoleClient(Session(), 1024, 0.001)
        client.connection_made(transport)
        client.close()
        client.connection_lost(None)
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert not transport.aborted.is_set()

    asyncio.run(body())
