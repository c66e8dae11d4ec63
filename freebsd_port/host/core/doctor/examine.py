"""The whole examination: every area's questions, and what is made of the answers."""

from __future__ import annotations

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.diagnosis import Diagnosis
from freebsd_port.host.core.doctor import (
    building,
    disks,
    kernel,
    packages,
    privilege,
    reach,
    system,
    virtualization,
)
from freebsd_port.host.core.doctor.building import Compiled
from freebsd_port.host.core.recording import Questions, Recording

_AREAS = (system, packages, kernel, virtualization, disks, privilege, reach)


def all_questions(answers: Answers, compiled: Compiled) -> Questions:
    """Give everything that is to be asked of a host."""
    asked = building.questions(answers.nova.environment, compiled)
    for area in _AREAS:
        asked += area.questions(answers)
    return asked


def examine(host: Recording, answers: Answers, compiled: Compiled) -> tuple[Diagnosis, ...]:
    """Judge a host by its answers, area by area; what is to be compiled comes last."""
    found = [one for area in _AREAS for one in area.judge(host, answers)]
    return (*found, *building.judge(host, answers.nova.environment, compiled))
