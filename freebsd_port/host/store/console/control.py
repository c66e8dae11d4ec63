"""The control socket: one request a connection, from root or the bridge's own user only.

A request is a line, `guest OPERATION NAME`, with the domain's XML behind it if libvirt gave one,
or `status`. The answer is a line of JSON. The kernel says who the peer is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from freebsd_port.errors import PortError, system_words

_UCRED = struct.Struct("3i")
"""Linux: struct ucred, pid, uid, gid. Source: unix(7)."""

_XUCRED = struct.Struct("@IIh16IP")
"""FreeBSD: struct xucred, version, uid, number of groups, groups, and a union of a pointer and,
from 13 on, a process ID. Source: sys/ucred.h, unix(4)."""

_XUCRED_VERSION = 0
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1


def find_peer_uid(connection: socket.socket) -> int | None:
    """Give the effective user ID of the peer when it connected; None if it cannot be told."""
    try:
        if sys.platform == "linux":
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
            return int(_UCRED.unpack(raw)[1])
        raw = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED.size)
    except OSError:
        return None
    return parse_xucred(raw)


def parse_xucred(raw: bytes) -> int | None:
    """Read the user ID out of FreeBSD's structure; None if its version is another one."""
    if len(raw) < 8:
        return None
    version, uid = struct.unpack_from("@II", raw)
    return int(uid) if version == _XUCRED_VERSION else None


_LONGEST = 1024 * 1024
_SECONDS = 10.0
_LONGEST_PATH = 103
"""What a socket's path may have on FreeBSD; Linux takes four bytes more."""

Answer = dict[str, object]
Handler = Callable[[str, bytes], Awaitable[Answer]]
"""Takes the line and what follows it."""


class ControlSocket:
    """Listens at a path that only its owner may open."""

    def __init__(self, path: Path, handle: Handler, tell: Callable[[str], None]) -> None:
        self._path = path
        self._handle = handle
        self._tell = tell
        self._server: asyncio.Server | None = None
        self._allowed = {0, os.geteuid()}

    async def open(self) -> None:
        """Begin to listen. A socket that a killed bridge left is replaced, a live one is not."""
        listener = _bind(self._path)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=_LONGEST)

    def close(self) -> None:
        """End, and take the socket away."""
        if self._server:
            self._server.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await asyncio.wait_for(self._answer(reader, writer), _SECONDS)
            await asyncio.wait_for(_send(writer, answer), _SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_hear_out(reader), _SECONDS)
        except (TimeoutError, OSError, ValueError) as error:
            self._tell(f"control: a request was dropped: {error or 'it took too long'}")
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Answer:
        uid = find_peer_uid(_raw(writer))
        if uid not in self._allowed:
            self._tell(f"control: user {uid} was refused")
            return {"ok": False, "reason": "only root may ask"}
        line = (await reader.readline()).decode("utf-8", "replace").strip()
        body = b""
        if line.startswith("guest "):
            while chunk := await reader.read(_LONGEST):
                body += chunk
                if len(body) > _LONGEST:
                    return {"ok": False, "reason": "the request is too long"}
        return await self._handle(line, body)


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()
    writer.write_eof()


async def _hear_out(reader: asyncio.StreamReader) -> None:
    """Drop what still comes until the peer is done, or has sent more than a request may have.

    A socket that is closed while bytes wait in it takes the answer away from its peer, who gets
    EPIPE or ECONNRESET instead.
    """
    heard = 0
    while heard <= _LONGEST and (chunk := await reader.read(_LONGEST)):
        heard += len(chunk)


def _raw(writer: asyncio.StreamWriter) -> socket.socket:
    """Give a socket that may be asked for its options; the transport's own is a wrapper."""
    found: socket.socket = writer.get_extra_info("socket")
    return found


def _bind(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise PortError(
            f"a socket's path may have {_LONGEST_PATH} bytes",
            where=str(path),
            hint="name a shorter one, [console] socket in host.toml",
        )
    if path.is_socket():
        if find_answer(path) is not None:
            raise PortError(
                "a console bridge runs already",
                where=str(path),
                hint="freebsd-port host console-bridge --status",
            )
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise PortError(
            f"cannot make the control socket: {system_words(error)}",
            where=str(path),
            hint="the bridge runs as root: service nova_consolebridge start",
        ) from error
    finally:
        os.umask(mask)
    return listener


def find_answer(path: Path, request: str = "status", body: bytes = b"") -> Answer | None:
    """Ask a running bridge; None where none answers."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_SECONDS)
    with connection:
        try:
            connection.connect(str(path))
            connection.sendall(request.encode() + b"\n" + body)
            connection.shutdown(socket.SHUT_WR)
            raw = b""
            while chunk := connection.recv(_LONGEST):
                raw += chunk
            answer: Answer = json.loads(raw)
        except (OSError, ValueError):
            return None
    return answer
