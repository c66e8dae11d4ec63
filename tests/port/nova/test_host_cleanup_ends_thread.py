"""Checks of nova/host-cleanup-ends-thread.patch: nova-compute can stop."""

import threading

import pytest

pytestmark = pytest.mark.patch("nova/host-cleanup-ends-thread.patch")

SECONDS = 5


@pytest.fixture
def thread(bhyve_host):
    """The thread of the host for closed connections; ended after the check in any case."""

    def leave():
        raise SystemExit  # no Exception, so the thread does not survive it

    thread = threading.Thread(target=bhyve_host._conn_event_thread, daemon=True)
    thread.start()
    yield thread
    bhyve_host._conn_event_handler_queue.put(leave)
    thread.join(SECONDS)


@pytest.mark.on_freebsd
def test_the_thread_for_closed_connections_ends_with_the_host(bhyve_host, thread):
    bhyve_host.cleanup()
    thread.join(SECONDS)
    assert not thread.is_alive()


@pytest.mark.on_freebsd
def test_events_that_came_before_the_end_are_dispatched(bhyve_host, thread):
    seen = []
    bhyve_host._conn_event_handler_queue.put(lambda: seen.append("closed"))
    bhyve_host.cleanup()
    thread.join(SECONDS)
    assert (seen, thread.is_alive()) == (["closed"], False)


@pytest.mark.on_freebsd
def test_a_host_that_starts_again_dispatches_again(bhyve_host, thread):
    bhyve_host.cleanup()
    thread.join(SECONDS)
    seen = threading.Event()
    again = threading.Thread(target=bhyve_host._conn_event_thread, daemon=True)
    again.start()
    bhyve_host._conn_event_handler_queue.put(seen.set)
    bhyve_host.cleanup()
    again.join(SECONDS)
    assert (seen.is_set(), again.is_alive()) == (True, False)


@pytest.mark.on_linux
def test_until_then_the_thread_survives_an_event_that_fails(bhyve_host, thread):
    seen = threading.Event()
    bhyve_host._conn_event_handler_queue.put(lambda: 1 // 0)
    bhyve_host._conn_event_handler_queue.put(seen.set)
    assert seen.wait(SECONDS)
    assert thread.is_alive()
