"""The rabbit driver reads the errno of a socket option that was refused."""

import errno
import os

import pytest

PATCH = pytest.mark.patch("oslo.messaging/messaging-oserror-errno.patch")


def refusal(number):
    return OSError(number, os.strerror(number))


@PATCH
@pytest.mark.on_freebsd
def test_an_option_that_the_system_does_not_know_is_tolerated(set_timeout, noting_socket):
    noting_socket.error = refusal(errno.ENOPROTOOPT)
    set_timeout(60)
    assert len(noting_socket.options) == 1
    assert noting_socket.gettimeout() == 60


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize("number", [errno.EBADF, errno.EINVAL])
def test_another_error_is_raised_as_it_is(set_timeout, noting_socket, number):
    noting_socket.error = refusal(number)
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        set_timeout(60)
    assert caught.value is noting_socket.error


@PATCH
@pytest.mark.on_linux
def test_linux_accepts_the_option(set_timeout, noting_socket):
    set_timeout(60)
    assert len(noting_socket.options) == 1
    assert noting_socket.gettimeout() == 60
