"""Who is at the other end of a Unix socket, as the kernel knows it."""

from __future__ import annotations

import socket
import struct
import sys

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
