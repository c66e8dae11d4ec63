"""libvirt, asked through its own command virsh.

Not through the Python module: that is no part of the tool's environment, is compiled, and blocks
the whole process when libvirtd hangs. A command can be given a time and ended.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Protocol

from freebsd_port.errors import system_words

_SECONDS = 20.0
_AT_ONCE = 4
_LONGEST_XML = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Silence:
    """libvirt gave no answer; this is what it said, or what was wrong."""

    reason: str


class Guests(Protocol):
    """What runs on this host."""

    async def running(self) -> frozenset[str] | Silence:
        """Give the UUIDs of all guests that run."""

    async def describe(self, guest: str) -> bytes | Silence:
        """Give the domain XML of a guest, by UUID or name."""


class Virsh:
    """The guests that libvirt has at one address."""

    def __init__(self, program: str, uri: str, seconds: float = _SECONDS) -> None:
        self._command = (program, "-q", "-r", "-c", uri)
        self._seconds = seconds
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def running(self) -> frozenset[str] | Silence:
        """Give the UUIDs of all guests that run."""
        answer = await self._ask("list", "--uuid")
        if isinstance(answer, Silence):
            return answer
        return frozenset(answer.decode("ascii", "replace").split())

    async def describe(self, guest: str) -> bytes | Silence:
        """Give the domain XML of a guest, by UUID or name."""
        return await self._ask("dumpxml", "--domain", guest)

    async def _ask(self, *words: str) -> bytes | Silence:
        async with self._slots:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    *words,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    limit=_LONGEST_XML,
                )
            except OSError as error:
                return Silence(f"{self._command[0]}: {system_words(error)}")
            try:
                out, err = await asyncio.wait_for(process.communicate(), self._seconds)
            except TimeoutError:
                return Silence(f"virsh {words[0]}: no answer in {self._seconds:g} seconds")
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if process.returncode:
            said = err.decode("utf-8", "replace").strip().splitlines()
            return Silence(f"virsh {words[0]}: {said[-1] if said else 'it said nothing'}")
        return out
