from __future__ import annotations

import pytest
from null_modems import domain_xml

from freebsd_port.host.core.console import (
    Console,
    ConsolePolicy,
    Refusal,
    bytes_to_type,
    choose_writer,
    find_refusal,
    parse_console,
)

GUEST = "0f3a1c5e-7a34-4d0e-9c0b-2f6d8f5a9e11"
POLICY = ConsolePolicy(address="10.0.0.2", first_port=10000, last_port=10009)


def console(address: str, port: int) -> Console:
    return Console(GUEST, "instance-00000001", f"/dev/nmdm{GUEST}B", address, port)


def refused(xml: str) -> str:
    found = parse_console(xml.encode())
    assert isinstance(found, Refusal)
    return found.reason


def test_a_console_is_the_slave_of_the_null_modem_and_the_port_behind_it() -> None:
    found = parse_console(domain_xml("instance-00000001", GUEST, 10001, "10.0.0.2").encode())
    assert found == console("10.0.0.2", 10001)


def test_the_port_is_in_the_metadata_whatever_libvirt_makes_of_serial_devices() -> None:
    port = (
        "<metadata><serial:port xmlns:serial='http://openstack.org/xmlns/libvirt/nova/serial/1.0'"
        " host='10.0.0.2' service='10001'/></metadata>"
    )
    xml = domain_xml("instance-00000001", GUEST, None).replace("<devices>", port + "<devices>")
    assert parse_console(xml.encode()) == console("10.0.0.2", 10001)
    wrong = xml.replace("service='10001'", "service='-1'")
    assert refused(wrong) == "its port '-1' is not one to listen at"


def test_a_guest_without_the_serial_proxy_has_a_console_without_a_port() -> None:
    found = parse_console(domain_xml("instance-00000001", GUEST, None).encode())
    assert isinstance(found, Console)
    assert (found.address, found.port) == (None, None)
    assert find_refusal(found, POLICY) is None


def test_a_port_that_bhyve_serves_itself_is_left_alone_without_harm() -> None:
    xml = domain_xml("a", GUEST, 10001)
    start = xml.index("<serial type='nmdm'>")
    without = xml[:start] + xml[xml.index("<serial type='tcp'>") :]
    found = parse_console(without.encode())
    assert isinstance(found, Refusal)
    assert found.is_harmless
    assert found.reason == "its console is of type tcp, served by bhyve"


@pytest.mark.parametrize(
    "device",
    ["/dev/ada0", "/dev/nmdm../../etc/passwdB", "/dev/nmdm0A", "/tmp/nmdm0B", "/dev/nmdm0B/x", ""],
)
def test_no_device_is_opened_but_the_far_end_of_a_null_modem(device: str) -> None:
    xml = domain_xml("a", GUEST, 10001).replace(f"slave='/dev/nmdm{GUEST}B'", f"slave='{device}'")
    assert refused(xml) == f"its console is {device!r}, only /dev/nmdm…B is opened"


def test_a_uuid_that_would_be_another_directory_is_refused() -> None:
    assert refused(domain_xml("a", "../../etc", 10001)) == "its UUID is '../../etc'"


def test_what_is_not_xml_is_refused() -> None:
    assert "its XML cannot be read" in refused("<domain>")


@pytest.mark.parametrize(
    ("address", "port", "reason"),
    [
        ("0.0.0.0", 10001, "it wants address 0.0.0.0, allowed is 10.0.0.2"),
        ("", 10001, "it wants address , allowed is 10.0.0.2"),
        ("10.0.0.2", 22, "it wants port 22, allowed are 10000 to 10009"),
        ("10.0.0.2", 10010, "it wants port 10010, allowed are 10000 to 10009"),
    ],
)
def test_only_the_configured_address_and_ports_are_listened_at(
    address: str, port: int, reason: str
) -> None:
    refusal = find_refusal(console(address, port), POLICY)
    assert refusal is not None
    assert refusal.reason == reason
    assert find_refusal(console("10.0.0.2", 10009), POLICY) is None


def test_the_first_client_writes_until_it_leaves_then_the_next() -> None:
    assert choose_writer([1], None, POLICY) == 1
    assert choose_writer([1, 2], 1, POLICY) == 1
    assert choose_writer([2, 3], 1, POLICY) == 2
    assert choose_writer([], 2, POLICY) is None


def test_the_last_client_writes_where_the_operator_wants_that() -> None:
    policy = ConsolePolicy(writer="last")
    assert choose_writer([1, 2], 1, policy) == 2
    assert choose_writer([1], 2, policy) == 1


class Queue:
    """A guest's queue, of 1920 bytes as bhyve leaves it; nmdm(4) loses a byte when it fills."""

    size = 1920

    def __init__(self) -> None:
        self.waiting = 0
        self.behind = 0
        self.lost = 0
        self.is_blocked = False

    def move(self) -> None:
        if self.is_blocked and self.waiting > self.size // 10:
            return
        moved = min(self.behind, self.size - self.waiting)
        self.is_blocked = moved < self.behind
        self.waiting += moved
        self.lost += self.is_blocked
        self.behind -= moved + self.is_blocked

    def take(self, size: int) -> int:
        taken = min(size, self.waiting)
        self.waiting -= taken
        self.move()
        return taken


def lost_of_a_paste(size: int, *, sees_queue: bool, every_ms: int, pause_ms: int = 0) -> int:
    """Paste to a guest that takes 16 bytes a millisecond, but none at first; count what is lost."""
    queue, left, taken, now = Queue(), size, 0, 0
    while taken + queue.lost < size:
        if now % every_ms == 0:
            typed = min(left, bytes_to_type(queue.size - queue.waiting if sees_queue else None))
            queue.behind += typed
            left -= typed
            queue.move()
        if now >= pause_ms:
            taken += queue.take(16)
        now += 1
    return queue.lost


def test_a_paste_that_is_not_paced_loses_a_byte_at_each_fill() -> None:
    queue, taken = Queue(), 0
    queue.behind = 30_000
    queue.move()
    while taken + queue.lost < 30_000:
        taken += queue.take(16)
    assert 15 <= queue.lost <= 18


@pytest.mark.parametrize("size", [1, 1919, 30_000, 64 * 1024, 200_000])
@pytest.mark.parametrize("pause_ms", [0, 10_000])
def test_a_paste_to_a_guest_whose_queue_is_seen_loses_nothing(size: int, pause_ms: int) -> None:
    assert lost_of_a_paste(size, sees_queue=True, every_ms=10, pause_ms=pause_ms) == 0


@pytest.mark.parametrize("size", [30_000, 64 * 1024, 200_000])
def test_a_paste_to_a_guest_that_reads_on_loses_nothing_even_unseen(size: int) -> None:
    assert lost_of_a_paste(size, sees_queue=False, every_ms=50, pause_ms=300) == 0


@pytest.mark.parametrize("room", [0, 1, 255, 256])
def test_nothing_is_typed_to_a_queue_that_is_nearly_full(room: int) -> None:
    assert bytes_to_type(room) == 0
