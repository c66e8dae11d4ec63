"""Install and remove the services of a host, and show their scripts, processes and logs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.grammars import sh_word
from freebsd_port.host.core.service import (
    OPTIONAL,
    Service,
    Tools,
    child_file,
    log_file,
    pid_file,
    services,
)
from freebsd_port.host.core.service_files import RC_DIRECTORY, service_files
from freebsd_port.host.store.files import FoundFile, HostFileError, HostFiles, below
from freebsd_port.host.store.service_state import (
    LogEnd,
    find_orphan,
    find_process,
    find_restart,
    is_enabled,
    read_log_end,
)

_PROVIDES = re.compile(r"^#\s*PROVIDE:(.*)$", re.MULTILINE)
_CHILD_FILE = re.compile(r'^childfile="(/[^"]+)"$', re.MULTILINE)
_PROGRAM = re.compile(r'_find "\$\{childfile\}" (\S+) "(\[[^"]+\])"')
_PID_FILE = re.compile(r'^pidfile="(/[^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ServiceStep:
    """What becomes of one file."""

    path: str
    action: str
    """`write`, `replace`, `keep` what is right already, or `remove`."""

    copy: Path | None = None
    """Where what was there is kept, if others wrote or edited it."""


def find_tools(answers: Answers, answers_path: Path, root: Path) -> Tools:
    """Look at what the services need. Raises ProblemsError with all that is missing.

    Answers below `root` are named as the host will find them.
    """
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
    named = answers_path.absolute()
    if named.is_relative_to(root.absolute()):
        named = Path("/") / named.relative_to(root.absolute())
    problems += _unwritable(named, command)
    if problems:
        raise ProblemsError(tuple(problems))
    return Tools(str(command), str(named), has_own_api_server, _installed(root))


def _installed(root: Path) -> frozenset[str]:
    """Find which of the servers that nova's services start after have a script on this host."""
    found: set[str] = set()
    for script in below(root, RC_DIRECTORY).glob("*"):
        try:
            text = script.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        for line in _PROVIDES.findall(text):
            found.update(line.split())
    return OPTIONAL & found


def _unwritable(*paths: Path) -> Iterator[PortError]:
    """Find paths that an rc.d script cannot name."""
    for path in paths:
        try:
            sh_word(str(path))
        except ValueError:
            yield PortError(
                "an rc.d script cannot name this path",
                where=repr(str(path)),
                hint="use a path of letters, digits and /._+@:=-",
            )


def install(
    answers: Answers, answers_path: Path, root: Path, *, is_dry_run: bool
) -> tuple[ServiceStep, ...]:
    """Bring the files of all services to what the answers mean.

    What others wrote, or edited since, is copied before it is replaced. What an earlier
    installation wrote and this one does not is removed, unless it was edited.
    """
    wanted = service_files(answers, find_tools(answers, answers_path, root))
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
        ServiceStep(file.path, _action(file.path in paths, found[file.path]), copies.get(file.path))
        for file in wanted
    ]
    gone = sorted(set(host.written) - set(found))
    stale = [path for path, one in _look(host, gone).items() if one.kind == "ours"]
    if not is_dry_run:
        host.write(changed, wanted)
        host.remove(tuple(stale))
    return (*steps, *(ServiceStep(path, "remove") for path in stale))


def remove(root: Path, *, is_forced: bool, is_dry_run: bool) -> tuple[ServiceStep, ...]:
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
            steps.append(ServiceStep(one.path, "remove", copy))
    if not is_dry_run:
        host.remove(tuple(found))
    return tuple(steps)


def _running(host: HostFiles, found: dict[str, FoundFile]) -> Iterator[PortError]:
    """Find services that nothing could stop any more without their scripts."""
    for one in found.values():
        if one.kind == "absent" or not one.path.startswith(f"{RC_DIRECTORY}/"):
            continue
        text = host.place(one.path).read_bytes().decode("utf-8", "replace")
        named = _PID_FILE.search(text)
        process = find_process(host.place(named[1])) if named else None
        child = _CHILD_FILE.search(text)
        if not process and child and (words := _PROGRAM.search(text)):
            process = find_orphan(host.place(child[1]), *words.groups())
        if process:
            yield HostFileError(
                f"its service runs, as process {process}",
                where=str(host.place(one.path)),
                hint=f"service {Path(one.path).name} stop",
            )


def _look(host: HostFiles, paths: list[str]) -> dict[str, FoundFile]:
    """Look at all of them; what is in the way is told together."""
    found: dict[str, FoundFile] = {}
    problems: list[PortError] = []
    for path in paths:
        try:
            found[path] = host.look(path)
        except HostFileError as error:
            problems.append(error)
    if problems:
        raise ProblemsError(tuple(problems))
    return found


def _action(is_changed: bool, found: FoundFile) -> str:
    if not is_changed:
        return "keep"
    return "write" if found.kind == "absent" else "replace"


_LINES = 5
_LATELY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service as it is now."""

    name: str
    script: str
    """`absent`, `ours`, `outdated`, `edited` or `foreign`."""

    enabled: bool | None
    supervisor: int | None
    process: int | None
    log: str
    restarted_seconds: int | None
    """How long ago daemon(8) started it again, where that was within the last minute."""

    last_lines: tuple[str, ...]
    """The end of its log, where it does not run as it should."""

    log_refusal: str
    """Why the log could not be read."""

    @property
    def should_run(self) -> bool:
        """Tell whether rc.conf wants it to run, or something of it runs."""
        return bool(self.enabled or self.supervisor or self.process)

    @property
    def is_well(self) -> bool:
        """Tell whether its script is ours, and it runs and stays up if it should."""
        runs = bool(self.supervisor and self.process) and self.restarted_seconds is None
        return self.script == "ours" and (runs or not self.should_run)


def read_states(answers: Answers, answers_path: Path, root: Path) -> tuple[ServiceState, ...]:
    """Tell of each service whether its script is right, and whether it runs."""
    tools = find_tools(answers, answers_path, root)
    host = HostFiles(root, "services")
    wanted = {file.path: file for file in service_files(answers, tools)}
    states = []
    for one in services(answers, tools):
        path = f"{RC_DIRECTORY}/{one.name}"
        found = host.look(path)
        kind = (
            "outdated" if found.kind == "ours" and found.differs_from(wanted[path]) else found.kind
        )
        enabled = is_enabled(host.place(path)) if found.kind != "absent" else False
        states.append(_state(host, one, answers, kind, enabled))
    return tuple(states)


def _state(
    host: HostFiles, one: Service, answers: Answers, script: str, enabled: bool | None
) -> ServiceState:
    own, of_child = (host.place(file(one, answers)) for file in (pid_file, child_file))
    supervisor = find_process(own)
    process = (
        find_process(of_child)
        if supervisor
        else find_orphan(of_child, one.program, f"[{one.file_name}]")
    )
    restarted = find_restart(supervisor, process) if supervisor and process else None
    if restarted is not None and restarted > _LATELY_SECONDS:
        restarted = None
    log = host.place(log_file(one, answers))
    is_amiss = (enabled or supervisor or process) and (
        not supervisor or not process or restarted is not None
    )
    end = read_log_end(log, _LINES) if is_amiss else LogEnd((), "")
    return ServiceState(
        one.name, script, enabled, supervisor, process, str(log), restarted, end.lines, end.refusal
    )
