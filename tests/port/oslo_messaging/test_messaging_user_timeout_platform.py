"""The rabbit driver bounds unacknowledged data with the option, and in the unit, of its system."""

import socket
import sys

import pytest

PATCH = pytest.mark.patch("oslo.messaging/messaging-user-timeout-platform.patch")

TCP = socket.IPPROTO_TCP
TCP_USER_TIMEOUT = 18
TCP_MAXUNACKTIME = 68


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("seconds", "value"), [(60, 60), (None, 0), (0, 0), (0.25, 1), (1.0, 1), (29.001, 30)]
)
def test_freebsd_gets_its_own_option_in_whole_seconds_rounded_up(
    set_timeout, noting_socket, seconds, value
):
    set_timeout(seconds)
    assert noting_socket.options == [(TCP, TCP_MAXUNACKTIME, value)]
    assert noting_socket.gettimeout() == seconds


@PATCH
@pytest.mark.on_freebsd
def test_freebsd_gets_the_heartbeat_when_it_is_shorter(set_timeout, noting_socket):
    set_timeout(300, heartbeat=60)
    set_timeout(None, heartbeat=60)
    assert noting_socket.options == [(TCP, TCP_MAXUNACKTIME, 60)] * 2


@PATCH
@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("seconds", "value"), [(60, 60000), (None, 0), (0, 0), (0.25, 250), (1.0, 1000), (0.0001, 1)]
)
def test_linux_gets_its_option_in_milliseconds(set_timeout, noting_socket, seconds, value):
    set_timeout(seconds)
    assert noting_socket.options == [(TCP, TCP_USER_TIMEOUT, value)]
    assert noting_socket.getsockopt(TCP, TCP_USER_TIMEOUT) == value
    assert noting_socket.gettimeout() == seconds


@PATCH
@pytest.mark.on_linux
def test_linux_gets_the_heartbeat_when_it_is_shorter(set_timeout, noting_socket):
    set_timeout(300, heartbeat=60)
    assert noting_socket.options == [(6, 18, 60000)]


@PATCH
@pytest.mark.on_linux
@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_systems_without_such_an_option_get_none(set_timeout, noting_socket, monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    set_timeout(60)
    assert noting_socket.options == []
    assert noting_socket.gettimeout() == 60
