"""A call goes through the rabbit driver and a real RabbitMQ and comes back.

The broker is FREEBSD_PORT_AMQP_URL (amqp://user:password@host:port/), by default guest on
this machine; where that default does not answer the checks are skipped.
"""

import os
import socket
import uuid

import kombu
import oslo_messaging
import pytest
from oslo_config import cfg
from oslo_messaging._drivers import impl_rabbit

pytestmark = [
    pytest.mark.patch("oslo.messaging/messaging-oserror-errno.patch"),
    pytest.mark.patch("oslo.messaging/messaging-user-timeout-platform.patch"),
]

ADDRESS = "FREEBSD_PORT_AMQP_URL"
DEFAULT = "amqp://guest:guest@127.0.0.1:5672/"
HEARTBEAT = 60
OPTIONS = {"heartbeat_timeout_threshold": HEARTBEAT, "amqp_auto_delete": True}


class Endpoint:
    def reverse(self, context, text):
        return text[::-1]


@pytest.fixture(scope="module")
def broker():
    """Address of a broker that answers, for kombu."""
    url = os.environ.get(ADDRESS, DEFAULT)
    try:
        with kombu.Connection(url, connect_timeout=10) as connection:
            connection.connect()
    except OSError as error:
        if ADDRESS in os.environ:
            raise
        pytest.skip("no RabbitMQ answers at {} ({}); set {}".format(DEFAULT, error, ADDRESS))
    return url


@pytest.fixture
def conf():
    cfg.CONF([], project="checks")  # the library reads some options of the global one only
    yield cfg.CONF
    cfg.CONF.reset()


@pytest.fixture
def transport(broker, conf):
    transport = oslo_messaging.get_rpc_transport(conf, url=broker.replace("amqp", "rabbit", 1))
    for name, value in OPTIONS.items():
        conf.set_override(name, value, "oslo_messaging_rabbit")
    yield transport
    transport.cleanup()
    for name in OPTIONS:
        conf.clear_override(name, "oslo_messaging_rabbit")


@pytest.fixture
def timeouts(monkeypatch):
    """Every (option, value, socket timeout) that the driver set on a connection's socket."""
    seen = []
    set_timeout = impl_rabbit.Connection.set_transport_socket_timeout
    setsockopt = socket.socket.setsockopt

    def run(connection, timeout=None):
        def note(sock, level, option, *value):
            seen.append((level, option, *value, sock.gettimeout()))
            return setsockopt(sock, level, option, *value)

        with monkeypatch.context() as patched:
            patched.setattr(socket.socket, "setsockopt", note)
            set_timeout(connection, timeout)

    monkeypatch.setattr(impl_rabbit.Connection, "set_transport_socket_timeout", run)
    return seen


def call(conf, transport):
    """Call a server of our own over the broker; its answer."""
    topic = "freebsd-port-checks-" + uuid.uuid4().hex
    server = oslo_messaging.get_rpc_server(
        transport,
        oslo_messaging.Target(topic=topic, server="checks"),
        [Endpoint()],
        executor="threading",
    )
    server.start()
    try:
        get_client = getattr(oslo_messaging, "get_rpc_client", None) or oslo_messaging.RPCClient
        client = get_client(transport, oslo_messaging.Target(topic=topic), timeout=30)
        return client.call({}, "reverse", text="daemon")
    finally:
        server.stop()
        server.wait()


@pytest.mark.on_freebsd
def test_a_call_is_answered_with_freebsds_timeout_on_the_socket(conf, transport, timeouts):
    assert call(conf, transport) == "nomead"
    assert (socket.IPPROTO_TCP, 68, HEARTBEAT, HEARTBEAT) in timeouts
    assert {option for _, option, _, _ in timeouts} == {68}


@pytest.mark.on_linux
def test_a_call_is_answered_with_linuxs_timeout_on_the_socket(conf, transport, timeouts):
    assert call(conf, transport) == "nomead"
    assert (socket.IPPROTO_TCP, 18, HEARTBEAT * 1000, HEARTBEAT) in timeouts
    assert {option for _, option, _, _ in timeouts} == {18}
