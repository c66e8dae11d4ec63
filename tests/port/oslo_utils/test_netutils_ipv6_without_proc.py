"""Whether the platform has IPv6, with and without /proc/sys."""

import socket

import pytest
from oslo_utils import netutils

pytestmark = pytest.mark.patch("oslo.utils/netutils-ipv6-without-proc.patch")


@pytest.fixture
def ask(monkeypatch):
    """A function that asks again, with a kernel that gives or refuses IPv6 sockets."""

    def ask(kernel_has_it, python_has_it=True):
        class Socket:
            def __init__(self, family, kind):
                assert (family, kind) == (socket.AF_INET6, socket.SOCK_DGRAM)
                opened.append(self)
                if not kernel_has_it:
                    raise OSError(46, "Protocol family not supported")

            def close(self):
                closed.append(self)

        opened, closed = [], []
        monkeypatch.setattr(netutils, "_IS_IPV6_ENABLED", None)
        monkeypatch.setattr(netutils.socket, "socket", Socket)
        monkeypatch.setattr(netutils.socket, "has_ipv6", python_has_it)
        answer = netutils.is_ipv6_enabled()
        assert closed == (opened if kernel_has_it else [])
        return answer, len(opened)

    return ask


@pytest.mark.on_freebsd
def test_the_kernel_is_asked_where_proc_has_no_answer(ask):
    assert ask(kernel_has_it=True) == (True, 1)
    assert ask(kernel_has_it=False) == (False, 1)
    assert ask(kernel_has_it=True, python_has_it=False) == (False, 0)


@pytest.mark.on_linux
def test_only_the_file_counts_where_proc_is(ask, monkeypatch):
    path = "/proc/sys/net/ipv6/conf/default/disable_ipv6"
    real = netutils.os.path.exists
    monkeypatch.setattr(netutils.os.path, "exists", lambda one: one != path and real(one))
    assert ask(kernel_has_it=True) == (False, 0)
    monkeypatch.setattr(netutils.os.path, "exists", real)
    if real(path):
        with open(path) as file:
            enabled = file.read().strip() == "0"
        assert ask(kernel_has_it=not enabled) == (enabled, 0)
