"""A host whose rc.d scripts run here: over FreeBSD's rc.subr(8) and daemon(8), or over stand-ins.

The real ones are used where root runs the tests on FreeBSD. The text of the scripts is the same but
for the paths, and rc.conf(5) is the test's own.
"""

from __future__ import annotations

import grp
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.rc_script import render_rc_script
from freebsd_port.host.core.service import Tools, services
from freebsd_port.host.core.service_files import service_files
from freebsd_port.host.ops.services import find_tools

STAND_INS = Path(__file__).parent / "freebsd_rc"
IS_REAL = sys.platform.startswith("freebsd") and os.geteuid() == 0
"""Whether FreeBSD's own programs run the scripts."""
STAYS = """#!/bin/sh
echo "started with $*"
trap 'echo finishing; while [ -e "{root}/busy" ]; do sleep 0.05; done; echo finished; exit 0' TERM
while :; do sleep 0.05; done
"""
DIES = """#!/bin/sh
echo "reading nova.conf"
echo "cannot reach the database" >&2
exit 1
"""
ENDS_ONCE = """#!/bin/sh
[ -e "{root}/ended" ] || { touch "{root}/ended"; echo "cannot reach the database"; exit 1; }
echo "started"
trap 'exit 0' TERM
while :; do sleep 0.05; done
"""
TALKS = """#!/bin/sh
trap 'exit 0' TERM
until [ -e "{root}/talk" ]; do sleep 0.05; done
dd if=/dev/zero bs=1024 count=512 2>/dev/null
echo "a last word"
touch "{root}/said"
until [ -e "{root}/again" ]; do sleep 0.05; done
echo "room again"
while :; do sleep 0.05; done
"""

AT_BOOT = ("faststart", "faststop")
"""What rc(8) asks of a script at boot, and rc.shutdown(8) at the end."""


def until(is_so: Callable[[], object]) -> None:
    """Wait for what happens soon; the time limit is the whole test's."""
    while not is_so():
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def write_daemon(root: Path) -> None:
    """Put the stand-in of daemon(8) where `over_stand_ins` has scripts look for it."""
    daemon = root / "bin/daemon"
    text = (STAND_INS / "daemon.py").read_text()
    daemon.write_text(f"#!{sys.executable} -S\n{text}")
    daemon.chmod(0o755)


def over_stand_ins(script: str, root: Path) -> str:
    """Give an rc.d script that runs here: over the stand-ins, below a host's own directory."""
    for old, new in (
        (". /etc/rc.subr", f". {STAND_INS}/rc.subr"),
        ("/usr/sbin/daemon", f"{root}/bin/daemon"),
        ('"/var/', f'"{root}/var/'),
    ):
        script = script.replace(old, new)
    return script


def over_freebsd(script: str, root: Path) -> str:
    """Give an rc.d script that FreeBSD's own rc.subr(8) runs, below a host's own directory.

    Its kernel modules are those that this kernel has.
    """
    loads = 'load_rc_config "${name}"\n'
    lines = []
    for line in script.replace(loads, f'{loads}. "${{RC_CONF}}"\n').splitlines():
        if line.startswith("required_modules="):
            names = [name for name in line.split('"')[1].split() if has_module(name)]
            line = f'required_modules="{" ".join(names)}"'
        lines.append(line.replace('"/var/', f'"{root}/var/'))
    return "\n".join([*lines, ""])


def has_module(name: str) -> bool:
    """Tell whether FreeBSD's kernel has a module, by the name that a script requires."""
    words = ["kldstat", "-q", "-m", name]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


class RcHost:
    """Services with programs of the test's choice, each in this host's own directories."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rc_conf = root / "rc.conf"
        self.rc_conf.touch()
        self.trace = root / "trace"
        (root / "bin").mkdir()
        write_daemon(root)
        self.answers = self._answers()
        for directory in (self.answers.nova.config, f"{root}/env/bin", f"{root}/var"):
            Path(directory).mkdir(parents=True)
        for name in ("nova.conf", "nova-compute.conf"):
            (Path(self.answers.nova.config) / name).touch()
        (root / "host.toml").touch()
        tools = Tools(f"{root}/env/bin/freebsd-port", f"{root}/host.toml", True)
        self.services = {one.name: one for one in services(self.answers, tools)}

    def use_environment(self, environment: Path) -> None:
        """Take the programs of a real environment."""
        nova = replace(self.answers.nova, environment=str(environment))
        self.answers = replace(self.answers, nova=nova)
        tools = find_tools(self.answers, self.root / "host.toml", Path("/"))
        self.services = {one.name: one for one in services(self.answers, tools)}

    def _answers(self) -> Answers:
        root = str(self.root)
        nova = replace(
            Answers().nova,
            environment=f"{root}/env",
            user=pwd.getpwuid(os.geteuid()).pw_name,
            group=grp.getgrgid(os.getegid()).gr_name,
            config=f"{root}/etc",
            state=f"{root}/state",
            log=f"{root}/log",
            run=f"{root}/run",
        )
        return Answers(nova=nova)

    def write(self, name: str, program: str = STAYS) -> None:
        """Write a service's script, and this text as its program."""
        file = Path(self.services[name].program)
        file.write_text(program.replace("{root}", str(self.root)))
        file.chmod(0o755)
        self.install(name)

    def install(self, name: str) -> None:
        """Write a service's script, with the stand-ins in place of FreeBSD's own."""
        text = render_rc_script(self.services[name], self.answers).decode()
        script = self.root / name
        adapt = over_freebsd if IS_REAL else over_stand_ins
        script.write_text(adapt(text, self.root))
        script.chmod(0o755)

    def start(self, name: str, verb: str, **environment: str) -> subprocess.Popen[str]:
        """Begin to run a script with one verb, as service(8) does: hardly any environment."""
        env = {
            "PATH": os.environ["PATH"],
            "RC_CONF": str(self.rc_conf),
            "RC_TRACE": str(self.trace),
            "RC_SECOND": "0.05",
            **environment,
        }
        words = [str(self.root / name), verb]
        if verb in AT_BOOT:  # rc(8) and rc.shutdown(8) read the script, and do not start it
            subr = "/etc/rc.subr" if IS_REAL else f"{STAND_INS}/rc.subr"
            words = ["sh", "-c", '. "$1"; run_rc_script "$2" "$3"', "rc", subr, *words]
        return subprocess.Popen(
            words,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(self, name: str, verb: str, **environment: str) -> subprocess.CompletedProcess[str]:
        process = self.start(name, verb, **environment)
        out, err = process.communicate()
        return subprocess.CompletedProcess(verb, process.returncode, out, err)

    def traced(self) -> list[str]:
        """Give what the stand-in of rc.subr would have run as whom; the real one tells nothing."""
        return self.trace.read_text().splitlines()

    def rotate(self, name: str) -> None:
        """Rotate a log: by newsyslog(8), with the line that is installed, or as it does."""
        log = self.root / "log" / f"{name.replace('_', '-')}.log"
        if not IS_REAL:
            log.rename(log.with_suffix(".log.0"))
            log.write_text("Nov 30 21:12:35 host newsyslog[1]: logfile turned over\n")
            os.kill(self.pid(name), signal.SIGHUP)
            return
        tools = Tools(f"{self.root}/env/bin/freebsd-port", f"{self.root}/host.toml", True)
        (text,) = (
            file.content.decode()
            for file in service_files(self.answers, tools)
            if "newsyslog" in file.path
        )
        lines = [line for line in text.splitlines() if line.startswith(f"{log}\t")]
        assert len(lines) == 1, text
        config = self.root / "newsyslog.conf"
        config.write_text(lines[0] + "\n")
        subprocess.run(["newsyslog", "-F", "-f", str(config)], check=True)

    def pid(self, name: str, *, of_child: bool = False) -> int:
        """Give the process ID of a supervisor or its program; 0 while there is none."""
        file = self.root / "run" / f"{name}{'.child' if of_child else ''}.pid"
        text = file.read_text() if file.exists() else ""
        return int(text) if text else 0

    def log(self, name: str) -> str:
        file = self.root / "log" / f"{name.replace('_', '-')}.log"
        return file.read_text() if file.exists() else ""

    def kill_all(self) -> None:
        """End whatever a failed test left."""
        for file in self.root.glob("**/*.pid"):
            text = file.read_text()
            if text and is_alive(int(text)):
                os.kill(int(text), signal.SIGKILL)
