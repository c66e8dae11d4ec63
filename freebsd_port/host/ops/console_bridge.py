"""Run the console bridge: its open consoles follow the guests that run; or ask the running one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from freebsd_port.errors import PortError, system_words
from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.console import (
    Console,
    ConsolePolicy,
    Refusal,
    find_refusal,
    parse_console,
)
from freebsd_port.host.store.console.control import Answer, ControlSocket, find_answer
from freebsd_port.host.store.console.session import ConsoleSession
from freebsd_port.host.store.files import below
from freebsd_port.host.store.virsh import Guests, Silence, Virsh

_BEFORE = ("prepare", "start")
"""libvirt waits for its hook here, and starts bhyve afterwards."""

_AFTER = ("started", "reconnect")
_ENDS = ("stopped", "release")
_ANSWER_SECONDS = 3.0
"""How long a guest may wait for its console: less than the hook's nc has patience."""

_STATUS_SECONDS = 5.0
_SILENT_SECONDS = 5.0
"""How soon libvirt is asked again when it gave no answer."""


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """Where everything is."""

    instances: Path = Path("/var/lib/nova/instances")
    """nova's instances_path."""

    definitions: Path = Path("/usr/local/etc/libvirt/bhyve")
    """Where libvirt keeps its guests' XML, NAME.xml."""

    socket: Path = Path("/var/run/nova-consolebridge.sock")
    uri: str = "bhyve:///system"
    virsh: str = "/usr/local/bin/virsh"
    root: Path = Path("/")
    """Where /dev is looked for; another one only to rehearse."""

    look_seconds: float = 60.0
    """How often libvirt is asked what runs, beside what its hook tells."""

    grace_seconds: float = 60.0
    """How long a guest that the hook announced may take to be seen running."""

    policy: ConsolePolicy = field(default_factory=ConsolePolicy)


class Bridge:
    """All consoles of a host."""

    def __init__(
        self, settings: BridgeSettings, guests: Guests, tell: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._guests = guests
        self._tell = tell
        self._sessions: dict[str, ConsoleSession] = {}
        self._refusals: dict[str, Refusal] = {}
        self._announced: dict[str, float] = {}
        self._suspects: set[str] = set()
        self._look = asyncio.Event()
        self._lock = asyncio.Lock()
        self._silence: str | None = None
        self._has_looked = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until cancelled."""
        control = ControlSocket(self._settings.socket, self.handle, self._tell)
        await control.open()
        self._tell(f"listening for libvirt's hook at {self._settings.socket}")
        try:
            while True:
                self._look.clear()
                await self.reconcile()
                look = self._settings.look_seconds
                wait = look if self._silence is None else min(look, _SILENT_SECONDS)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), wait)
                    await asyncio.sleep(0.2)  # guests that end together are asked for together
        finally:
            control.close()
            for uuid in list(self._sessions):
                await self._detach(uuid, "the bridge ends")

    async def handle(self, line: str, body: bytes) -> Answer:
        """Answer one request of the control socket; what takes long is done after the answer.

        libvirt's hook gets its answer before a guest starts once the null modem is open.
        """
        verb, _, rest = line.partition(" ")
        operation, _, name = rest.partition(" ")
        if verb == "status" and not rest:
            if not await self._within(self.reconcile(), _STATUS_SECONDS):
                self._note_silence(f"no answer in {_STATUS_SECONDS:g} seconds")
            return self.describe()
        if verb == "guest" and name and operation in (*_BEFORE, *_AFTER, *_ENDS):
            wait = _ANSWER_SECONDS if operation in _BEFORE else 0.0
            if not await self._within(self._heed(operation, name, body), wait) and wait:
                self._tell(f"{name}: starts before its console is open, which took too long")
            return {"ok": True}
        return {"ok": False, "reason": "neither `guest OPERATION NAME` nor `status`"}

    async def _within(self, work: Coroutine[None, None, None], seconds: float) -> bool:
        """Begin to do something, and wait for so long; False if it is not done by then."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        return bool(done)

    def describe(self) -> Answer:
        """Give the state of every console."""
        is_silent = self._silence is not None
        return {
            "ok": self._silence is None,
            "libvirt": self._silence or "answers",
            "consoles": [
                session.describe(is_libvirt_silent=is_silent) for session in self._sessions.values()
            ],
            "left_alone": [
                {"guest": refusal.guest, "reason": refusal.reason, "harmless": refusal.is_harmless}
                for refusal in self._refusals.values()
            ],
        }

    async def reconcile(self) -> None:
        """Ask libvirt what runs, and open and close what differs. Its silence changes nothing."""
        suspects, self._suspects = self._suspects, set()
        running = await self._guests.running()
        if isinstance(running, Silence):
            self._suspects |= suspects
            self._note_silence(running.reason)
            return
        self._note_silence(None)
        missed = (
            "libvirt's hook did not announce the guest"
            if self._has_looked
            else "the bridge started after the guest"
        )
        self._has_looked = True
        now = asyncio.get_running_loop().time()
        async with self._lock:
            for uuid in list(self._sessions):
                is_new = now - self._announced.get(uuid, -1e9) < self._settings.grace_seconds
                if uuid not in running and not is_new:
                    await self._detach(uuid, "it no longer runs")
        self._refusals = {u: r for u, r in self._refusals.items() if u in running}
        settled = {refusal.guest for refusal in self._refusals.values() if refusal.is_harmless}
        unknown = running - set(self._sessions) - settled
        asked = sorted(unknown | (suspects & running))
        answers = await asyncio.gather(*(self._guests.describe(uuid) for uuid in asked))
        async with self._lock:
            for answer in answers:
                if isinstance(answer, bytes):
                    await self._attach(parse_console(answer), missed)
            for uuid in running & set(self._sessions):
                self._sessions[uuid].guest_runs()

    async def _heed(self, operation: str, name: str, xml: bytes) -> None:
        """Do what libvirt's hook said of a guest. Older libvirts send no XML with it.

        After an end libvirt is asked again: a look that began before it saw the guest running.
        """
        if operation in _ENDS:
            async with self._lock:
                sessions = list(self._sessions.values())
                for uuid in [s.console.uuid for s in sessions if s.console.name == name]:
                    await self._detach(uuid, f"libvirt says {operation}")
            self._look.set()
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + _ANSWER_SECONDS
        answer = xml if xml.strip() else await self._find_xml(operation, name)
        if isinstance(answer, Silence):
            self._note_silence(answer.reason)
            self._look.set()
        if not isinstance(answer, bytes):
            return
        console = parse_console(answer)
        async with self._lock:
            missed: str | None = "libvirt's hook did not announce the guest before it started"
            if operation in _BEFORE:
                missed = "opening the null modem took too long" if loop.time() > due else None
            session = await self._attach(console, missed, is_next=operation == "prepare")
            if session and operation in _AFTER:
                session.guest_runs()
        if isinstance(console, Console):
            self._announced[console.uuid] = loop.time()

    async def _find_xml(self, operation: str, name: str) -> bytes | Silence | None:
        """Give the XML that an older libvirt keeps from its hook; None if it is not to be had yet.

        While libvirt waits for its hook it does not answer about the guest, but has written the XML
        of every guest that nova defined to a file.
        """
        if operation in _AFTER:
            return await self._guests.describe(name)
        path = self._settings.definitions / f"{name}.xml"
        if "/" in name or "\0" in name:
            return None
        try:
            return path.read_bytes()
        except OSError as error:
            if operation == "prepare":
                self._tell(
                    f"{name}: libvirt's hook gave no XML, and {path}: {system_words(error)}; "
                    "its first output will be missing"
                )
            return None

    async def _attach(
        self, found: Console | Refusal, missed: str | None, *, is_next: bool = False
    ) -> ConsoleSession | None:
        """Open a guest's console, if it is not open; give it, None if the guest is left alone.

        `missed` says why its beginning may be lost; `is_next` that a guest with the same console
        has yet to start.
        """
        refusal = (
            found if isinstance(found, Refusal) else find_refusal(found, self._settings.policy)
        )
        if refusal:
            if self._refusals.get(refusal.guest) != refusal:
                self._tell(f"{refusal.guest}: left alone, {refusal.reason}")
            self._refusals[refusal.guest] = refusal
            await self._detach(refusal.guest, "it is left alone now")
            return None
        assert isinstance(found, Console)  # noqa: S101 - a refusal has left above
        self._refusals.pop(found.uuid, None)
        before = self._sessions.get(found.uuid)
        if before and before.console == found:
            if is_next:
                before.renew()
            return before
        await self._detach(found.uuid, "its console changed")
        session = ConsoleSession(
            found,
            self._settings.policy,
            root=self._settings.root,
            instances=self._settings.instances,
            tell=self._tell,
            on_gone=self._suspect,
        )
        self._sessions[found.uuid] = session
        port = f"{found.address}:{found.port}" if found.port else "the log only"
        self._tell(f"{found.uuid}: {found.device} to {port}")
        session.start(missed)
        return session

    async def _detach(self, uuid: str, reason: str) -> None:
        session = self._sessions.pop(uuid, None)
        self._announced.pop(uuid, None)
        if session:
            await session.close()
            self._tell(f"{uuid}: closed, {reason}")

    def _suspect(self, uuid: str) -> None:
        """Ask libvirt soon: the guest at the other end of a null modem went away."""
        self._suspects.add(uuid)
        self._look.set()

    def _note_silence(self, reason: str | None) -> None:
        if reason != self._silence:
            self._tell(f"libvirt: {reason or 'answers again'}")
        self._silence = reason


def bridge_settings(answers: Answers, root: Path) -> BridgeSettings:
    """Give what the operator's answers mean for the bridge, on a host below `root`."""
    return BridgeSettings(
        instances=below(root, answers.nova.instances),
        definitions=below(root, f"{PurePosixPath(answers.libvirt.hooks).parent}/bhyve"),
        socket=below(root, answers.console.socket),
        root=root,
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
