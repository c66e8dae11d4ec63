"""Domain events: queued by the driver, delivered by libvirt's event loop."""

import itertools
import queue

from .constants import CONSTANTS

LIFECYCLE = CONSTANTS["VIR_DOMAIN_EVENT_ID_LIFECYCLE"]


class EventLoop:
    """What virEventRegisterDefaultImpl sets up and virEventRunDefaultImpl turns once."""

    def __init__(self, wait_seconds=1.0):
        self.wait_seconds = wait_seconds
        self.pending = queue.Queue()

    def run_once(self):
        """Deliver what is pending, after waiting a while for something to be."""
        try:
            deliver = self.pending.get(timeout=self.wait_seconds)
        except queue.Empty:
            return
        deliver()


class Subscriptions:
    """The callbacks of a connection, by the number that registering one gave."""

    def __init__(self, loop):
        self.loop = loop
        self.numbers = itertools.count()
        self.callbacks = {}

    def add(self, domain, event, callback, opaque):
        number = next(self.numbers)
        self.callbacks[number] = (domain, event, callback, opaque)
        return number

    def remove(self, number):
        del self.callbacks[number]

    def send(self, connection, domain, event, detail):
        """Queue a lifecycle event of this domain for every callback that asked for it."""
        for number, (wanted, kind, callback, opaque) in sorted(self.callbacks.items()):
            if kind == LIFECYCLE and wanted in (None, domain):
                self.loop.pending.put(
                    self._delivery(number, callback, (connection, domain, event, detail, opaque))
                )

    def _delivery(self, number, callback, arguments):
        def deliver():
            if number in self.callbacks:
                callback(*arguments)

        return deliver
