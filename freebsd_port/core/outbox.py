"""What waits to be sent to one client: never more than its limit, whatever the guest prints."""

from __future__ import annotations


class Outbox:
    """Bytes in order. What does not fit is left out, and the reader is told how much.

    Nothing is left out in the middle of what is kept: once something did not fit, all is left
    out until half of the space is free again.
    """

    __slots__ = ("_bytes", "_is_full", "_limit", "_skipped")

    def __init__(self, limit: int) -> None:
        self._bytes = bytearray()
        self._limit = limit
        self._skipped = 0
        self._is_full = False

    def __len__(self) -> int:
        return len(self._bytes)

    def put(self, data: bytes) -> None:
        """Take what fits."""
        room = 0 if self._is_full else self._limit - len(self._bytes)
        self._bytes += data[:room]
        self._skipped += max(0, len(data) - room)
        self._is_full = self._skipped > 0

    def take(self, size: int) -> bytes:
        """Give the next bytes, at most `size`; empty when none wait."""
        taken = bytes(self._bytes[:size])
        del self._bytes[:size]
        if self._is_full and len(self._bytes) <= self._limit // 2:
            self._bytes += _notice(self._skipped)
            self._skipped = 0
            self._is_full = False
        return taken


def _notice(skipped: int) -> bytes:
    return b"\r\n[console bridge: %d bytes left out, see the console log]\r\n" % skipped
