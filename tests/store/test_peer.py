from __future__ import annotations

import os
import socket
import struct

from freebsd_port.store.peer import _XUCRED, find_peer_uid, parse_xucred


def test_the_peer_of_a_socket_is_known_to_the_kernel() -> None:
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        assert find_peer_uid(here) == os.geteuid()


def test_freebsds_structure_gives_the_user_behind_its_version() -> None:
    raw = struct.pack("@IIh16IP", 0, 1001, 2, 1001, 0, *[0] * 14, 4711)
    assert len(raw) == _XUCRED.size == 88
    assert parse_xucred(raw) == 1001


def test_another_version_of_the_structure_tells_nothing() -> None:
    assert parse_xucred(struct.pack("@IIh16IP", 1, 0, 0, *[0] * 16, 0)) is None
    assert parse_xucred(b"") is None
