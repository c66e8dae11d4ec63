"""The bridge over null modems, with clients that behave and clients that do not.

The null modems are FreeBSD's own where this machine has them, else a stand-in; the cases are the
same. No case depends on how fast the machine is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nmdm import answer_for_the_kernel
from null_modems import Guest, Host, free_ports

from freebsd_port.errors import PortError
from freebsd_port.host.core.console import MISSED, ConsolePolicy
from freebsd_port.host.ops.console_bridge import Bridge, BridgeSettings
from freebsd_port.host.store.console.device import QUEUE_BYTES
from freebsd_port.host.store.virsh import Virsh

Body = Callable[[Bridge], Awaitable[None]]
SMALL = ConsolePolicy(client_bytes=32 * 1024)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.close()


@pytest.fixture(autouse=True)
def _kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_for_the_kernel(monkeypatch)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody lose patience because this machine is busy."""
    monkeypatch.setattr("freebsd_port.host.store.console.control._SECONDS", 300.0)
    monkeypatch.setattr("freebsd_port.host.ops.console_bridge._STATUS_SECONDS", 300.0)


@pytest.fixture
def open_host() -> Iterator[Host]:
    """A host that another user may enter. Every pytest that starts closes the tmp_path of all."""
    with tempfile.TemporaryDirectory() as name:
        host = Host(Path(name) / "host")
        for directory in (host.root.parent, host.root):
            directory.chmod(0o711)
        yield host
        host.close()


def settings_of(host: Host, policy: ConsolePolicy = SMALL, **more: Any) -> BridgeSettings:
    from dataclasses import replace

    return BridgeSettings(
        instances=host.instances,
        socket=host.root / "bridge.sock",
        definitions=host.definitions,
        virsh=str(host.virsh),
        root=host.dev.parent,
        policy=replace(policy, first_port=1024, last_port=65535),
        **more,
    )


@contextlib.asynccontextmanager
async def running(
    host: Host, *, virsh_seconds: float = 600.0, **more: Any
) -> AsyncIterator[Bridge]:
    said: list[str] = []
    settings = settings_of(host, **more)
    virsh = Virsh(settings.virsh, settings.uri, seconds=virsh_seconds)
    bridge = Bridge(settings, virsh, said.append)
    bridge.said = said  # type: ignore[attr-defined]
    task = asyncio.create_task(bridge.run())
    try:
        await until(lambda: any("listening for" in line for line in said) or task.done())
        if task.done():
            await task
        yield bridge
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, PortError):
            await task


async def until(is_so: Callable[[], object]) -> None:
    """Wait for something that happens soon; the time limit is the whole test's."""
    while not is_so():
        await asyncio.sleep(0.005)


def consoles(bridge: Bridge) -> dict[str, dict[str, Any]]:
    found: Any = bridge.describe()["consoles"]
    return {console["guest"]: console for console in found}


def is_ready(bridge: Bridge, *guests: Guest) -> bool:
    shown = consoles(bridge)
    return all(
        guest.uuid in shown
        and shown[guest.uuid]["connected"]
        and (shown[guest.uuid]["listening"] or not guest.port)
        for guest in guests
    )


async def hook(bridge: Bridge, operation: str, guest: Guest, xml: bytes | None = None) -> None:
    """Call the bridge as libvirt's hook does; what it answers lets the guest go on."""
    body = guest.xml.encode() if xml is None else xml
    assert await bridge.handle(f"guest {operation} {guest.name}", body) == {"ok": True}


async def boot(bridge: Bridge, guest: Guest) -> None:
    """Boot a guest as libvirt does, with its hook."""
    await hook(bridge, "prepare", guest)
    guest.boot()
    await hook(bridge, "started", guest)
    await until(lambda: is_ready(bridge, guest))


async def connect(guest: Guest) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", guest.port)


async def meet(bridge: Bridge, guest: Guest) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as the only client of a guest that is ready."""
    await until(lambda: is_ready(bridge, guest))
    streams = await connect(guest)
    await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
    return streams


async def hears(guest: Guest, wanted: bytes) -> None:
    """Wait until this was typed to the guest, and nothing else."""
    typed = b""
    while typed != wanted:
        typed += guest.typed()
        await asyncio.sleep(0.005)


def test_a_guest_is_read_written_and_logged(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0], boots=False)

    async def body() -> None:
        async with running(host) as bridge:
            await boot(bridge, guest)
            reader, writer = await connect(guest)
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
            guest.print(b"login: \x00\xff\r\n")
            assert await reader.readexactly(11) == b"login: \x00\xff\r\n"
            writer.write(b"root\r\x03")
            await hears(guest, b"root\r\x03")
            assert guest.log.read_bytes() == b"login: \x00\xff\r\n"
            writer.close()

    asyncio.run(body())


def test_a_guests_log_begins_with_its_first_byte(host: Host) -> None:
    guest = Guest(host, "instance-00000001", None, boots=False)
    first = b"Consoles: userboot\r\n"

    async def body() -> None:
        async with running(host) as bridge:
            await hook(bridge, "prepare", guest)
            guest.boot()
            assert guest.print(first) == len(first)
            await hook(bridge, "started", guest)
            await until(lambda: guest.log.read_bytes() == first)
            console = consoles(bridge)[guest.uuid]
            assert (console["connected"], console["missed_start"]) == (True, None)

    asyncio.run(body())


def test_a_bridge_that_starts_after_a_guest_says_that_the_beginning_is_missing(host: Host) -> None:
    guest = Guest(host, "instance-00000001", None)
    guest.print(b"nobody reads this\r\n")

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            reason = "the bridge started after the guest"
            assert consoles(bridge)[guest.uuid]["missed_start"] == reason
            said: list[str] = bridge.said  # type: ignore[attr-defined]
            assert f"{guest.uuid}: its first output is missing, {reason}" in said
            guest.print(b"login: ")
            await until(lambda: guest.log.read_bytes() == MISSED + b"login: ")

    asyncio.run(body())


def test_a_guest_that_the_hook_did_not_announce_is_found_and_that_is_said(host: Host) -> None:
    async def body() -> None:
        async with running(host, look_seconds=0.05) as bridge:
            await until(lambda: any("list" in call for call in host.calls()))
            await bridge.handle("status", b"")
            guest = Guest(host, "instance-00000001", None)
            await until(lambda: is_ready(bridge, guest))
            reason = "libvirt's hook did not announce the guest"
            assert consoles(bridge)[guest.uuid]["missed_start"] == reason

    asyncio.run(body())


def test_a_hook_without_xml_is_answered_by_what_libvirt_keeps_of_the_guest(host: Host) -> None:
    guest = Guest(host, "instance-00000001", None, boots=False)
    text = "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.\n-->\n\n" + guest.xml
    (host.definitions / f"{guest.name}.xml").write_text(text)

    async def body() -> None:
        async with running(host) as bridge:
            await hook(bridge, "prepare", guest, b"")
            guest.boot()
            guest.print(b"first")
            await hook(bridge, "started", guest, b"")
            await until(lambda: guest.log.read_bytes() == b"first")
            assert not any("dumpxml" in call for call in host.calls()[:1])

    asyncio.run(body())


def test_a_hook_without_xml_of_a_guest_that_libvirt_did_not_keep_says_what_is_lost(
    host: Host,
) -> None:
    guest = Guest(host, "instance-00000001", None, boots=False)

    async def body() -> None:
        async with running(host) as bridge:
            await bridge.handle("status", b"")  # it has looked once
            await hook(bridge, "prepare", guest, b"")
            assert not consoles(bridge)
            said: list[str] = bridge.said  # type: ignore[attr-defined]
            assert said[-1] == (
                "instance-00000001: libvirt's hook gave no XML, and "
                f"{host.definitions}/instance-00000001.xml: no such file or directory; "
                "its first output will be missing"
            )
            guest.boot()
            await hook(bridge, "started", guest, b"")
            await until(lambda: is_ready(bridge, guest))
            assert "did not announce" in consoles(bridge)[guest.uuid]["missed_start"]

    asyncio.run(body())


@pytest.mark.parametrize("name", ["../escaped", "a/b", "a\0b"])
def test_a_name_of_the_hook_leads_to_no_other_file(host: Host, name: str) -> None:
    guest = Guest(host, "escaped", None, boots=False)
    (host.root / "escaped.xml").write_text(guest.xml)

    async def body() -> None:
        async with running(host) as bridge:
            assert await bridge.handle(f"guest prepare {name}", b"") == {"ok": True}
            assert not consoles(bridge)

    asyncio.run(body())


def test_a_guest_starts_even_if_its_console_cannot_be_opened_in_time(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = Guest(host, "instance-00000001", None, boots=False)
    monkeypatch.setattr("freebsd_port.host.ops.console_bridge._ANSWER_SECONDS", 0.01)

    async def body() -> None:
        async with running(host) as bridge:
            async with bridge._lock:
                await hook(bridge, "prepare", guest)
                assert not consoles(bridge)
            said: list[str] = bridge.said  # type: ignore[attr-defined]
            assert any("starts before its console is open" in line for line in said)
            await until(lambda: guest.uuid in consoles(bridge))
            reason = "opening the null modem took too long"
            assert consoles(bridge)[guest.uuid]["missed_start"] == reason

    asyncio.run(body())


def test_what_a_guest_printed_last_is_logged_and_shown(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0], boots=False)

    async def body() -> None:
        async with running(host) as bridge:
            await boot(bridge, guest)
            reader, _ = await connect(guest)
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
            assert guest.print(b"acpi0: powering off\r\n") == 21
            guest.die()
            await hook(bridge, "stopped", guest)
            await until(lambda: guest.uuid not in consoles(bridge))
            assert guest.log.read_bytes() == b"acpi0: powering off\r\n"
            assert await reader.read() == b"acpi0: powering off\r\n"

    asyncio.run(body())


def test_one_client_writes_the_others_read_and_the_next_takes_over(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            first, first_writer = await connect(guest)
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
            second, second_writer = await connect(guest)
            assert b"read only" in await second.readline()
            second_writer.write(b"not heard")
            first_writer.write(b"heard")
            await hears(guest, b"heard")
            guest.print(b"both\n")
            assert await first.readline() == await second.readline() == b"both\n"
            first_writer.close()
            assert await second.readline() == b"\r\n"
            assert b"you may write now" in await second.readline()
            second_writer.write(b"mine")
            await hears(guest, b"mine")
            second_writer.close()

    asyncio.run(body())


def test_more_clients_than_allowed_are_told_so_and_sent_away(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host, policy=ConsolePolicy(clients=1)) as bridge:
            await until(lambda: is_ready(bridge, guest))
            _, first = await connect(guest)
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
            reader, _ = await connect(guest)
            assert b"too many are connected" in await reader.read()
            assert consoles(bridge)[guest.uuid]["clients"] == 1
            first.close()

    asyncio.run(body())


def test_a_client_that_never_reads_costs_its_limit_and_delays_nobody(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            deaf = socket.create_connection(("127.0.0.1", guest.port or 0))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
            reader, writer = await connect(guest)
            await reader.readline()
            heard = asyncio.create_task(_count(reader))
            sent, most = 0, 0
            while sent < 24 * 1024 * 1024 and most < 64 * 1024:
                sent += guest.print(b"x" * 4096)
                most = max(most, int(consoles(bridge)[guest.uuid]["waiting_bytes"]))
                await asyncio.sleep(0)
            for _ in range(400):
                sent += guest.print(b"x" * 4096)
                most = max(most, int(consoles(bridge)[guest.uuid]["waiting_bytes"]))
                await asyncio.sleep(0)
            assert 64 * 1024 <= most <= 2 * (SMALL.client_bytes + 64 * 1024 + 16 * 1024)
            await until(lambda: was_read(consoles(bridge)[guest.uuid], sent))
            writer.close()
            deaf.close()
            heard.cancel()

    asyncio.run(body())


def test_a_client_that_takes_nothing_for_long_is_disconnected(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])
    policy = ConsolePolicy(client_bytes=4096, stall_seconds=0.05)

    async def body() -> None:
        async with running(host, policy=policy) as bridge:
            await until(lambda: is_ready(bridge, guest))
            deaf = socket.create_connection(("127.0.0.1", guest.port or 0))
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
            while consoles(bridge)[guest.uuid]["clients"]:
                guest.print(b"x" * 4096)
                await asyncio.sleep(0)
            deaf.close()

    asyncio.run(body())


def was_read(console: dict[str, Any], sent: int) -> bool:
    """Tell whether all was read but what the kernel lost, which is counted."""
    return bool(sent - console["overruns"] <= console["read_bytes"] <= sent)


async def _count(reader: asyncio.StreamReader) -> int:
    total = 0
    while data := await reader.read(65536):
        total += len(data)
    return total


def test_a_guest_that_never_reads_stops_its_writer_and_not_the_bridge(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
            reader, writer = await meet(bridge, guest)
            writer.transport.set_write_buffer_limits(high=1024)
            while writer.transport.get_write_buffer_size() < 1024 * 1024:
                writer.write(b"y" * 65536)
                await asyncio.sleep(0)
            guest.print(b"still here\n")
            assert await reader.readline() == b"still here\n"
            before = writer.transport.get_write_buffer_size()
            while writer.transport.get_write_buffer_size() == before:
                guest.typed()
                await asyncio.sleep(0.001)
            writer.transport.abort()

    asyncio.run(body())


def test_a_guest_that_dies_and_boots_again_keeps_its_clients_and_gets_nothing_old(
    host: Host,
) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
            reader, writer = await meet(bridge, guest)
            guest.die(libvirt_knows=False)
            await until(lambda: consoles(bridge)[guest.uuid]["connected"] is False)
            writer.write(b"into the void")
            assert await reader.readline() == b"\r\n"
            assert b"there is no guest, what you type is dropped" in await reader.readline()
            await hook(bridge, "prepare", guest)
            writer.write(b"too early")
            await until(lambda: consoles(bridge)[guest.uuid]["dropped_input_bytes"] == 22)
            guest.boot()
            await hook(bridge, "started", guest)
            await until(lambda: is_ready(bridge, guest))
            guest.print(b"again\n")
            assert await reader.readline() == b"again\n"
            writer.write(b"root\r")
            await hears(guest, b"root\r")
            writer.close()

    asyncio.run(body())


def test_what_a_dead_guest_had_not_taken_is_not_given_to_the_next(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
            reader, writer = await meet(bridge, guest)
            writer.write(b"y" * 20_000)
            await until(lambda: bridge._sessions[guest.uuid]._device._input)
            guest.die(libvirt_knows=False)
            await hook(bridge, "prepare", guest)
            assert await reader.readline() == b"\r\n"
            assert b"that you typed were dropped" in await reader.readline()
            guest.boot()
            await hook(bridge, "started", guest)
            await until(lambda: is_ready(bridge, guest))
            guest.print(b"login: ")
            assert await reader.readexactly(7) == b"login: "
            writer.write(b"root\r")
            await hears(guest, b"root\r")
            writer.close()

    asyncio.run(body())


def test_a_console_that_the_kernel_hung_up_is_opened_for_the_next_guest(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
            reader, writer = await meet(bridge, guest)
            sent = 0
            while sent < QUEUE_BYTES + 1:  # its queue is full, so the driver has yet to look
                sent += guest.print(b"x" * min(1024, QUEUE_BYTES + 1 - sent))
            guest.die(libvirt_knows=False)
            await until(lambda: consoles(bridge)[guest.uuid]["connected"] is False)
            await hook(bridge, "prepare", guest)
            guest.boot()
            assert guest.print(b"\nagain\n") == 7
            await hook(bridge, "started", guest)
            while await reader.readline() != b"again\n":
                pass
            writer.close()

    asyncio.run(body())


@pytest.mark.parametrize("way", ["killed", "stopped", "undefined"])
@pytest.mark.parametrize("kernel", ["shows", "does not show"])
def test_a_dead_guest_is_never_shown_as_connected(
    host: Host, way: str, kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kernel == "does not show":
        blind(monkeypatch)
    guest = Guest(host, "instance-00000001", None, boots=False)

    async def body() -> None:
        async with running(host) as bridge:
            await boot(bridge, guest)
            guest.die(libvirt_knows=False)
            if way != "killed":
                guest.be_forgotten()
            if way == "stopped":
                await hook(bridge, "stopped", guest)
            if way == "killed" and kernel == "does not show":
                guest.be_forgotten()  # libvirtd watches bhyve's process
            bridge._announced.clear()  # the time that a guest has to start is over
            await bridge.handle("status", b"")
            console = consoles(bridge).get(guest.uuid, {"connected": False})
            assert console["connected"] is False

    asyncio.run(body())


@pytest.mark.parametrize(
    ("kernel", "alive", "dead"), [("shows", True, False), ("does not show", None, None)]
)
def test_without_libvirt_a_console_is_not_called_connected_unless_it_is_seen_to_be(
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    kernel: str,
    alive: bool | None,
    dead: bool | None,
) -> None:
    if kernel == "does not show":
        blind(monkeypatch)
    guest = Guest(host, "instance-00000001", None)

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            (host.libvirt / "down").touch()
            answer: Any = await bridge.handle("status", b"")
            assert (answer["ok"], answer["consoles"][0]["connected"]) == (False, alive)
            guest.die()
            answer = await bridge.handle("status", b"")
            assert answer["consoles"][0]["connected"] is dead
            (host.libvirt / "down").unlink()
            answer = await bridge.handle("status", b"")
            assert (answer["ok"], answer["consoles"]) == (True, [])

    asyncio.run(body())


def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the kernel's table of terminals away."""
    module = "freebsd_port.host.store.console.device"
    monkeypatch.setattr(f"{module}.find_terminal", lambda _path: None)


def test_a_paste_reaches_a_guest_that_takes_sixteen_bytes_at_a_time(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])
    pasted = b"".join(b"%07d\n" % number for number in range(8192))

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            _, writer = await connect(guest)
            writer.write(pasted)
            taken = b""
            while len(taken) < len(pasted):
                taken += guest.typed(16)
                await asyncio.sleep(0)
            assert taken == pasted
            assert consoles(bridge)[guest.uuid]["dropped_input_bytes"] == 0
            writer.close()

    asyncio.run(body())


def test_a_paste_arrives_whole_where_the_kernel_does_not_show_the_guests_queue(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind(monkeypatch)
    guest = Guest(host, "instance-00000001", free_ports(1)[0])
    pasted = b"".join(b"%07d\n" % number for number in range(512))

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            _, writer = await connect(guest)
            writer.write(pasted)
            await hears(guest, pasted)
            writer.close()

    asyncio.run(body())


def test_a_guest_that_floods_loses_nothing_or_the_loss_is_shown(host: Host) -> None:
    flooding, *others = [Guest(host, f"instance-{n:08x}", None, boots=False) for n in range(21)]
    size = 1024 * 1024

    async def body() -> None:
        async with running(host) as bridge:
            for guest in (flooding, *others):
                await boot(bridge, guest)
            flood, sent = b"".join(b"%07d\n" % n for n in range(size // 8)), 0
            lines = [0] * len(others)
            while sent < size:
                sent += flooding.print(flood[sent : sent + 4096])
                for number, guest in enumerate(others):
                    if lines[number] < 100:
                        assert guest.print(b"%07d\n" % lines[number]) == 8
                        lines[number] += 1
                await asyncio.sleep(0)
            shown = consoles(bridge)
            for guest in others:
                printed = b"".join(b"%07d\n" % n for n in range(100))
                await until(lambda log=guest.log, all=printed: log.read_bytes() == all)
                assert shown[guest.uuid]["overruns"] == 0
            logs = ["console.log", "console.log.0", "console.log.1"]
            await until(lambda: consoles(bridge)[flooding.uuid]["read_bytes"] > size - 1000)
            paths = [flooding.log.with_name(name) for name in logs]
            await until(
                lambda: (
                    sum(path.stat().st_size for path in paths if path.exists())
                    + consoles(bridge)[flooding.uuid]["overruns"]
                    >= size
                )
            )

    asyncio.run(body())


def test_output_that_the_kernel_lost_is_counted(host: Host) -> None:
    guest = Guest(host, "instance-00000001", None, boots=False)

    async def body() -> None:
        async with running(host) as bridge:
            await boot(bridge, guest)
            taken = 0
            while taken < QUEUE_BYTES + 1000:  # the bridge does not get to read
                taken += guest.print(b"x" * 1000)
            await until(lambda: consoles(bridge)[guest.uuid]["read_bytes"] == taken - 1)
            assert consoles(bridge)[guest.uuid]["overruns"] == 1

    asyncio.run(body())


def test_a_guest_that_libvirt_no_longer_has_is_let_go_without_its_hook(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host, look_seconds=0.05) as bridge:
            await until(lambda: is_ready(bridge, guest))
            reader, _ = await connect(guest)
            guest.die()
            await until(lambda: guest.uuid not in consoles(bridge))
            assert await reader.read() == b""
            with pytest.raises(ConnectionRefusedError):
                await connect(guest)

    asyncio.run(body())


def test_a_new_port_after_a_reboot_is_noticed_without_the_hook(host: Host) -> None:
    old, new = free_ports(2)
    guest = Guest(host, "instance-00000001", old)

    async def body() -> None:
        async with running(host, look_seconds=0.05) as bridge:
            await until(lambda: is_ready(bridge, guest))
            guest.die()
            await until(lambda: guest.uuid not in consoles(bridge))
            guest.port = new
            guest.boot()
            await until(
                lambda: is_ready(bridge, guest) and consoles(bridge)[guest.uuid]["port"] == new
            )
            _, writer = await connect(guest)
            writer.close()

    asyncio.run(body())


def test_a_bridge_that_starts_again_finds_the_guests_that_run(host: Host) -> None:
    guests = [Guest(host, f"instance-{n}", port) for n, port in enumerate(free_ports(3))]

    async def body() -> None:
        for _ in range(2):
            async with running(host) as bridge:
                await until(lambda: is_ready(bridge, *guests))

    asyncio.run(body())


def ask(host: Host, request: bytes) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(host.root / "bridge.sock"))
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer: dict[str, Any] = json.loads(b"".join(iter(lambda: connection.recv(65536), b"")))
    return answer


def test_the_hook_announces_a_guest_before_libvirt_says_that_it_runs(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])
    xml = guest.xml.encode()
    (host.libvirt / f"{guest.uuid}.xml").unlink()

    async def body() -> None:
        async with running(host) as bridge:
            request = b"guest prepare instance-00000001\n" + xml
            assert await asyncio.to_thread(ask, host, request) == {"ok": True}
            assert consoles(bridge)[guest.uuid]["connected"] is False
            request = request.replace(b"prepare", b"started")
            assert await asyncio.to_thread(ask, host, request) == {"ok": True}
            await until(lambda: is_ready(bridge, guest))
            await bridge.reconcile()
            assert is_ready(bridge, guest)
            request = b"guest stopped instance-00000001\n"
            assert await asyncio.to_thread(ask, host, request) == {"ok": True}
            await until(lambda: not consoles(bridge))

    asyncio.run(body())


def test_a_hook_without_xml_makes_the_bridge_ask_libvirt(host: Host) -> None:
    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: any("list" in call for call in host.calls()))
            guest = Guest(host, "instance-00000001", free_ports(1)[0])
            await asyncio.to_thread(ask, host, b"guest started instance-00000001\n")
            await until(lambda: is_ready(bridge, guest))
            assert any(call.endswith("dumpxml --domain instance-00000001") for call in host.calls())

    asyncio.run(body())


def test_the_control_socket_takes_no_paths_and_no_ports(host: Host) -> None:
    async def body() -> None:
        async with running(host) as bridge:
            for request in (b"ADD /dev/ada0 22\n", b"guest start\n", b"\n", b"guest eat x\n"):
                answer = await asyncio.to_thread(ask, host, request)
                assert answer["ok"] is False
            xml = Guest(host, "evil", 22).xml.replace("nmdm", "ada").encode()
            await asyncio.to_thread(ask, host, b"guest start evil\n" + xml)
            await until(lambda: bridge.describe()["left_alone"])
            assert not consoles(bridge)

    asyncio.run(body())


def test_the_control_socket_is_for_its_owner_only(host: Host) -> None:
    async def body() -> None:
        async with running(host) as bridge:
            mode = stat.S_IMODE((host.root / "bridge.sock").stat().st_mode)
            assert mode == 0o600
            assert (await bridge.handle("status", b""))["ok"] is True
        assert not (host.root / "bridge.sock").exists()

    asyncio.run(body())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_refused_even_where_the_mode_lets_it_in(open_host: Host) -> None:
    host = open_host
    script = """
import os, socket, sys, time
os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
while not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
for _ in range(3):
    s.sendall(b"status\\n" * 1000)
s.shutdown(socket.SHUT_WR)
print(b"".join(iter(lambda: s.recv(9999), b"")).decode())
"""

    async def body() -> None:
        async with running(host) as bridge:
            path = host.root / "bridge.sock"
            path.chmod(0o666)
            refused = host.root / "refused"
            command = [sys.executable, "-c", script, str(path), str(refused)]
            client = asyncio.create_task(
                asyncio.to_thread(subprocess.check_output, command, text=True)
            )
            said: list[str] = bridge.said  # type: ignore[attr-defined]
            await until(lambda: "control: user 65534 was refused" in said or client.done())
            refused.touch()  # only now does the client write, and it must not be cut off
            assert json.loads(await client) == {"ok": False, "reason": "only root may ask"}

    asyncio.run(body())


def test_a_second_bridge_is_refused_and_a_dead_ones_socket_replaced(host: Host) -> None:
    async def body() -> None:
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(host.root / "bridge.sock"))
        async with running(host):
            command = Bridge(settings_of(host), Virsh(str(host.virsh), "x"), lambda _: None)
            with pytest.raises(PortError, match="runs already"):
                await _in_thread(command)

    asyncio.run(body())


async def _in_thread(bridge: Bridge) -> None:
    await asyncio.to_thread(lambda: asyncio.run(bridge.run()))


@pytest.mark.parametrize("trouble", ["down", "hangs"])
def test_a_libvirt_that_does_not_answer_closes_no_console(host: Host, trouble: str) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host, virsh_seconds=2.0) as bridge:
            await until(lambda: is_ready(bridge, guest))
            (host.libvirt / trouble).touch()
            while bridge.describe()["ok"]:
                await bridge.reconcile()
            assert is_ready(bridge, guest)
            (host.libvirt / trouble).unlink()
            while bridge.describe()["libvirt"] != "answers":
                await bridge.reconcile()
            assert is_ready(bridge, guest)

    asyncio.run(body())


def test_a_port_that_another_has_is_taken_when_it_is_free(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        with socket.create_server(("127.0.0.1", guest.port or 0)):
            async with running(host) as bridge:
                await until(lambda: consoles(bridge).get(guest.uuid, {}).get("connected"))
                assert not consoles(bridge)[guest.uuid]["listening"]
                said: list[str] = bridge.said  # type: ignore[attr-defined]
                await until(lambda: any("trying again" in line for line in said))
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))

    asyncio.run(body())


def test_a_guest_without_a_directory_of_nova_is_bridged_without_a_log(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])
    (host.instances / guest.uuid).rmdir()

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            assert consoles(bridge)[guest.uuid]["logged"] is False
        assert not (host.instances / guest.uuid).exists()

    asyncio.run(body())


def test_a_guest_whose_directory_was_made_anew_is_logged_in_the_new_one(host: Host) -> None:
    guest = Guest(host, "instance-00000001", None, boots=False)

    async def body() -> None:
        async with running(host) as bridge:
            await boot(bridge, guest)
            guest.print(b"before\n")
            await until(lambda: guest.log.read_bytes() == b"before\n")
            guest.die(libvirt_knows=False)
            guest.log.parent.rename(host.root / "resized")
            guest.log.parent.mkdir()
            await boot(bridge, guest)
            guest.print(b"after\n")
            await until(guest.log.exists)
            await until(lambda: guest.log.read_bytes() == b"after\n")
            assert (host.root / "resized/console.log").read_bytes() == b"before\n"

    asyncio.run(body())


def test_many_words_of_the_hook_at_once_leave_one_console_with_the_last_port(host: Host) -> None:
    ports = free_ports(6)
    guest = Guest(host, "instance-00000001", ports[0])
    others = [
        guest.xml.replace(f"service='{ports[0]}'", f"service='{port}'").encode() for port in ports
    ]

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            for xml in others * 3:
                await bridge.handle("guest start instance-00000001", xml)
            said: list[str] = bridge.said  # type: ignore[attr-defined]
            await until(lambda: sum("its console changed" in line for line in said) == 17)
            await bridge.reconcile()
            await until(lambda: is_ready(bridge, guest))
            assert consoles(bridge)[guest.uuid]["port"] == ports[-1]
            for port in ports[:-1]:
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(body())


class SlowGuests:
    """A libvirt whose answer was true when it was asked, and comes late."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.is_running = True
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def running(self) -> frozenset[str]:
        answer = frozenset({self.guest.uuid} if self.is_running else ())
        self.asked.set()
        await self.may_answer.wait()
        return answer

    async def describe(self, _guest: str) -> bytes:
        return self.guest.xml.encode()


def test_an_answer_from_before_a_guest_stopped_does_not_bring_it_back_for_long(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        slow = SlowGuests(guest)
        bridge = Bridge(settings_of(host), slow, lambda _: None)
        task = asyncio.create_task(bridge.run())
        await slow.asked.wait()
        slow.is_running = False
        await bridge.handle("guest stopped instance-00000001", b"")
        slow.may_answer.set()
        await until(lambda: guest.uuid in consoles(bridge))
        await until(lambda: guest.uuid not in consoles(bridge))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(body())


def test_clients_that_flood_and_vanish_leave_no_trace(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])
    policy = ConsolePolicy(clients=100)

    async def body() -> None:
        async with running(host, policy=policy) as bridge:
            await until(lambda: is_ready(bridge, guest))
            for number in range(60):
                _, writer = await connect(guest)
                writer.write(b"z" * 10_000)
                guest.print(b"x" * 1000)
                await asyncio.sleep(0)
                if number % 3:
                    writer.transport.abort()
                else:
                    writer.close()
            drained = asyncio.create_task(_drain(guest))
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 0)
            assert consoles(bridge)[guest.uuid]["waiting_bytes"] == 0
            reader, writer = await connect(guest)
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
            guest.print(b"still here\n")
            while b"still here" not in await reader.readline():
                pass
            writer.close()
            drained.cancel()

    asyncio.run(body())


async def _drain(guest: Guest) -> None:
    while True:
        guest.typed()
        await asyncio.sleep(0.001)


def test_two_hundred_guests_print_at_once_and_nothing_is_lost(host: Host) -> None:
    guests = [Guest(host, f"instance-{n:08x}", port) for n, port in enumerate(free_ports(200))]
    line = b"0123456789abcdef" * 4 + b"\n"

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, *guests))
            clients = [await connect(guest) for guest in guests]
            await until(lambda: all(c["clients"] == 1 for c in consoles(bridge).values()))
            for guest in guests:
                guest.log.write_bytes(b"")
            for number, guest in enumerate(guests):
                for _ in range(20):
                    assert guest.print(b"%05d " % number + line) == 6 + len(line)
            for number, (reader, writer) in enumerate(clients):
                expected = (b"%05d " % number + line) * 20
                assert await reader.readexactly(len(expected)) == expected
                assert guests[number].log.read_bytes() == expected
                writer.transport.abort()
            await until(lambda: all(c["clients"] == 0 for c in consoles(bridge).values()))

    asyncio.run(body())
