"""A context outlives its daemon: what is left of the channel closes, and the next one starts."""

import errno
import os
import socket
import sys

import pytest
from oslo_privsep import comm

PATCH = pytest.mark.patch("oslo.privsep/privsep-close-enotconn.patch")


class RefusingSocket:
    """A socket whose shutdown() raises."""

    def __init__(self, number):
        self.number = number

    def shutdown(self, how):
        raise OSError(self.number, os.strerror(self.number))


@pytest.fixture
def channel_of_a_daemon_that_ended():
    ours, theirs = socket.socketpair()
    with ours:
        channel = comm.ClientChannel(ours)
        theirs.close()
        channel.reader_thread.join(timeout=30)
        assert not channel.running
        yield channel


@PATCH
def test_a_channel_closes_whose_daemon_has_ended(channel_of_a_daemon_that_ended):
    channel_of_a_daemon_that_ended.close()


@PATCH
def test_each_call_after_a_daemon_was_killed_is_answered_by_a_new_one(run_daemon):
    if sys.platform == "linux" and os.geteuid() != 0:
        pytest.skip("on Linux only root can keep capabilities")
    run = run_daemon("helper", main="main_after_kills", require_capabilities=False)

    assert [answer.get("error") for answer in run.answers] == [None, None, None], run
    assert len({answer["pid"] for answer in run.answers}) == 3


@PATCH
@pytest.mark.parametrize("number", [errno.EBADF, errno.ENOBUFS])
def test_any_other_error_of_shutdown_is_raised(number):
    with pytest.raises(OSError, match=os.strerror(number)):
        comm.Serializer(RefusingSocket(number)).close()


@PATCH
@pytest.mark.on_freebsd
def test_the_peer_reads_an_end_of_file_after_the_last_message():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        writer = comm.Serializer(ours)
        writer.send("last words")
        writer.close()
        assert list(comm.Deserializer(theirs)) == ["last words"]
