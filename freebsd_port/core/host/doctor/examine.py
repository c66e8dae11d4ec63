"""The whole examination: every area's questions, and what is made of the answers."""

from __future__ import annotations

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.diagnosis import Diagnosis
from freebsd_port.core.host.doctor import kernel, packages, reach, system, virtualization
from freebsd_port.core.host.recording import Questions, Recording

_AREAS = (system, packages, kernel, virtualization, reach)


def all_questions(answers: Answers) -> Questions:
    """Give everything that is to be asked of a host."""
    asked = Questions()
    for area in _AREAS:
        asked += area.questions(answers)
    return asked


def examine(host: Recording, answers: Answers) -> tuple[Diagnosis, ...]:
    """Judge a host by its answers, area by area."""
    return tuple(found for area in _AREAS for found in area.judge(host, answers))
