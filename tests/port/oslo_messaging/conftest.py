"""A connection of the rabbit driver without a broker, on a real TCP socket that takes notes."""

import socket
from types import SimpleNamespace

import pytest


class NotingSocket(socket.socket):
    """A socket that keeps the options it was asked to set, and may refuse them with `error`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.options = []
        self.error = None

    def setsockopt(self, *option):
        self.options.append(option)
        if self.error is not None:
            raise self.error
        return super().setsockopt(*option)


@pytest.fixture
def noting_socket():
    """A NotingSocket connected over the loopback."""
    with socket.socket() as listener, NotingSocket() as sock:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        sock.connect(listener.getsockname())
        yield sock


@pytest.fixture
def set_timeout(noting_socket):
    """Function (seconds, heartbeat=0) that runs the driver's set_transport_socket_timeout.

    A heartbeat of 0 is one that is off, as the driver has it.
    """
    from oslo_messaging._drivers import impl_rabbit

    def run(seconds, heartbeat=0):
        connection = SimpleNamespace(
            channel=SimpleNamespace(connection=SimpleNamespace(sock=noting_socket)),
            connection_id="checks",
            heartbeat_timeout_threshold=heartbeat,
            _heartbeat_supported_and_enabled=lambda: heartbeat > 0,
        )
        impl_rabbit.Connection.set_transport_socket_timeout(connection, seconds)

    return run
