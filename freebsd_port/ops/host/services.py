"""Install and remove the services of a host."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.service import Tools
from freebsd_port.core.host.service_files import RC_DIRECTORY, service_files
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.store.host_files import Found, HostFileError, HostFiles
from freebsd_port.store.service_state import find_process

_PID_FILE = re.compile(r'^pidfile="(/[^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one file."""

    path: str
    action: str
    """`write`, `replace`, `keep` what is right already, or `remove`."""

    copy: Path | None = None
    """Where what was there is kept, if others wrote or edited it."""


def find_tools(answers: Answers, answers_path: Path) -> Tools:
    """Look at what the services need. Raises ProblemsError with all that is missing."""
    programs = Path(answers.nova.environment) / "bin"
    command = Path(sys.executable).with_name("freebsd-port")
    has_own_api_server = (programs / "nova-api").exists()
    needed = {
        "no environment of nova": programs / "nova-compute",
        "the environment has nothing that serves the API": programs / "gunicorn",
        "the command is not where its Python is": command,
    }
    if has_own_api_server:
        del needed["the environment has nothing that serves the API"]
    problems = [
        PortError(what, where=str(path), hint=f"freebsd-port venv --venv {programs.parent}")
        for what, path in needed.items()
        if not path.exists()
    ]
    if problems:
        raise ProblemsError(tuple(problems))
    return Tools(str(command), str(answers_path.absolute()), has_own_api_server)


def install(
    answers: Answers, answers_path: Path, root: Path, *, is_dry_run: bool
) -> tuple[Step, ...]:
    """Bring the files of all services to what the answers mean.

    What others wrote, or edited since, is copied before it is replaced. What an earlier
    installation wrote and this one does not is removed, unless it was edited.
    """
    wanted = service_files(answers, find_tools(answers, answers_path))
    host = HostFiles(root, "services")
    found = _look(host, [file.path for file in wanted])
    changed = tuple(file for file in wanted if found[file.path].differs_from(file))
    paths = {file.path for file in changed}
    copies: dict[str, Path] = {}
    if not is_dry_run:
        for one in found.values():
            if one.path in paths and one.kind in ("edited", "foreign"):
                copies[one.path] = host.keep(one)
    steps = [
        Step(file.path, _action(file.path in paths, found[file.path]), copies.get(file.path))
        for file in wanted
    ]
    gone = sorted(set(host.written) - set(found))
    stale = [path for path, one in _look(host, gone).items() if one.kind == "ours"]
    if not is_dry_run:
        host.write(changed, wanted)
        host.remove(tuple(stale))
    return (*steps, *(Step(path, "remove") for path in stale))


def remove(root: Path, *, is_forced: bool, is_dry_run: bool) -> tuple[Step, ...]:
    """Take away what was installed. Raises ProblemsError over what was edited, or still runs."""
    host = HostFiles(root, "services")
    found = _look(host, list(host.written))
    problems: list[PortError] = [
        HostFileError(
            "it was edited since it was installed",
            where=str(host.place(one.path)),
            hint="freebsd-port host services remove --force keeps a copy",
        )
        for one in found.values()
        if one.kind == "edited" and not is_forced
    ]
    problems += _running(host, found)
    if problems:
        raise ProblemsError(tuple(problems))
    steps = []
    for one in found.values():
        copy = host.keep(one) if one.kind == "edited" and not is_dry_run else None
        if one.kind != "absent":
            steps.append(Step(one.path, "remove", copy))
    if not is_dry_run:
        host.remove(tuple(found))
    return tuple(steps)


def _running(host: HostFiles, found: dict[str, Found]) -> Iterator[PortError]:
    """Find services that nothing could stop any more without their scripts."""
    for one in found.values():
        if one.kind == "absent" or not one.path.startswith(f"{RC_DIRECTORY}/"):
            continue
        text = host.place(one.path).read_bytes().decode("utf-8", "replace")
        named = _PID_FILE.search(text)
        process = find_process(host.place(named[1])) if named else None
        if process:
            yield HostFileError(
                f"its service runs, as process {process}",
                where=str(host.place(one.path)),
                hint=f"service {Path(one.path).name} stop",
            )


def _look(host: HostFiles, paths: list[str]) -> dict[str, Found]:
    """Look at all of them; what is in the way is told together."""
    found: dict[str, Found] = {}
    problems: list[PortError] = []
    for path in paths:
        try:
            found[path] = host.look(path)
        except HostFileError as error:
            problems.append(error)
    if problems:
        raise ProblemsError(tuple(problems))
    return found


def _action(is_changed: bool, found: Found) -> str:
    if not is_changed:
        return "keep"
    return "write" if found.kind == "absent" else "replace"
