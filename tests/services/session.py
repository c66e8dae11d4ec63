"""One run: the databases, the services, what they say of themselves, and the end of it all."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from services import http
from services.configuration import DATABASES, Host, Run, write_files
from services.keeping import Keeper
from services.place import EMULATION, IN_TARGET, Target, is_freebsd
from services.report import Report

SERVICES = ("nova-conductor", "nova-scheduler", "nova-compute")
PAUSE = 0.3  # seconds between two looks


class NotThere(Exception):
    """Something is not here that the run needs and that nobody named: then it is skipped."""


class StepError(Exception):
    """A step failed; `log` names the process whose log tells more, if one does."""

    def __init__(self, message: str, log: str | None = None) -> None:
        super().__init__(message)
        self.log = log


@dataclass(slots=True)
class Session:
    """The steps, in their order; each raises StepError, ApiError or KeeperError."""

    run: Run
    target: Target
    keeper: Keeper
    report: Report
    env: dict[str, str]
    deadline: float
    """time.monotonic() at which everything must be done."""

    host: Host
    progress: TextIO
    beside: Path
    """Directory of the packages that are no part of the target: placement, keystone."""

    running: list[str] = field(default_factory=list)
    """The processes that must not end."""

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time a step and tell of it; what is appended to the list is told with it."""
        began, said = time.monotonic(), list[str]()
        try:
            yield said
        except BaseException:
            self.tell(f"FAILED {time.monotonic() - began:6.1f} s  {name}")
            raise
        seconds = round(time.monotonic() - began, 1)
        self.report.steps.append({"name": name, "seconds": seconds, "said": said})
        self.tell(f"ok     {seconds:6.1f} s  {name}" + (": " + ", ".join(said) if said else ""))

    def leave_out(self, name: str, reason: str) -> None:
        """Tell of what is not for here."""
        self.report.left_out.append({"name": name, "reason": reason})
        self.tell(f"skip             {name}: {reason}")

    def show(self, lines: Iterable[str]) -> None:
        """Tell what a command printed."""
        for line in lines:
            self.tell(f"                 {line}")

    def tell(self, line: str) -> None:
        """Write a line of progress at once."""
        print(line, file=self.progress, flush=True)

    def log(self, name: str) -> Path:
        """Where a process writes."""
        return self.run.path(name.replace(" ", "-") + ".log")

    def start(self, name: str, command: list[str], port: int | None = None, **extra: str) -> None:
        """Start a process that is to run until the end."""
        env = self.env | extra
        answer = self.keeper.ask(
            "start", name=name, command=command, env=env, log=str(self.log(name)), port=port
        )
        self.running.append(name)
        self.tell(f"start  {name}, process {answer['pid']}")

    def begin(self, name: str, command: list[str], **extra: str) -> None:
        """Start a command that comes to an end by itself."""
        env = self.env | extra
        self.keeper.ask("start", name=name, command=command, env=env, log=str(self.log(name)))

    def execute(self, name: str, command: list[str], **extra: str) -> str:
        """Run a command to its end; gives what it wrote."""
        self.begin(name, command, **extra)
        return self.finish(name)

    def finish(self, name: str, status: int = 0) -> str:
        """Wait for the end of a command that has begun; gives what it wrote.

        Raises StepError where it ends with another status.
        """
        self.wait_for(name, lambda: self.keeper.ask("status")[name] is not None)
        ended = self.keeper.ask("status")[name]
        if ended != status:
            raise StepError(f"{name} ended with status {ended}", log=name)
        return self.log(name).read_text("utf-8", "replace")

    def manage(self, *words: str) -> str:
        """Run nova-manage."""
        config = ["--config-file", str(self.run.path("nova.conf"))]
        command = [self.target.program("nova-manage"), *config, *words]
        return self.execute("nova-manage " + " ".join(words[:2]), command)

    def wait_for(self, what: str, is_so: Callable[[], bool], log: str | None = None) -> None:
        """Look until it is so; a service that ends, or the deadline, is a StepError."""
        while True:
            self.check_services()
            if is_so():
                return
            if time.monotonic() > self.deadline:
                raise StepError(f"no time left while waiting for {what}", log=log or what)
            time.sleep(PAUSE)

    def check_services(self) -> None:
        """Every service that was started must run."""
        status = self.keeper.ask("status")
        for name in self.running:
            if status[name] is not None:
                raise StepError(f"{name} ended with status {status[name]}", log=name)

    def prepare(self) -> None:
        """The databases and all services, as the operator sees them."""
        write_files(self.run, self.target, self.host)
        self.fill_databases()
        self.start_services()
        self.see_services()
        self.see_host()

    def examine(self) -> None:
        """What else can be asked of them."""
        self.use_privileges()
        with self.step("nova-status upgrade check"):
            config = ["--config-file", str(self.run.path("nova.conf"))]
            command = [self.target.program("nova-status"), *config, "upgrade", "check"]
            self.execute("nova-status", command)
        self.check_services()

    def fill_databases(self) -> None:
        """Schemas and cells; placement fills its own while it starts."""
        with self.step("make databases"):
            for what in DATABASES:
                self.keeper.ask("database", name=f"{self.run.name}_{what}")
        self.serve("placement", "placement.wsgi.api", str(self.beside))
        with self.step("nova-manage api_db sync"):
            self.manage("api_db", "sync")
        with self.step("nova-manage cell_v2 map_cell0"):
            url = self.run.database_url("cell0")
            self.manage("cell_v2", "map_cell0", "--database_connection", url)
        with self.step("nova-manage db sync"):
            self.manage("db", "sync")
        with self.step("nova-manage cell_v2 create_cell"):
            self.manage("cell_v2", "create_cell", "--name", "cell1")

    def serve(self, name: str, module: str, path: str, **extra: str) -> None:
        """Start a WSGI application of the target."""
        command = [self.target.program("python"), str(IN_TARGET / "serve.py"), "{fd}", module]
        directory = str(self.run.directory)
        self.start(
            name,
            command,
            self.run.ports[name],
            PYTHONPATH=path,
            OS_PLACEMENT_CONFIG_DIR=directory,
            OS_NOVA_CONFIG_DIR=directory,
            **extra,
        )

    def start_services(self) -> None:
        """Conductor, scheduler, API and, on its own platform, compute."""
        config = ["--config-file", str(self.run.path("nova.conf"))]
        for name in ("nova-conductor", "nova-scheduler"):
            self.start(name, [self.target.program(name), *config])
        self.serve("stubs", "stubs", str(IN_TARGET))
        self.serve("api", "nova.wsgi.osapi_compute", str(IN_TARGET))
        script = self.target.program("nova-compute")
        words = ["--config-file", str(self.run.path("compute.conf"))]
        self.start("nova-compute", self.on_host(script, *words), PATH=self.host_path())

    def host_path(self) -> str:
        """PATH of the compute host."""
        return f"{self.run.path('bin')}{os.pathsep}{self.env['PATH']}"

    def on_host(self, *words: str) -> list[str]:
        """The command that runs a script of the target as on the compute host."""
        options = []
        if self.host.profile is not None:
            options += ["--emulate", str(EMULATION), self.host.profile, self.host.level]
        if self.host.libvirt is not None:
            options += ["--libvirt", str(self.host.libvirt)]
        launcher = str(IN_TARGET / "launch.py")
        return [self.target.program("python"), launcher, *options, *words]

    def see_services(self) -> None:
        """Wait until the API calls all of them up."""
        for name in ("placement", "api"):
            with self.step(f"{name} serves"):
                self.wait_for(name, lambda name=name: self.is_serving(name))
        with self.step("compute service list, by the API: all up") as said:
            self.wait_for("all services to be up", self.are_all_up, log="nova-compute")
            said += [f"{one['binary']} {one['state']}" for one in self.report.services]
        self.report.platform = self.platform()

    def is_serving(self, name: str) -> bool:
        """Whether serve.py says so; asked any earlier, it would let the client wait."""
        return any(line.startswith("serving ") for line in self.log(name).open(errors="replace"))

    def platform(self) -> str:
        """Of nova-compute: as its log begins with, or this machine's."""
        if self.host.profile is None:
            kind = "native" if is_freebsd() else "not emulated"
            return f"platform: {os.uname().sysname} {os.uname().release}, {kind}"
        first = self.log("nova-compute").read_text("utf-8").partition("\n")[0]
        if not first.startswith("platform: FreeBSD"):
            raise StepError("nova-compute does not say its platform", log="nova-compute")
        return first

    def are_all_up(self) -> bool:
        """Ask the API; True when each service is enabled and up."""
        url = self.run.url("api") + "/v2.1/os-services"
        listed = http.request("compute", url)["services"]
        self.report.services = [
            {name: one[name] for name in ("binary", "host", "zone", "status", "state")}
            for one in listed
        ]
        up = {one["binary"] for one in listed if (one["status"], one["state"]) == ("enabled", "up")}
        return up.issuperset(SERVICES)

    def see_host(self) -> None:
        """The host is found, listed, and reported to placement."""
        with self.step("inventory, by placement's API") as said:
            self.wait_for("an inventory", self.has_inventory, log="nova-compute")
            said += [f"{name} {total}" for name, total in self.report.inventory.items()]
        with self.step("nova-manage cell_v2 discover_hosts"):
            self.manage("cell_v2", "discover_hosts", "--verbose")
        host = self.run.host
        with self.step("nova-manage cell_v2 list_hosts") as said:
            if host not in self.manage("cell_v2", "list_hosts"):
                raise StepError(f"{host} is in no cell", log="nova-manage cell_v2 discover_hosts")
            said.append(host)
        with self.step("hypervisor list, by the API") as said:
            url = self.run.url("api") + "/v2.1/os-hypervisors/detail"
            found = http.request("compute", url)["hypervisors"]
            self.report.hypervisors = found
            if [(one["service"]["host"], one["state"]) for one in found] != [(host, "up")]:
                raise StepError(f"the API lists {json.dumps(found)}", log="nova-compute")
            said += [f"{one['hypervisor_hostname']} {one['state']}" for one in found]

    def has_inventory(self) -> bool:
        """Ask placement for the host's totals; True when there are processors and memory.

        nova makes the provider after the record of its compute node, which discover_hosts needs.
        """
        providers = f"{self.run.url('placement')}/resource_providers"
        found = http.request("placement", providers)["resource_providers"]
        for one in found:
            listed = http.request("placement", f"{providers}/{one['uuid']}/inventories")
            totals = {name: held["total"] for name, held in listed["inventories"].items()}
            self.report.inventory = dict(sorted(totals.items()))
        return {"VCPU", "MEMORY_MB", "DISK_GB"} <= set(self.report.inventory)

    def use_privileges(self) -> None:
        """Let the daemon of oslo.privsep, started through rootwrap, do one thing for nova."""
        with self.step("a privileged call, by the daemon of oslo.privsep") as said:
            config = str(self.run.path("compute.conf"))
            script = str(IN_TARGET / "privileged.py")
            made = self.run.path("made-by-privsep")
            words = self.on_host(script, str(made), "--config-file", config)
            told = self.execute("privileged call", words, PATH=self.host_path())
            if not made.is_dir():
                raise StepError("the daemon made no directory", log="privileged call")
            said.append(told.strip().splitlines()[-1])
