"""Sockets: option numbers of IPPROTO_TCP, AF_UNIX names, what shutdown answers there."""

import _socket
import errno
import os
import socket
import struct
import weakref
from select import POLLHUP, poll  # before anyone replaces them
from typing import Any, Dict, Optional, Tuple

from .profile import Profile

Linux = _socket.socket
IPPROTO_TCP, AF_UNIX = socket.IPPROTO_TCP, socket.AF_UNIX
SOCK_DGRAM, SOCK_RAW = socket.SOCK_DGRAM, socket.SOCK_RAW
SOL_SOCKET, SO_ACCEPTCONN = socket.SOL_SOCKET, socket.SO_ACCEPTCONN


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


# What these options read as once they are set: a bit of the kernel's own. Source: recordings.
READ_AS = {"TCP_NODELAY": 4, "TCP_NOPUSH": 4096}

# Linux's sock_diag(7), which tells whether a peer has only shut its directions or is closed.
AF_NETLINK, NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST = 16, 4, 20, 1
UDIAG_SHOW_PEER, UNIX_DIAG_PEER, ANY = 4, 2, 0xFFFFFFFF
HEADER = struct.Struct("=IHHII")
ATTRIBUTE = struct.Struct("=HH")


def _peer_inode(sock: Any) -> Optional[int]:
    """Linux's number of the peer of a Unix socket, 0 if that is closed; None if nobody tells."""
    inode = os.fstat(sock.fileno()).st_ino
    wanted = struct.pack("=BBH5I", AF_UNIX, 0, 0, ANY, inode, UDIAG_SHOW_PEER, ANY, ANY)
    try:
        netlink = Linux(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)
        try:
            size = HEADER.size + len(wanted)
            header = HEADER.pack(size, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0)
            Linux.send(netlink, header + wanted)
            answer = Linux.recv(netlink, 4096)
        finally:
            netlink.close()
    except OSError:
        return None
    length, kind = HEADER.unpack_from(answer)[:2]
    if kind != SOCK_DIAG_BY_FAMILY:
        return None
    place = HEADER.size + 16  # behind struct unix_diag_msg
    while place < length:
        size, kind = ATTRIBUTE.unpack_from(answer, place)
        if kind == UNIX_DIAG_PEER:
            return int(struct.unpack_from("=I", answer, place + ATTRIBUTE.size)[0])
        place += max(size + 3 & ~3, ATTRIBUTE.size)
    return 0


class TcpOptions:
    """FreeBSD's option numbers in front of Linux's.

    An option that FreeBSD has and Linux lacks is kept here and never handed to the kernel.
    """

    def __init__(self, profile: Profile) -> None:
        self._linux = {
            number: getattr(socket, name, None) for name, number in profile.tcp_options.items()
        }
        self._read_as = {profile.tcp_options[name]: bit for name, bit in READ_AS.items()}
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
            value = Linux.getsockopt(sock, IPPROTO_TCP, linux, *size)
        else:
            value = self._kept.get(sock, {}).get(number, 0)
        return self._read_as.get(number, value) if value and not size else value

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
        if not any(event & POLLHUP for _, event in waiting.poll(0)):
            return False
        return not _peer_inode(sock)  # a peer that only shut both directions is there

    def shutdown(self: Any, how: int) -> None:
        if has_no_peer_left(self):  # soisdisconnected() came from the peer
            raise _error(errno.ENOTCONN)
        Linux.shutdown(self, how)
        if is_listening_unix(self):  # accept was woken all the same
            raise _error(errno.ENOTCONN)

    def getpeername(self: Any) -> Any:
        if has_no_peer_left(self):
            raise _error(errno.ENOTCONN)
        return Linux.getpeername(self)

    def or_end(call: Any, end: Any) -> Any:
        """Linux resets a stream whose peer closed with data unread; FreeBSD ends it."""

        def read(self: Any, *args: Any) -> Any:
            try:
                return call(self, *args)
            except ConnectionResetError:
                if self.family == AF_UNIX:
                    return end
                raise

        read.__name__ = call.__name__
        return read

    def _accept(self: Any) -> Any:
        try:
            return Linux._accept(self)  # type: ignore[attr-defined]
        except OSError as error:
            if error.errno == errno.EINVAL and self.fileno() >= 0 and is_listening_unix(self):
                raise _error(errno.ECONNABORTED) from None
            raise

    ends: Tuple[Tuple[Any, Any], ...] = (
        (Linux.recv, b""),
        (Linux.recv_into, 0),
        (Linux.recvmsg, (b"", [], 0, None)),
    )
    methods = (
        *(setsockopt, getsockopt, bind, connect, connect_ex, sendto, shutdown, getpeername),
        *(_accept, *(or_end(call, end) for call, end in ends)),
    )
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
