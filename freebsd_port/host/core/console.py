"""The serial console of a guest as its domain XML describes it, and the queue of what to send.

The process that joins it to the network is `store.console.session`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

WRITERS = ("first", "last")
MISSED = b"[console bridge: opened after the guest had started, its first output is missing]\r\n"
NO_GUEST = b"\r\n[console bridge: there is no guest, what you type is dropped]\r\n"
_PORT = "{http://openstack.org/xmlns/libvirt/nova/serial/1.0}port"
_DEVICE = re.compile(r"/dev/nmdm[0-9A-Za-z_-]+B")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class ConsolePolicy:
    """What the operator allows, and how much of it."""

    address: str = "127.0.0.1"
    """The one address to listen at; nova's [serial_console]proxyclient_address."""

    first_port: int = 10000
    last_port: int = 19999
    """Inclusive. Nova's port_range leaves its last number out, as range() does."""

    clients: int = 8
    """How many may be connected to one guest."""

    writer: str = "first"
    """Who of several may write: the `first`, or the `last` that came."""

    client_bytes: int = 256 * 1024
    """What is kept for a client that reads too slowly; more is left out of its view."""

    stall_seconds: float = 60.0
    """A client that takes nothing for so long is disconnected."""

    log_bytes: int = 2 * 1024 * 1024
    log_files: int = 3
    """When console.log is rotated, and how many older ones are kept, as virtlogd has it."""


@dataclass(frozen=True, slots=True)
class Console:
    """A null modem of a guest that runs, and the port that nova gave it."""

    uuid: str
    name: str
    device: str
    """/dev/nmdm…B: the end that the guest does not have."""

    address: str | None
    port: int | None
    """None where the serial proxy is off: then the console is only written to the log."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a guest's console is left alone."""

    guest: str
    """UUID, else name, else `?`."""

    reason: str
    is_harmless: bool = False
    """True where there is nothing to do, rather than something wrong."""


def parse_console(xml: bytes) -> Console | Refusal:
    """Read a domain as libvirt formats it.

    Nova gives the guest a null modem and puts the port into the metadata; an older series made the
    port a second serial device. Where bhyve serves the port itself there is no null modem.
    """
    try:
        domain = ET.fromstring(xml)  # noqa: S314 - libvirt's own, from its socket or its hook
    except ET.ParseError as error:
        return Refusal("?", f"its XML cannot be read: {error}")
    name = (domain.findtext("name") or "").strip()
    uuid = (domain.findtext("uuid") or "").strip().lower()
    if not _UUID.fullmatch(uuid):
        return Refusal(name or "?", f"its UUID is {uuid!r}")
    serials = domain.findall("./devices/serial")
    if not serials:
        return Refusal(uuid, "it has no serial device", is_harmless=True)
    if serials[0].get("type") != "nmdm":
        kind = serials[0].get("type")
        return Refusal(uuid, f"its console is of type {kind}, served by bhyve", is_harmless=True)
    port = domain.find(f"./metadata/{_PORT}")
    return _joined(uuid, name, serials, port)


def _joined(
    uuid: str, name: str, serials: list[ET.Element], port: ET.Element | None
) -> Console | Refusal:
    source = serials[0].find("source")
    device = (source.get("slave") or "") if source is not None else ""
    if not _DEVICE.fullmatch(device):
        return Refusal(uuid, f"its console is {device!r}, only /dev/nmdm…B is opened")
    found = next((serial for serial in serials[1:] if serial.get("type") == "tcp"), None)
    listener = port if port is not None or found is None else found.find("source")
    if listener is None:
        return Console(uuid, name, device, None, None)
    service = listener.get("service") or ""
    if listener.get("mode", "bind") != "bind" or not re.fullmatch(r"[0-9]{1,5}", service):
        return Refusal(uuid, f"its port {service!r} is not one to listen at")
    return Console(uuid, name, device, listener.get("host") or "", int(service))


def find_refusal(console: Console, policy: ConsolePolicy) -> Refusal | None:
    """Say what the policy has against a console; None if nothing."""
    if console.port is None:
        return None
    if console.address != policy.address:
        return Refusal(
            console.uuid, f"it wants address {console.address}, allowed is {policy.address}"
        )
    if not policy.first_port <= console.port <= policy.last_port:
        allowed = f"{policy.first_port} to {policy.last_port}"
        return Refusal(console.uuid, f"it wants port {console.port}, allowed are {allowed}")
    return None


def choose_writer(clients: list[int], current: int | None, policy: ConsolePolicy) -> int | None:
    """Give the client that may write, of the connected ones in the order in which they came."""
    if not clients:
        return None
    if policy.writer == "last":
        return clients[-1]
    return current if current in clients else clients[0]


_BLIND_BYTES = 256
"""What a guest whose queue is not seen gets at once; at 20 times a second it loses nothing as long
as it takes 5 KiB a second and pauses for no more than 0.3 seconds."""

_SPARE_BYTES = 256
"""What is left free of a queue. FreeBSD counts a block of 128 bytes as used until all is read."""


def bytes_to_type(room: int | None) -> int:
    """Say how many bytes may be typed now to a guest whose queue has so much room left.

    None if the room is not known. nmdm(4) loses a byte each time that the queue fills.
    """
    return _BLIND_BYTES if room is None else max(0, room - _SPARE_BYTES)


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


def dropped_notice(size: int) -> bytes:
    """Tell a client that the guest did not take what it typed."""
    return b"\r\n[console bridge: %d bytes that you typed were dropped]\r\n" % size


def _notice(skipped: int) -> bytes:
    return b"\r\n[console bridge: %d bytes left out, see the console log]\r\n" % skipped
