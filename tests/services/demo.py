"""The demonstration: docs/operate.md followed command by command, to a verified host."""

from __future__ import annotations

import shlex
import shutil

from freebsd_port.host.core.nova_config import nova_sections
from freebsd_port.host.core.passwords import variable
from freebsd_port.host.core.service import child_file, pid_file, services
from freebsd_port.host.ops.services import find_tools
from freebsd_port.host.ops.verify import open_cloud
from freebsd_port.host.store.passwords import read_passwords
from services import guest
from services.configuration import render
from services.guide import read_commands
from services.identity import Keystone
from services.place import IN_TARGET, is_freebsd
from services.qemu import Qemu
from services.session import NotThere, Session
from services.staged_host import StagedHost, broker_password, own_command

LEFT_OUT = {
    "pkg": "FreeBSD's",
    "make": "the environment is there",
    "rabbitmqctl": "the run has a virtual host of its own",
    "install": "the run's directory has it",
    "service mysql-server": "it runs",
    "service rabbitmq": "it runs",
}
"""Beginnings of commands that are not for here, and why."""

LEFT_OUT_WITH = {
    "bhyve": {
        "service libvirtd": "a stand-in inside nova-compute",
        "service nova_consolebridge": "there is no null modem and no libvirt to ask",
        "freebsd-port host console-bridge": "there is no null modem and no libvirt to ask",
    },
    "qemu": {
        "service nova_consolebridge": "QEMU serves its consoles itself",
        "freebsd-port host console-bridge": "QEMU serves its consoles itself",
    },
}
"""Likewise, by what runs the guests."""

UNFINISHED = "freebsd-port host database"
"""Ends with 1: something is left to do."""

IMAGE = "zeros"


def walk(session: Session) -> None:
    """Go all the way; raises StepError, ApiError, KeeperError or PortError."""
    if is_freebsd():
        raise NotThere("this is FreeBSD: follow docs/operate.md itself")
    if not (shutil.which("mariadb") or shutil.which("mysql")):
        raise NotThere("mariadb, the client, is not installed; on Debian: mariadb-client")
    demonstration = Demonstration(session)
    if demonstration.qemu is not None:
        demonstration.qemu.prepare()
    demonstration.keystone.begin()
    for command in read_commands():
        demonstration.follow(command)


class Demonstration:
    """An operator at work: each command as it stands in the guide, with the run's own files."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.qemu = Qemu(session) if session.host.driver == "qemu" else None
        self.host = StagedHost(session, self.qemu)
        self.left_out = LEFT_OUT | LEFT_OUT_WITH[session.host.driver]
        self.keystone = Keystone(session)
        self.started: list[str] = []
        self.watched: list[str] = []
        """Those whose scripts still run: one waits for them as in terminals side by side."""

    def follow(self, command: str) -> None:
        """Do what a line of the guide says, or tell why it is left out."""
        words = command.split()
        if words[0] != "service":
            self.see_started()
        reason = next(
            (why for what, why in self.left_out.items() if command.startswith(what)), None
        )
        if "--boot" in words and reason is None:
            reason = guest.why_not(self.session.host)
        if reason is not None:
            self.session.leave_out(command, reason)
            if "--boot" in words:
                self.type(command.partition(" --boot")[0])
        elif words[0] == "sysrc":
            with self.session.step(command):
                self.host.set_rc_conf(words[1:])
        elif words[:2] == ["service", "libvirtd"] and self.qemu is not None:
            with self.session.step(command):
                self.qemu.start()
        elif words[0] == "service":
            self.start(words[1])
        else:
            self.type(command)

    def type(self, command: str) -> None:
        """Run our own command, with the run's files named."""
        verb = command.split()[2]
        if verb not in ("init", "doctor"):
            self.correct_answers()
        if self.started and verb in ("database", "verify"):
            self.wait_for_report()
        if verb == "verify":
            self.host.record_numbers()
        words = shlex.split(command.replace("IMAGE", IMAGE))
        words[:1] = [own_command()]
        with self.session.step(command) as said:
            environ = {variable("broker"): broker_password(self.session)}
            name = f"{len(self.session.report.steps)}-{'-'.join(command.split()[1:])}"
            self.session.begin(name, [*words, *self.files(verb)], **environ)
            printed = self.session.finish(name, status=int(command == UNFINISHED)).splitlines()
            said += printed[-1:]
        if verb in ("doctor", "database", "verify"):
            self.session.show(line for line in printed if not line.startswith("..."))

    def files(self, verb: str) -> tuple[str, ...]:
        """The options that let a verb work in the run's directory only."""
        more = {
            "init": () if self.qemu is None else ("--virt-type", "qemu"),
            "doctor": ("--host", str(self.host.recorded_for_doctor())),
            "database": ("--defaults-file", str(self.host.administrator)),
            "verify": ("--host", str(self.host.recording)),
        }
        return ("--root", str(self.host.root), *more.get(verb, ()))

    def correct_answers(self) -> None:
        """Do what the guide says in words: put into host.toml what differs here."""
        if self.host.administrator.exists():
            return
        with self.session.step("correct host.toml: free ports, and a directory for everything"):
            self.host.write()
            names = list(self.host.load_answers().database.names)
            self.session.keeper.ask("adopt", databases=names, user=self.session.run.name)

    def start(self, name: str) -> None:
        """Start a service by its installed rc.d script, which watches it for a while."""
        if not self.started:
            self.serve_others()
        answers = self.host.load_answers()
        port = self.session.run.ports.get(name.removeprefix("nova_"))
        if port is not None:
            self.session.keeper.ask("release", port=port)
        tools = find_tools(answers, self.host.answers_file, self.host.root)
        (service,) = (one for one in services(answers, tools) if one.name == name)
        with self.session.step(f"service {name} start"):
            self.session.keeper.ask(
                "service",
                name=name,
                script=str(self.host.script(name)),
                pids=[pid_file(service, answers), child_file(service, answers)],
                env=self._rc_environment(),
                log=str(self.session.log(f"{name} start")),
            )
        self.started.append(name)
        self.watched.append(name)

    def see_started(self) -> None:
        """Wait for the scripts that watch what they started: all stay up."""
        while self.watched:
            with self.session.step(f"{self.watched[0]} stays up"):
                self.session.finish(f"{self.watched.pop(0)} start")

    def _rc_environment(self) -> dict[str, str]:
        """What service(8) leaves of an environment, and what the stand-in of rc.subr wants."""
        names = ("PATH", "HOME", "PYTHONPYCACHEPREFIX")
        env = {name: self.session.env[name] for name in names if name in self.session.env}
        return env | {
            "RC_CONF": str(self.host.rc_conf),
            "RC_TRACE": str(self.session.run.path("rc.trace")),
            "RC_SECOND": "0.2",
        }

    def serve_others(self) -> None:
        """What nova needs of others: keystone and placement for real, of the rest a little."""
        run, answers = self.session.run, self.host.load_answers()
        passwords = read_passwords(self.host.passwords_file)
        with self.session.step("keystone, with the users of passwords.toml") as said:
            self.keystone.serve()
            said += self.keystone.admit(answers, passwords)
        with self.session.step("placement; stand-ins of glance and neutron"):
            nova = nova_sections(answers, passwords)
            connection = {"connection": run.database_url("placement"), "sync_on_startup": True}
            sections = {
                "api": {"auth_strategy": "keystone"},
                "keystone_authtoken": nova["keystone_authtoken"],
                "placement_database": connection,
            }
            run.path("placement.conf").touch(0o600)
            run.path("placement.conf").write_text(render(sections), "utf-8")
            self.session.keeper.ask("database", name=f"{run.name}_placement")
            self.session.serve("placement", "placement.wsgi.api", str(self.session.beside))
            self.session.serve("stubs", "stubs", str(IN_TARGET))
            for name in ("placement", "stubs"):
                self.session.wait_for(name, lambda name=name: self.session.is_serving(name))

    def wait_for_report(self) -> None:
        """Wait until placement has the numbers of the host."""
        ask = open_cloud(self.host.load_answers(), self.host.passwords_file).ask

        def has_reported() -> bool:
            hosts = ask("placement", "/resource_providers")["resource_providers"]
            paths = [f"/resource_providers/{one['uuid']}/inventories" for one in hosts]
            return any(ask("placement", path)["inventories"] for path in paths)

        with self.session.step("nova-compute has reported to placement"):
            self.session.wait_for("its report", has_reported, log="nova_compute start")
