"""How the services of a host are: their scripts, processes and logs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.service import Service, child_file, log_file, pid_file, services
from freebsd_port.core.host.service_files import RC_DIRECTORY, service_files
from freebsd_port.ops.host.services import find_tools
from freebsd_port.store.host_files import HostFiles
from freebsd_port.store.service_state import (
    LogEnd,
    find_process,
    find_restart,
    is_enabled,
    read_log_end,
)

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
        """Tell whether rc.conf, or a daemon(8) that is there, wants it to run."""
        return bool(self.enabled or self.supervisor)

    @property
    def is_well(self) -> bool:
        """Tell whether its script is ours, and it runs and stays up if it should."""
        runs = self.process is not None and self.restarted_seconds is None
        return self.script == "ours" and (runs or not self.should_run)


def read_states(answers: Answers, answers_path: Path, root: Path) -> tuple[ServiceState, ...]:
    """Tell of each service whether its script is right, and whether it runs."""
    tools = find_tools(answers, answers_path)
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
    process = find_process(of_child) if supervisor else None
    restarted = find_restart(supervisor, process) if supervisor and process else None
    if restarted is not None and restarted > _LATELY_SECONDS:
        restarted = None
    log = host.place(log_file(one, answers))
    is_amiss = (enabled or supervisor) and (not process or restarted is not None)
    end = read_log_end(log, _LINES) if is_amiss else LogEnd((), "")
    return ServiceState(
        one.name, script, enabled, supervisor, process, str(log), restarted, end.lines, end.refusal
    )
