"""Sockets: option numbers of IPPROTO_TCP, AF_UNIX names, what shutdown answers there."""

import _socket
import errno
import os
import socket
import weakref
from select import POLLHUP, poll  # before anyone replaces them
from typing import Any, Dict

from .profile import Profile

Linux = _socket.socket
IPPROTO_TCP, AF_UNIX, SOCK_DGRAM = socket.IPPROTO_TCP, socket.AF_UNIX, socket.SOCK_DGRAM
SOL_SOCKET, SO_ACCEPTCONN = socket.SOL_SOCKET, socket.SO_ACCEPTCONN


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class TcpOptions:
    """FreeBSD's option numbers in front of Linux's.

    An option that FreeBSD has and Linux lacks is kept here and never handed to the kernel.
    """

    def __init__(self, profile: Profile) -> None:
        self._linux = {
            number: getattr(socket, name, None) for name, number in profile.tcp_options.items()
        }
        self._kept: Any = weakref.WeakKeyDictionary()

    def set(self, sock: Any, number: int, *value: Any) -> None:
        """Set option number of FreeBSD; OSError(ENOPROTOOPT) for one it does not know."""
        linux = self._require(number)
        if linux is not None:
            Linux.setsockopt(sock, IPPROTO_TCP, linux, *value)
        else:
            self._kept.setdefault(sock, {})[number] = value[0]

    def get(self, sock: Any, number: int, *size: int) -> Any:
        """Read option number of FreeBSD; what was never set reads as 0."""
        linux = self._require(number)
        if linux is not None:
            return Linux.getsockopt(sock, IPPROTO_TCP, linux, *size)
        return self._kept.get(sock, {}).get(number, 0)

    def _require(self, number: int) -> Any:
        if number not in self._linux:
            raise _error(errno.ENOPROTOOPT)
        return self._linux[number]


def _methods(profile: Profile) -> Dict[str, Any]:
    options = TcpOptions(profile)

    def check(sock: Any, address: Any) -> None:
        if sock.family != AF_UNIX or not isinstance(address, (str, bytes, bytearray)):
            return
        path = os.fsencode(address) if isinstance(address, str) else bytes(address)
        if len(path) >= profile.unix_path_bytes:
            raise OSError("AF_UNIX path too long")
        if path.startswith(b"\0"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    def setsockopt(self: Any, level: int, number: int, *value: Any) -> None:
        if level == IPPROTO_TCP:
            return options.set(self, number, *value)
        return Linux.setsockopt(self, level, number, *value)

    def getsockopt(self: Any, level: int, number: int, *size: int) -> Any:
        if level == IPPROTO_TCP:
            return options.get(self, number, *size)
        return Linux.getsockopt(self, level, number, *size)

    def bind(self: Any, address: Any) -> None:
        check(self, address)
        Linux.bind(self, address)

    def connect(self: Any, address: Any) -> None:
        check(self, address)
        Linux.connect(self, address)

    def connect_ex(self: Any, address: Any) -> int:
        try:
            check(self, address)
        except FileNotFoundError:
            return errno.ENOENT
        return Linux.connect_ex(self, address)

    def sendto(self: Any, data: Any, *rest: Any) -> int:
        check(self, rest[-1])
        return Linux.sendto(self, data, *rest)

    def is_listening_unix(sock: Any) -> bool:
        return sock.family == AF_UNIX and bool(Linux.getsockopt(sock, SOL_SOCKET, SO_ACCEPTCONN))

    def has_no_peer_left(sock: Any) -> bool:
        if sock.family != AF_UNIX or sock.type == SOCK_DGRAM or sock.fileno() < 0:
            return False
        waiting = poll()
        waiting.register(sock.fileno(), 0)
        return any(event & POLLHUP for _, event in waiting.poll(0))

    def shutdown(self: Any, how: int) -> None:
        if has_no_peer_left(self):  # soisdisconnected() came from the peer
            raise _error(errno.ENOTCONN)
        Linux.shutdown(self, how)
        if is_listening_unix(self):  # accept was woken all the same
            raise _error(errno.ENOTCONN)

    def _accept(self: Any) -> Any:
        try:
            return Linux._accept(self)  # type: ignore[attr-defined]
        except OSError as error:
            if error.errno == errno.EINVAL and self.fileno() >= 0 and is_listening_unix(self):
                raise _error(errno.ECONNABORTED) from None
            raise

    methods = (setsockopt, getsockopt, bind, connect, connect_ex, sendto, shutdown, _accept)
    return {method.__name__: method for method in methods}


def install(profile: Profile) -> None:
    """Give socket.socket, and every class that a copy of the module derives, FreeBSD's ways."""
    methods = _methods(profile)
    for name, method in methods.items():
        setattr(socket.socket, name, method)
    derived = type("socket", (Linux,), dict(methods, __slots__=()))
    for module in (_socket, socket):
        for name, number in profile.tcp_options.items():
            if hasattr(module, name):
                setattr(module, name, number)
    _socket.socket = _socket.SocketType = derived  # type: ignore
    socket.SocketType = derived  # type: ignore
