"""What a host says of itself, to hold against what nova reports of it."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.recording import Questions, Recording

_NAME = ("hostname",)
_CPUS = ("sysctl", "-n", "hw.ncpu")
_MEMORY = ("sysctl", "-n", "hw.physmem")


@dataclass(frozen=True, slots=True)
class Truth:
    """The host's own numbers; None for each that it did not tell."""

    name: str | None
    cpus: int | None
    memory_bytes: int | None
    disk_bytes: int | None
    """Size of the file system that holds nova's instances, used or not."""


def questions(answers: Answers) -> Questions:
    """Say what is to be asked. Each of it any user may ask."""
    return Questions((_NAME, _CPUS, _MEMORY, _disk(answers)))


def read_truth(host: Recording, answers: Answers) -> Truth:
    """Take the numbers from a host's answers."""
    return Truth(
        host.value(*_NAME) or None,
        _number(host.value(*_CPUS)),
        _number(host.value(*_MEMORY)),
        _disk_bytes(host.value(*_disk(answers))),
    )


def _disk(answers: Answers) -> tuple[str, ...]:
    return "df", "-kP", answers.nova.instances


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _disk_bytes(text: str | None) -> int | None:
    """Give the second column of the second line. Source: POSIX df, option -P."""
    rows = [line.split() for line in (text or "").splitlines()]
    if len(rows) < 2 or len(rows[1]) < 6:
        return None
    kilobytes = _number(rows[1][-5])
    return None if kilobytes is None else kilobytes * 1024
