"""Run the console bridge of a host, or ask the one that runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from freebsd_port.core.host.answers import Answers
from freebsd_port.errors import PortError
from freebsd_port.ops.host.bridge import Bridge, BridgeSettings
from freebsd_port.store.console_control import Answer, find_answer
from freebsd_port.store.virsh import Virsh


def bridge_settings(answers: Answers) -> BridgeSettings:
    """Give what the operator's answers mean for the bridge."""
    return BridgeSettings(
        instances=Path(answers.nova.instances),
        socket=Path(answers.console.socket),
        uri=answers.libvirt.uri,
        virsh=answers.libvirt.virsh,
        look_seconds=answers.console.look_seconds,
        policy=answers.console.policy,
    )


def run_bridge(settings: BridgeSettings, tell: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(_serve(settings, tell))


async def _serve(settings: BridgeSettings, tell: Callable[[str], None]) -> None:
    os.umask(0o027)
    _raise_open_files()
    loop = asyncio.get_running_loop()
    bridge = Bridge(settings, Virsh(settings.virsh, settings.uri), tell)
    task = loop.create_task(bridge.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
    tell("ended")


def _raise_open_files() -> None:
    """Take as many descriptors as are allowed; a guest needs four, and one for each client."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def ask_bridge(settings: BridgeSettings) -> Answer:
    """Ask the running bridge for its state. Raises PortError where there is none to be had."""
    answer = find_answer(settings.socket)
    if answer is None or "consoles" not in answer:
        reason = f": {answer.get('reason')}" if answer else ""
        raise PortError(
            f"no console bridge answers{reason}",
            where=str(settings.socket),
            hint="service nova_consolebridge start; only root may ask it",
        )
    return answer
