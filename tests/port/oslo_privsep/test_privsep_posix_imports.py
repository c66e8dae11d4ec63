"""The privsep daemon finds fcntl, grp and pwd wherever Python has them."""

import fcntl
import grp
import os
import pwd
import socket

import pytest
from oslo_privsep import daemon

PATCH = pytest.mark.patch("oslo.privsep/privsep-posix-imports.patch")


def mark_a_socket_close_on_exec():
    with socket.socket(socket.AF_UNIX) as sock:
        sock.set_inheritable(True)
        daemon.set_cloexec(sock)
        return not sock.get_inheritable()


def require_an_unknown_user_and_group():
    with pytest.raises(KeyError):
        daemon.setuid("no-such-user")
    with pytest.raises(KeyError):
        daemon.setgid("no-such-group")


@PATCH
@pytest.mark.on_freebsd
def test_the_three_modules_are_bound():
    assert (daemon.fcntl, daemon.grp, daemon.pwd) == (fcntl, grp, pwd)


@PATCH
@pytest.mark.on_freebsd
def test_a_socket_becomes_close_on_exec():
    assert mark_a_socket_close_on_exec()


@PATCH
@pytest.mark.on_freebsd
def test_users_and_groups_are_looked_up_by_name():
    require_an_unknown_user_and_group()
    daemon.setgid(grp.getgrgid(os.getgid()).gr_name)
    daemon.setuid(pwd.getpwuid(os.getuid()).pw_name)


@PATCH
@pytest.mark.on_linux
def test_linux_imports_what_it_imported():
    assert (daemon.fcntl, daemon.grp, daemon.pwd) == (fcntl, grp, pwd)
    assert mark_a_socket_close_on_exec()
    require_an_unknown_user_and_group()
