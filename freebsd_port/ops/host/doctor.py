"""`host doctor`: ask a host, or take its recording, and judge the answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.diagnosis import Diagnosis
from freebsd_port.core.host.doctor.examine import all_questions, examine
from freebsd_port.core.host.recording import Recording, parse_recording, render_recording
from freebsd_port.core.host.verify import truth
from freebsd_port.errors import UsageError
from freebsd_port.store.host_questions import ask_host
from freebsd_port.store.project import save_if_changed


def examine_host(answers: Answers, progress: Callable[[str], None]) -> tuple[Diagnosis, ...]:
    """Ask this machine and judge it."""
    return examine(ask_host(all_questions(answers), progress), answers)


def record_host(path: Path, answers: Answers, progress: Callable[[str], None]) -> None:
    """Ask this machine all that a verb of a host asks one, and write its answers.

    Raises ProjectError where that cannot be.
    """
    asked = all_questions(answers) + truth.questions(answers)
    save_if_changed(path, render_recording(ask_host(asked, progress)))


def examine_recording(path: Path, answers: Answers) -> tuple[Diagnosis, ...]:
    """Judge a recorded host. Raises UsageError when the file is no recording."""
    return examine(load_recording(path), answers)


def load_recording(path: Path) -> Recording:
    """Read a recording. Raises UsageError when it is not there or is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read the recording: {(error.strerror or str(error)).lower()}",
            where=str(path),
            hint="make one on the host: freebsd-port host doctor --record FILE",
        ) from error
    return parse_recording(data, str(path))
