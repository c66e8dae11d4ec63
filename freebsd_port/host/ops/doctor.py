"""`host doctor`: ask a host, or take its recording, and judge the answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from freebsd_port.errors import UsageError, system_words
from freebsd_port.host.core import verify as truth
from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.diagnosis import Diagnosis
from freebsd_port.host.core.doctor.building import Compiled
from freebsd_port.host.core.doctor.examine import all_questions, examine
from freebsd_port.host.core.recording import Recording, parse_recording, render_recording
from freebsd_port.host.store.ask_host import ask_host
from freebsd_port.openstack.core.release.markers import pythons_of
from freebsd_port.openstack.core.release.release import COMPUTE, Release, normalised_name
from freebsd_port.openstack.core.release.requirements import (
    DependenciesError,
    packages_of,
    parse_dependencies,
)
from freebsd_port.openstack.store.project.project import Project, save_if_changed


def load_compiled(project: Project, release: Release) -> Compiled:
    """Read what the release's lock has no wheel of for FreeBSD. Raises DependenciesError."""
    path = project.release_directory(release.name) / packages_of(COMPUTE).dependencies
    try:
        dependencies = parse_dependencies(path.read_bytes(), str(path))
    except OSError as error:
        raise DependenciesError(
            f"cannot be read: {system_words(error)}",
            where=str(path),
            hint=f"freebsd-port lock --release {release.name}",
        ) from error
    versions = {
        normalised_name(one.distribution): one.version
        for one in dependencies
        if "pure" not in one.forms
    }
    return Compiled(release.name, pythons_of(release), versions)


def examine_host(
    answers: Answers, compiled: Compiled, root: Path, progress: Callable[[str], None]
) -> tuple[Diagnosis, ...]:
    """Ask this machine, whose files are below `root`, and judge it."""
    asked = ask_host(all_questions(answers, compiled), root, progress)
    return examine(asked, answers, compiled)


def record_host(
    path: Path,
    answers: Answers,
    compiled: Compiled,
    root: Path,
    progress: Callable[[str], None],
) -> None:
    """Ask this machine all that a verb of a host asks one, and write its answers.

    Raises ProjectError where that cannot be.
    """
    questions = all_questions(answers, compiled) + truth.questions(answers)
    recording = ask_host(questions, root, progress)
    save_if_changed(path, render_recording(recording))


def examine_recording(path: Path, answers: Answers, compiled: Compiled) -> tuple[Diagnosis, ...]:
    """Judge a recorded host. Raises UsageError when the file is no recording."""
    return examine(load_recording(path), answers, compiled)


def load_recording(path: Path) -> Recording:
    """Read a recording. Raises UsageError when it is not there or is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read the recording: {system_words(error)}",
            where=str(path),
            hint="make one on the host: freebsd-port host doctor --record FILE",
        ) from error
    return parse_recording(data, str(path))
