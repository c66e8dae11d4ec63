"""The host of a demonstration, in the run's directory: its answers, and what FreeBSD brings."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rc_host import over_stand_ins, write_daemon

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.recording import Recording, parse_recording, render_recording
from freebsd_port.host.core.verify import questions
from freebsd_port.host.ops.answers import DEFAULT_PASSWORDS, DEFAULT_PATH, load_answers
from freebsd_port.host.store.ask_host import ask_host
from freebsd_port.host.store.files import below
from services.configuration import base_commands, write_script
from services.place import ROOT
from services.qemu import Qemu, with_qemu
from services.session import Session

RECORDED = ROOT / "tests/data/hosts/ready.json"
MKISOFS = ROOT / "tests/port/lives/commands/mkisofs.py"
LIBVIRT_OF_QEMU = {"virt_type": "qemu", "uri": "qemu:///system"}
_RUN_BY_US = "nova-compute"


@dataclass(frozen=True, slots=True)
class StagedHost:
    """Where everything of the host is, all below the run's directory."""

    session: Session
    qemu: Qemu | None = None
    """The hypervisor, where it is not the stand-in for libvirt's bhyve driver."""

    @property
    def answers_file(self) -> Path:
        """host.toml, where every verb looks for it below the root."""
        return below(self.root, DEFAULT_PATH)

    @property
    def passwords_file(self) -> Path:
        """passwords.toml, likewise."""
        return below(self.root, DEFAULT_PASSWORDS)

    @property
    def administrator(self) -> Path:
        """The settings of MariaDB's client that make it the server's administrator."""
        return self.session.run.path("administrator.cnf")

    @property
    def recording(self) -> Path:
        """The recorded host, with the name and the disk of this machine."""
        return self.session.run.path("host.json")

    def recorded_for_doctor(self) -> Path:
        """The recorded host that lacks nothing, with QEMU where that runs the guests."""
        if self.qemu is None:
            return RECORDED
        ready = parse_recording(RECORDED.read_bytes(), str(RECORDED))
        place = self.session.run.path("ready.json")
        place.write_bytes(render_recording(with_qemu(ready, Answers().libvirt.virsh)))
        return place

    @property
    def rc_conf(self) -> Path:
        """What `sysrc` sets."""
        return self.session.run.path("rc.conf")

    @property
    def root(self) -> Path:
        """Where every verb finds and puts what has a fixed place on FreeBSD."""
        return self.session.run.path("root")

    def load_answers(self) -> Answers:
        """Read what the answers say."""
        return load_answers(self.answers_file)

    def write(self) -> None:
        """Write our own answers, and everything that they name and no verb writes."""
        self.answers_file.write_text(_as_toml(self._answers()), "utf-8")
        self._write_environment()
        self._write_administrator()
        place = self.root / str(self.session.run.directory).lstrip("/")
        place.parent.mkdir(parents=True)
        place.symlink_to(self.session.run.directory)  # what is here already is staged in place
        for name in ("state/instances", "log", "run", "etc", "novnc"):
            self.session.run.path(name).mkdir(parents=True)
        write_daemon(self.session.run.directory)
        self._record()

    def set_rc_conf(self, assignments: list[str]) -> None:
        """Do as sysrc(8) does."""
        with self.rc_conf.open("a") as file:
            file.writelines(f"{one}\n" for one in assignments)

    def _record(self) -> None:
        """Write what the host says of itself: the recorded one's numbers, this machine's disk."""
        recorded = parse_recording(RECORDED.read_bytes(), str(RECORDED)).commands
        asked = ask_host(questions(self.load_answers()), self.root, lambda message: None).commands
        commands = {words: ran for words, ran in recorded.items() if words[0] == "sysctl"}
        commands |= {words: ran for words, ran in asked.items() if words[0] != "sysctl"}
        self.recording.write_bytes(render_recording(Recording(commands)))

    def record_numbers(self) -> None:
        """Write the numbers of this machine in place of the recorded ones, if its QEMU is used."""
        if self.qemu is not None:
            known = parse_recording(self.recording.read_bytes(), str(self.recording))
            commands = {**known.commands, **self.qemu.numbers()}
            self.recording.write_bytes(render_recording(Recording(commands)))

    def script(self, name: str) -> Path:
        """Give the installed rc.d script of a service, made to run here."""
        place = self.root / "usr/local/etc/rc.d" / name
        runs_here = self.session.run.path(f"rc.d-{name}")
        text = over_stand_ins(place.read_text("utf-8"), self.session.run.directory)
        runs_here.write_text(text, "utf-8")
        runs_here.chmod(0o755)
        return runs_here

    def _answers(self) -> Mapping[str, Mapping[str, object]]:
        """What differs from the defaults: a directory instead of FreeBSD's places, free ports."""
        run, place = self.session.run, urlsplit(self.session.run.transport)
        directory, server = str(run.directory), f"{place.hostname}:{place.port or 5672}"
        return {
            "nova": {
                "environment": f"{directory}/nova",
                "user": pwd.getpwuid(os.geteuid()).pw_name,
                "group": grp.getgrgid(os.getegid()).gr_name,
                "sudo": f"{directory}/bin/sudo",
                "mkisofs": f"{directory}/nova/bin/mkisofs",
                **{what: f"{directory}/{what}" for what in ("state", "log", "run")},
                "config": f"{directory}/etc",
            },
            "api": {"port": run.ports["api"], "workers": 1},
            "metadata": {"port": run.ports["api_metadata"], "workers": 1},
            "console": {
                "novnc": f"{directory}/novnc",
                "novnc_port": run.ports["novncproxy"],
                "serial_port": run.ports["serialproxy"],
            },
            **({} if self.qemu is None else {"libvirt": LIBVIRT_OF_QEMU}),
            "broker": {"url": f"rabbit://{place.username}@{server}{place.path}"},
            "database": {"url": f"mysql+pymysql://{run.name}@{self._server}/", "name": run.name},
            "identity": {"url": run.url("identity") + "/v3"},
            "endpoints": {
                "image": run.url("stubs"),
                "network": run.url("stubs"),
                "placement": run.url("placement"),
            },
        }

    @property
    def _server(self) -> str:
        account = self.session.run.database.account
        return f"{account['host']}:{account['port']}"

    def _write_administrator(self) -> None:
        account = self.session.run.database.account
        lines = ["[client]", "protocol = tcp"]
        lines += [f'{name} = "{value}"' for name, value in account.items()]
        self.administrator.touch(0o600)
        self.administrator.write_text("\n".join(lines) + "\n", "utf-8")

    def _write_environment(self) -> None:
        """An environment of which each program is the target's, started as on the host."""
        target, directory = self.session.target, self.session.run.path("nova/bin")
        directory.mkdir(parents=True)
        (directory.parent / "etc").symlink_to(target.venv / "etc")
        for program in (target.venv / "bin").iterdir():
            words = [str(program)]
            if program.name == _RUN_BY_US:
                words = self.session.on_host(*words)
                if self.qemu is not None:
                    words = self.qemu.beside(words)
            write_script(directory / program.name, f'exec {shlex.join(words)} "$@"')
        for name, text in base_commands(self.session.host).items():
            write_script(directory / name, text)
        words = [sys.executable, "-S", str(MKISOFS)]
        write_script(directory / "mkisofs", f'exec {shlex.join(words)} "$@"')
        self.session.run.path("bin").mkdir()
        write_script(self.session.run.path("bin/sudo"), 'exec "$@"')


def broker_password(session: Session) -> str:
    """Give the password of the broker's account."""
    return unquote(urlsplit(session.run.transport).password or "")


def own_command() -> str:
    """Give the command that the operator types."""
    return str(Path(sys.executable).with_name("freebsd-port"))


def _as_toml(sections: Mapping[str, Mapping[str, object]]) -> str:
    lines = []
    for name, values in sections.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"
