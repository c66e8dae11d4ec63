"""The bridge over real pty pairs, with clients that behave and clients that do not."""

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
from null_modems import Guest, Host, free_ports

from freebsd_port.errors import PortError
from freebsd_port.host.core.console import ConsolePolicy
from freebsd_port.host.ops.console_bridge import Bridge, BridgeSettings
from freebsd_port.host.store.virsh import Virsh

Body = Callable[[Bridge], Awaitable[None]]
SMALL = ConsolePolicy(client_bytes=32 * 1024)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody lose patience because this machine is busy."""
    monkeypatch.setattr("freebsd_port.host.store.console.control._SECONDS", 300.0)


@pytest.fixture
def open_host() -> Iterator[Host]:
    """A host that another user may enter. Every pytest that starts closes the tmp_path of all."""
    with tempfile.TemporaryDirectory() as name:
        host = Host(Path(name) / "host")
        for directory in (host.root.parent, host.root):
            directory.chmod(0o711)
        yield host


def settings_of(host: Host, policy: ConsolePolicy = SMALL, **more: Any) -> BridgeSettings:
    from dataclasses import replace

    return BridgeSettings(
        instances=host.instances,
        socket=host.root / "bridge.sock",
        virsh=str(host.virsh),
        root=host.root,
        policy=replace(policy, first_port=1024, last_port=65535),
        **more,
    )


@contextlib.asynccontextmanager
async def running(host: Host, *, virsh_seconds: float = 60.0, **more: Any) -> AsyncIterator[Bridge]:
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


def is_ready(bridge: Bridge, guest: Guest) -> bool:
    console = consoles(bridge).get(guest.uuid)
    return bool(console and console["connected"] and (console["listening"] or not guest.port))


async def connect(guest: Guest) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", guest.port)


async def hears(guest: Guest, wanted: bytes) -> None:
    """Wait until this was typed to the guest, and nothing else."""
    typed = b""
    while typed != wanted:
        typed += guest.typed()
        await asyncio.sleep(0.005)


def test_a_guest_is_read_written_and_logged(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            reader, writer = await connect(guest)
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
            guest.print(b"login: \x00\xff\r\n")
            assert await reader.readexactly(11) == b"login: \x00\xff\r\n"
            writer.write(b"root\r\x03")
            await hears(guest, b"root\r\x03")
            assert guest.log.read_bytes() == b"login: \x00\xff\r\n"
            writer.close()

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
            await until(lambda: consoles(bridge)[guest.uuid]["read_bytes"] == sent)
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


async def _count(reader: asyncio.StreamReader) -> int:
    total = 0
    while data := await reader.read(65536):
        total += len(data)
    return total


def test_a_guest_that_never_reads_stops_its_writer_and_not_the_bridge(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            reader, writer = await connect(guest)
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
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


def test_a_guest_that_dies_and_boots_again_keeps_its_clients(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            reader, writer = await connect(guest)
            await until(lambda: consoles(bridge)[guest.uuid]["clients"] == 1)
            guest.die(libvirt_knows=False)
            await until(lambda: not consoles(bridge)[guest.uuid]["connected"])
            writer.write(b"into the void")
            guest.boot()
            await until(lambda: is_ready(bridge, guest))
            guest.print(b"again\n")
            assert await reader.readline() == b"again\n"
            writer.close()

    asyncio.run(body())


def test_a_guest_that_libvirt_no_longer_has_is_let_go_without_its_hook(host: Host) -> None:
    guest = Guest(host, "instance-00000001", free_ports(1)[0])

    async def body() -> None:
        async with running(host) as bridge:
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
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            guest.die()
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
                await until(lambda: all(is_ready(bridge, guest) for guest in guests))

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
    guest = Guest(host, "instance-00000001", None)

    async def body() -> None:
        async with running(host) as bridge:
            await until(lambda: is_ready(bridge, guest))
            guest.print(b"before\n")
            await until(lambda: guest.log.read_bytes() == b"before\n")
            guest.die(libvirt_knows=False)
            await until(lambda: not consoles(bridge)[guest.uuid]["connected"])
            guest.log.parent.rename(host.root / "resized")
            guest.log.parent.mkdir()
            guest.boot()
            await until(lambda: is_ready(bridge, guest))
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
                writer.write(b"z" * 100_000)
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
            await until(lambda: all(is_ready(bridge, guest) for guest in guests))
            clients = [await connect(guest) for guest in guests]
            await until(lambda: all(c["clients"] == 1 for c in consoles(bridge).values()))
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
