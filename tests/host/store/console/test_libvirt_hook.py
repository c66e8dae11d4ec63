"""libvirt's hook speaks to the control socket through the real nc, and never stops a guest."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from programs import needs

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.service import Tools
from freebsd_port.host.core.service_files import service_files
from freebsd_port.host.store.console.control import Answer, ControlSocket

Heard = list[tuple[str, bytes]]


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hook, and a control socket, that wait for as long as this busy machine takes."""
    monkeypatch.setattr("freebsd_port.host.store.console.control._SECONDS", 300.0)
    answers = Answers()
    console = replace(answers.console, socket=str(tmp_path / "bridge.sock"))
    files = service_files(replace(answers, console=console), Tools("/x", "/y", True))
    (found,) = [file for file in files if file.path.endswith("/hooks/bhyve")]
    path = tmp_path / "bhyve"
    assert b" -w 5 " in found.content
    path.write_bytes(found.content.replace(b" -w 5 ", b" -w 300 "))
    path.chmod(found.mode)
    return path


async def call(hook: Path, *words: str, xml: bytes = b"") -> None:
    process = await asyncio.create_subprocess_exec(
        str(hook), *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(xml)
    assert (process.returncode, out) == (0, b"")


def hear(tmp_path: Path, body: Callable[[], Awaitable[None]]) -> Heard:
    """Run the body with a control socket that listens; give what it heard."""
    heard: Heard = []

    async def handle(line: str, xml: bytes) -> Answer:
        heard.append((line, xml))
        return {"ok": True}

    async def main() -> None:
        control = ControlSocket(tmp_path / "bridge.sock", handle, lambda _: None)
        await control.open()
        await body()
        control.close()

    asyncio.run(main())
    return heard


@needs("nc")
def test_each_operation_of_a_guest_reaches_the_bridge_with_the_xml(
    hook: Path, tmp_path: Path
) -> None:
    xml = b"<domain>" + b"x" * 300_000 + b"</domain>\n"

    async def body() -> None:
        for operation in ("prepare", "start", "started"):
            await call(hook, "instance-00000001", operation, "begin", "-", xml=xml)
        for operation in ("stopped", "release"):
            await call(hook, "instance-00000001", operation, "end", "-")

    assert hear(tmp_path, body) == [
        *((f"guest {word} instance-00000001", xml) for word in ("prepare", "start", "started")),
        *((f"guest {word} instance-00000001", b"") for word in ("stopped", "release")),
    ]


@needs("nc")
def test_a_guests_name_cannot_become_a_request_of_its_own(hook: Path, tmp_path: Path) -> None:
    async def body() -> None:
        await call(hook, "a\nguest stopped b", "start", "begin", "-")
        await call(hook, "a", "start\nstatus", "begin", "-")
        await call(hook, "a", "reconnect", "begin", "-")
        await call(hook, "with a blank and %s", "start", "begin", "-")

    assert hear(tmp_path, body) == [("guest start with a blank and %s", b"")]


def test_a_guest_starts_without_a_bridge(hook: Path) -> None:
    words = [str(hook), "instance-00000001", "start", "begin", "-"]
    done = subprocess.run(words, input=b"<domain/>", capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@needs("nc")
def test_libvirt_waits_until_the_bridge_has_answered(hook: Path, tmp_path: Path) -> None:
    async def main() -> None:
        heard, may_answer = asyncio.Event(), asyncio.Event()

        async def handle(_line: str, _xml: bytes) -> Answer:
            heard.set()
            await may_answer.wait()
            return {"ok": True}

        control = ControlSocket(tmp_path / "bridge.sock", handle, lambda _: None)
        await control.open()
        calling = asyncio.create_task(call(hook, "instance-00000001", "prepare", "begin", "-"))
        await heard.wait()
        await asyncio.wait({calling}, timeout=0.3)
        assert not calling.done()
        may_answer.set()
        await calling
        control.close()

    asyncio.run(main())
