"""A daemon that is gone is an end of file to its client, also where it looks like a reset."""

import socket
import threading

import pytest
from oslo_privsep import comm

PATCH = pytest.mark.patch("oslo.privsep/privsep-reset-is-eof.patch")


class ResetSocket:
    """A socket whose peer ended with our data unread, as Linux tells it."""

    def recv(self, size):
        raise ConnectionResetError


@PATCH
@pytest.mark.on_freebsd
def test_a_reset_ends_the_messages():
    assert list(comm.Deserializer(ResetSocket())) == []


@PATCH
@pytest.mark.on_freebsd
def test_a_caller_hears_that_the_daemon_ended_without_reading_its_call():
    ours, theirs = socket.socketpair()
    channel = comm.ClientChannel(ours)
    heard = []

    def call():
        try:
            channel.send_recv(("call",))
        except OSError as error:
            heard.append(error)

    caller = threading.Thread(target=call, daemon=True)
    caller.start()
    theirs.recv(1, socket.MSG_PEEK)  # the call is there, and stays unread
    theirs.close()
    caller.join(timeout=30)

    assert len(heard) == 1
    ours.close()


@PATCH
@pytest.mark.on_freebsd
def test_a_daemon_is_done_when_its_client_ended_without_reading_everything():
    ours, theirs = socket.socketpair()
    with ours:
        channel = comm.ServerChannel(ours)
        channel.send((None, ["a message of the log"]))
        theirs.close()
        assert list(channel) == []


@PATCH
@pytest.mark.on_linux
def test_linux_ends_the_messages_where_the_stream_ends():
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            comm.Serializer(theirs).send((None, ["last words"]))
        assert list(comm.Deserializer(ours)) == [(None, ("last words",))]
