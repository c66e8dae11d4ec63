"""Nova, started one by one and seen to be all there: the steps of `make services`."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from services import guest, http
from services.configuration import DATABASES, write_files
from services.place import IN_TARGET, is_freebsd
from services.session import Session, StepError

SERVICES = ("nova-conductor", "nova-scheduler", "nova-compute")


def walk(session: Session) -> None:
    """See everything that can be seen; raises StepError, ApiError or KeeperError."""
    nova = Nova(session)
    nova.prepare()
    guest.live(session)
    nova.examine()


@dataclass(frozen=True, slots=True)
class Nova:
    """The services of a run, by files that the harness itself writes."""

    session: Session

    def prepare(self) -> None:
        """The databases and all services, as the operator sees them."""
        write_files(self.session.run, self.session.target, self.session.host)
        self.fill_databases()
        self.start_services()
        self.see_services()
        self.see_host()

    def examine(self) -> None:
        """What else can be asked of them."""
        self.use_privileges()
        with self.session.step("nova-status upgrade check"):
            config = ["--config-file", str(self.session.run.path("nova.conf"))]
            command = [self.session.target.program("nova-status"), *config, "upgrade", "check"]
            self.session.execute("nova-status", command)
        self.session.check_services()

    def manage(self, *words: str) -> str:
        """Run nova-manage."""
        config = ["--config-file", str(self.session.run.path("nova.conf"))]
        command = [self.session.target.program("nova-manage"), *config, *words]
        return self.session.execute("nova-manage " + " ".join(words[:2]), command)

    def fill_databases(self) -> None:
        """Schemas and cells; placement fills its own while it starts."""
        with self.session.step("make databases"):
            for what in DATABASES:
                self.session.keeper.ask("database", name=f"{self.session.run.name}_{what}")
        self.session.serve("placement", "placement.wsgi.api", str(self.session.beside))
        with self.session.step("nova-manage api_db sync"):
            self.manage("api_db", "sync")
        with self.session.step("nova-manage cell_v2 map_cell0"):
            url = self.session.run.database_url("cell0")
            self.manage("cell_v2", "map_cell0", "--database_connection", url)
        with self.session.step("nova-manage db sync"):
            self.manage("db", "sync")
        with self.session.step("nova-manage cell_v2 create_cell"):
            self.manage("cell_v2", "create_cell", "--name", "cell1")

    def start_services(self) -> None:
        """Conductor, scheduler, API and, on its own platform, compute."""
        config = ["--config-file", str(self.session.run.path("nova.conf"))]
        for name in ("nova-conductor", "nova-scheduler"):
            self.session.start(name, [self.session.target.program(name), *config])
        self.session.serve("stubs", "stubs", str(IN_TARGET))
        self.session.serve("api", "nova.wsgi.osapi_compute", str(IN_TARGET))
        script = self.session.target.program("nova-compute")
        words = ["--config-file", str(self.session.run.path("compute.conf"))]
        self.session.start(
            "nova-compute", self.session.on_host(script, *words), PATH=self.session.host_path()
        )

    def see_services(self) -> None:
        """Wait until the API calls all of them up."""
        for name in ("placement", "api"):
            with self.session.step(f"{name} serves"):
                self.session.wait_for(name, lambda name=name: self.session.is_serving(name))
        with self.session.step("compute service list, by the API: all up") as said:
            self.session.wait_for("all services to be up", self.are_all_up, log="nova-compute")
            said += [f"{one['binary']} {one['state']}" for one in self.session.report.services]
        self.session.report.platform = self.platform()

    def platform(self) -> str:
        """Of nova-compute: as its log begins with, or this machine's."""
        if self.session.host.profile is None:
            kind = "native" if is_freebsd() else "not emulated"
            return f"platform: {os.uname().sysname} {os.uname().release}, {kind}"
        first = self.session.log("nova-compute").read_text("utf-8").partition("\n")[0]
        if not first.startswith("platform: FreeBSD"):
            raise StepError("nova-compute does not say its platform", log="nova-compute")
        return first

    def are_all_up(self) -> bool:
        """Ask the API; True when each service is enabled and up."""
        url = self.session.run.url("api") + "/v2.1/os-services"
        listed = http.request("compute", url)["services"]
        self.session.report.services = [
            {name: one[name] for name in ("binary", "host", "zone", "status", "state")}
            for one in listed
        ]
        up = {one["binary"] for one in listed if (one["status"], one["state"]) == ("enabled", "up")}
        return up.issuperset(SERVICES)

    def see_host(self) -> None:
        """The host is found, listed, and reported to placement."""
        with self.session.step("inventory, by placement's API") as said:
            self.session.wait_for("an inventory", self.has_inventory, log="nova-compute")
            said += [f"{name} {total}" for name, total in self.session.report.inventory.items()]
        with self.session.step("nova-manage cell_v2 discover_hosts"):
            self.manage("cell_v2", "discover_hosts", "--verbose")
        host = self.session.run.host
        with self.session.step("nova-manage cell_v2 list_hosts") as said:
            if host not in self.manage("cell_v2", "list_hosts"):
                raise StepError(f"{host} is in no cell", log="nova-manage cell_v2 discover_hosts")
            said.append(host)
        with self.session.step("hypervisor list, by the API") as said:
            url = self.session.run.url("api") + "/v2.1/os-hypervisors/detail"
            found = http.request("compute", url)["hypervisors"]
            self.session.report.hypervisors = found
            if [(one["service"]["host"], one["state"]) for one in found] != [(host, "up")]:
                raise StepError(f"the API lists {json.dumps(found)}", log="nova-compute")
            said += [f"{one['hypervisor_hostname']} {one['state']}" for one in found]

    def has_inventory(self) -> bool:
        """Ask placement for the host's totals; True when there are processors and memory.

        nova makes the provider after the record of its compute node, which discover_hosts needs.
        """
        providers = f"{self.session.run.url('placement')}/resource_providers"
        found = http.request("placement", providers)["resource_providers"]
        for one in found:
            listed = http.request("placement", f"{providers}/{one['uuid']}/inventories")
            totals = {name: held["total"] for name, held in listed["inventories"].items()}
            self.session.report.inventory = dict(sorted(totals.items()))
        return {"VCPU", "MEMORY_MB", "DISK_GB"} <= set(self.session.report.inventory)

    def use_privileges(self) -> None:
        """Let the daemon of oslo.privsep, started through rootwrap, do one thing for nova."""
        with self.session.step("a privileged call, by the daemon of oslo.privsep") as said:
            config = str(self.session.run.path("compute.conf"))
            script = str(IN_TARGET / "privileged.py")
            made = self.session.run.path("made-by-privsep")
            words = self.session.on_host(script, str(made), "--config-file", config)
            told = self.session.execute("privileged call", words, PATH=self.session.host_path())
            if not made.is_dir():
                raise StepError("the daemon made no directory", log="privileged call")
            said.append(told.strip().splitlines()[-1])
