from __future__ import annotations

import errno
import os
import socket
import struct
from typing import cast

import pytest

from freebsd_port.host.store.console.control import _XUCRED, find_peer_uid, parse_xucred


def test_the_peer_of_a_socket_is_known_to_the_kernel() -> None:
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        assert find_peer_uid(here) == os.geteuid()


def test_freebsds_structure_gives_the_user_behind_its_version() -> None:
    raw = struct.pack("@IIh16IP", 0, 1001, 2, 1001, 0, *[0] * 14, 4711)
    assert len(raw) == _XUCRED.size == 88
    assert parse_xucred(raw) == 1001


class FreeBSDsSocket:
    """Answers what FreeBSD's kernel does to LOCAL_PEERCRED, and nothing else."""

    def getsockopt(self, level: int, option: int, size: int) -> bytes:
        if (level, option, size) != (0, 1, 88):
            raise OSError(errno.ENOPROTOOPT, "protocol not available")
        return struct.pack("@IIh16IP", 0, 1001, 1, 1001, *[0] * 15, 4711)


def test_freebsds_kernel_is_asked_by_local_peercred(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = cast(socket.socket, FreeBSDsSocket())
    monkeypatch.setattr("freebsd_port.host.store.console.control.sys.platform", "freebsd14")
    assert find_peer_uid(connection) == 1001


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="only Linux has SO_PEERCRED")
def test_linux_asks_in_its_own_way() -> None:
    assert find_peer_uid(cast(socket.socket, FreeBSDsSocket())) is None


def test_another_version_of_the_structure_tells_nothing() -> None:
    assert parse_xucred(struct.pack("@IIh16IP", 1, 0, 0, *[0] * 16, 0)) is None
    assert parse_xucred(b"") is None
