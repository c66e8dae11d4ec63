"""The daemon's listener closes, and its accepting thread ends, whatever shutdown() answers."""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest
from oslo_rootwrap import client, jsonrpc

PATCH = pytest.mark.patch("oslo.rootwrap/rootwrap-listener-enotconn.patch")

DAEMON = "import sys; from oslo_rootwrap import cmd; sys.argv = {!r}; cmd.daemon()"


@pytest.fixture
def listener(tmp_path):
    listener = jsonrpc.JsonListener(str(tmp_path / "socket"))
    yield listener
    listener._socket.close()


class Accepting(threading.Thread):
    """A thread in accept(), as the daemon has one; `error` is what ended it."""

    def __init__(self, listener):
        super().__init__(daemon=True)
        self.listener = listener
        self.accepted = threading.Event()
        self.error = None
        self.start()

    def run(self):
        try:
            while True:
                self.listener.accept().close()
                self.accepted.set()
        except (EOFError, OSError) as error:
            self.error = error

    def is_accepting(self):
        """Whether the thread took a connection, and so has been in accept()."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(self.listener.address)
            return self.accepted.wait(timeout=60)


class RefusingSocket:
    """A socket of which some calls raise."""

    def __init__(self, **errors):
        self.errors = errors
        self.calls = []

    def _call(self, name):
        self.calls.append(name)
        if name in self.errors:
            number = self.errors[name]
            raise OSError(number, os.strerror(number))

    def accept(self):
        self._call("accept")

    def shutdown(self, how):
        self._call("shutdown")

    def close(self):
        self._call("close")


@pytest.fixture
def start_daemon(config_file):
    """Function () -> a running oslo-rootwrap-daemon; what is left of it is killed at the end."""
    started = []

    def start():
        code = DAEMON.format(["oslo-rootwrap-daemon", config_file])
        environment = dict(os.environ)
        paths = [environment.get("PYTHONPATH", ""), *filter(None, sys.path)]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        daemon = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(daemon)
        return daemon

    yield start
    for daemon in started:
        daemon.kill()
        daemon.communicate()


def stop_after_a_command(daemon):
    """Run echo through the daemon, stop it, and return its status and its socket's path."""
    path = daemon.stdout.readline()[:-1].decode()
    manager = client.ClientManager(path, daemon.stdout.read(32))
    manager.connect()
    assert manager.rootwrap().run_one_command(["echo", "served"]) == [0, "served\n", ""]
    daemon.send_signal(signal.SIGTERM)
    return daemon.wait(timeout=60), path


@PATCH
@pytest.mark.on_freebsd
def test_close_ends_the_thread_in_accept_with_an_end_of_file(listener):
    accepting = Accepting(listener)
    assert accepting.is_accepting()
    listener.close()
    accepting.join(timeout=60)

    assert not accepting.is_alive()
    assert isinstance(accepting.error, EOFError)
    assert listener.closed
    assert listener._socket.fileno() == -1


@PATCH
@pytest.mark.on_freebsd
def test_a_second_close_does_nothing(listener):
    listener.close()
    listener._socket = RefusingSocket()
    listener.close()
    assert listener._socket.calls == []


@PATCH
@pytest.mark.on_freebsd
def test_any_other_error_of_shutdown_is_raised_after_the_socket_was_closed(listener):
    listener._socket.close()
    listener._socket = RefusingSocket(shutdown=errno.ENOBUFS)
    with pytest.raises(OSError, match=os.strerror(errno.ENOBUFS)):
        listener.close()
    assert listener._socket.calls == ["shutdown", "close"]


@PATCH
@pytest.mark.on_freebsd
def test_accept_does_not_wait_again_after_the_abort_that_close_caused(listener):
    class Aborting(RefusingSocket):
        def shutdown(self, how):
            with pytest.raises(EOFError):  # the other thread, while shutdown() still runs
                listener.accept()
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))

    listener._socket.close()
    listener._socket = Aborting(accept=errno.ECONNABORTED)
    listener.close()
    assert listener._socket.calls == ["accept", "close"]


@PATCH
@pytest.mark.parametrize("number", [errno.ECONNABORTED, errno.EMFILE])
def test_an_aborted_connection_is_no_end_of_an_open_listener(listener, number):
    listener._socket.close()
    listener._socket = RefusingSocket(accept=number)
    with pytest.raises(OSError, match=os.strerror(number)):
        listener.accept()


@PATCH
def test_another_error_of_accept_is_raised_from_a_closed_listener_too(listener):
    listener.close()
    listener._socket = RefusingSocket(accept=errno.EMFILE)
    with pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
        listener.accept()


@PATCH
@pytest.mark.on_freebsd
def test_the_daemon_stops_cleanly(start_daemon):
    status, path = stop_after_a_command(start_daemon())
    assert status == 0
    assert not os.path.exists(os.path.dirname(path))


@PATCH
@pytest.mark.on_linux
def test_linux_ends_the_thread_in_accept_and_closes_the_socket(listener):
    accepting = Accepting(listener)
    assert accepting.is_accepting()
    listener.close()
    accepting.join(timeout=60)

    assert isinstance(accepting.error, EOFError)
    assert listener.closed
    assert listener._socket.fileno() == -1


@PATCH
@pytest.mark.on_linux
def test_the_daemon_stops_cleanly_on_linux(start_daemon):
    status, path = stop_after_a_command(start_daemon())
    assert status == 0
    assert not os.path.exists(os.path.dirname(path))
