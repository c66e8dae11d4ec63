#!/usr/bin/env python3
"""Run the checks natively on this machine: the native bundle's only command.

It needs Python 3.11 or newer and nothing else. What cannot run here is left out by name, with the
reason. Each test has a limit, and one that does not end is ended and named; a slow machine is not
a reason to fail. Exit status: 0 if nothing failed that should pass, 1 if something did, 2 for a
wrong command line.

Results, in `results` beside this file: report.txt, report.json, facts.json (the recording of this
machine), differences.txt (from the profile) and a JUnit file for each step.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import fnmatch
import json
import os
import platform
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
PROJECT = HERE / "project"
IS_FREEBSD = sys.platform.startswith("freebsd")

TEST_SECONDS = 900
"""Limit of one test: far more than any takes on a machine ten times slower than usual."""

UNPATCHED_SECONDS = 150
"""Limit of one check without the patches, of which some wait for ever."""

UNPATCHED_PROCESS_SECONDS = 45
"""Limit of a process that such a check starts."""

COLLECT_SECONDS = 1800
"""Limit of importing the tests, and of what ends a run."""

COMMAND_SECONDS = 1800

OWN = {  # the toolkit's own tests: step, and what it runs
    "core": ["tests/engine/core", "tests/openstack/core", "tests/host/core"],
    "store": ["tests/engine/store", "tests/openstack/store"],
    "ops": ["tests/engine/ops", "tests/openstack/ops"],
    "host": ["tests/host"],
    "in_target": ["tests/in_target", "tests/port_standin"],
    "cli": ["tests/cli"],
    "whole": ["tests"],
}
OWN_LEFT_OUT = {  # what a step of OWN does not run, because another does, or nothing natively
    "host": ["tests/host/core", "tests/host/ops/test_console_bridge.py",
             "tests/host/store/console", "tests/host/ops/test_rc_scripts.py"],
    "whole": ["tests/engine", "tests/openstack", "tests/host", "tests/in_target", "tests/cli",
              "tests/port_standin", "tests/native", "tests/browser", "tests/mutants"],
}  # fmt: skip
NOT_NATIVE = {
    "tests/browser": "drives Chromium on Linux",
    "tests/mutants": "its measure is the emulation's",
}


# -- what this machine has ------------------------------------------------------------------------


def run_quietly(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a short command; a missing program is one that failed."""
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(words, 127, "", str(error))


def has_module(module: str, kernel_module: str) -> bool:
    """Tell whether the kernel has a module, loading it if it may be loaded."""
    return (
        run_quietly("kldstat", "-q", "-m", module).returncode == 0
        or run_quietly("kldload", "-n", kernel_module).returncode == 0
    )


def can_open(path: str) -> bool:
    """Tell whether a device can be opened for reading and writing."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError:
        return False
    return True


def is_root() -> bool:
    """Tell whether this process is root's."""
    return os.geteuid() == 0


def has_null_modems() -> bool:
    """Tell whether null modems can be made."""
    if IS_FREEBSD and is_root():
        run_quietly("kldload", "-n", "nmdm")
    return IS_FREEBSD and can_open("/dev/nmdmfreebsd-port-probeA")


def makes_interface(kind: str) -> bool:
    """Tell whether an interface of a kind can be made, by making one."""
    if not (IS_FREEBSD and is_root()):
        return False
    run_quietly("kldload", "-n", f"if_{kind}")
    done = run_quietly("ifconfig", kind, "create")
    if done.returncode == 0:
        run_quietly("ifconfig", done.stdout.strip(), "destroy")
    return done.returncode == 0


PROBES: dict[str, tuple[Callable[[], bool], str]] = {  # what a case needs; how, and what to do
    "root": (is_root, "run it as root"),
    "nmdm": (has_null_modems, "kldload nmdm, as root"),
    "rc": (
        lambda: Path("/etc/rc.subr").is_file() and Path("/usr/sbin/daemon").exists(),
        "FreeBSD's rc.subr(8) and daemon(8)",
    ),
    "vnet": (
        lambda: (
            run_quietly("sysctl", "-n", "kern.features.vimage").stdout.strip() == "1"
            and shutil.which("jail") is not None
        ),
        "a kernel with VIMAGE, and jail(8)",
    ),
    "pf": (
        lambda: (
            IS_FREEBSD and (can_open("/dev/pf") or (has_module("pf", "pf") and can_open("/dev/pf")))
        ),
        "kldload pf, as root",
    ),
    "epair": (lambda: makes_interface("epair"), "if_epair, and be root"),
    "bridge": (lambda: makes_interface("bridge"), "if_bridge, and be root"),
    "tap": (lambda: makes_interface("tap"), "if_tuntap, and be root"),
    "zfs": (lambda: run_quietly("zpool", "list").returncode == 0, "kldload zfs, as root"),
    "ssl": (lambda: can_import("ssl"), "Python's module ssl"),
    "sqlite3": (lambda: can_import("sqlite3"), "Python's module sqlite3, py311-sqlite3"),
    "git": (lambda: shutil.which("git") is not None, "the package git"),
    "patch": (lambda: shutil.which("patch") is not None, "patch(1)"),
    "pip": (lambda: can_import("pip"), "the package py311-pip"),
}


def can_import(module: str) -> bool:
    """Tell whether this Python can import a module."""
    return run_quietly(sys.executable, "-c", f"import {module}").returncode == 0


class Machine:
    """What this machine has, each looked up once."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def has(self, name: str) -> bool:
        """Tell whether it has what a probe looks for."""
        if name not in self._known:
            self._known[name] = PROBES[name][0]()
        return self._known[name]

    def lacks(self, names: Iterable[str]) -> str:
        """Say what is missing of these; empty if nothing is."""
        missing = []
        for name in names:
            if name not in PROBES:
                missing.append(f"{name}, which run.py does not know")
            elif not self.has(name):
                missing.append(f"{name} ({PROBES[name][1]})")
        return ", ".join(missing)


class Mounts:
    """procfs(5) and fdescfs(5): mounted and unmounted for the checks, and as before at the end."""

    WHERE = (("procfs", "proc", "/proc"), ("fdescfs", "fdesc", "/dev/fd"))

    def __init__(self) -> None:
        self.before = self.now()

    def now(self) -> set[str]:
        """Give where one of the two is mounted."""
        rows = [line.split() for line in run_quietly("mount", "-p").stdout.splitlines()]
        kinds = {(row[2], row[1]) for row in rows if len(row) > 2}
        return {place for kind, _, place in self.WHERE if (kind, place) in kinds}

    def set(self, wanted: set[str]) -> str:
        """Mount and unmount until exactly these are there; say what does not go, or nothing."""
        said = []
        for kind, name, place in self.WHERE:
            if place in wanted and place not in self.now():
                done = run_quietly("mount", "-t", kind, name, place)
            elif place not in wanted and place in self.now():
                done = run_quietly("umount", place)
            else:
                continue
            if done.returncode:
                said.append(done.stderr.strip())
        return "; ".join(said)


# -- results --------------------------------------------------------------------------------------


@dataclass
class Case:
    """One test, and what came of it."""

    name: str
    outcome: str
    seconds: float = 0.0
    message: str = ""


@dataclass
class Step:
    """One part of the run."""

    name: str
    what: str
    cases: list[Case] = field(default_factory=list)
    left_out: str = ""
    """Why it did not run; empty if it did."""

    must_fail: bool = False
    """Whether some of it must fail, because the patches are not applied."""

    seconds: float = 0.0

    def count(self, outcome: str) -> int:
        """Count the cases with an outcome."""
        return sum(case.outcome == outcome for case in self.cases)

    @property
    def is_good(self) -> bool:
        """Tell whether it went as it should, or was left out."""
        if self.left_out:
            return True
        if self.must_fail:
            return self.count("failed") > 0
        return bool(self.cases) and self.count("failed") == 0

    def summary(self) -> str:
        """Say in one line what came of it."""
        if self.left_out:
            return f"left out: {self.left_out}"
        words = [f"{self.count(o)} {o}" for o in ("failed", "passed", "skipped") if self.count(o)]
        text = (", ".join(words) or "nothing ran") + f" in {self.seconds:.0f} s"
        if self.must_fail:
            text += " (without patches, must fail)"
        return text


def render_junit(step: Step) -> str:
    """Give a step as a JUnit file."""
    suite = ElementTree.Element(
        "testsuite",
        name=step.name,
        tests=str(len(step.cases)),
        failures=str(step.count("failed")),
        skipped=str(step.count("skipped")),
        errors="0",
        time=f"{step.seconds:.1f}",
    )
    for case in step.cases:
        file, _, name = case.name.partition("::")
        element = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"{step.name}.{file}",
            name=name or file,
            time=f"{case.seconds:.2f}",
        )
        if case.outcome != "passed":
            tag = "failure" if case.outcome == "failed" else "skipped"
            text = "".join(c if c.isprintable() or c in "\n\t" else "?" for c in case.message)
            first = text.strip().splitlines()[-1] if text.strip() else ""
            ElementTree.SubElement(element, tag, message=first[:300]).text = text
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


# -- running --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class User:
    """Who runs a test."""

    word: str
    """`root`, `user` or, where one cannot choose, `self`."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        """Tell whether this process is the user's."""
        return self.uid == os.geteuid()


def own_user(word: str) -> User:
    """Give the user of this process."""
    return User(word, pwd.getpwuid(os.geteuid()).pw_name, os.geteuid(), os.getegid())


class Runner:
    """Runs commands and pytest as a user, with a limit for each test."""

    def __init__(self, work: Path, results: Path, *, tells: bool = False) -> None:
        self.work = work
        self.results = results
        self.tells = tells

    def _environment(
        self, user: User, path: Iterable[Path], more: dict[str, str]
    ) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "FREEBSD_PORT"))}
        home = self._own_directory(user, "home")
        return {
            **kept,
            "HOME": str(home),
            "USER": user.name,
            "LOGNAME": user.name,
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "PYTHONPYCACHEPREFIX": str(self._own_directory(user, "bytecode")),
            "PYTHONHASHSEED": "0",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(home / "hypothesis"),
            **more,
        }

    def _own_directory(self, user: User, what: str) -> Path:
        place = self.work / f"{what}-{user.name}"
        if not place.exists():
            place.mkdir(parents=True)
            if not user.is_self:
                os.chown(place, user.uid, user.gid)
        return place

    def start(
        self,
        words: list[str],
        user: User,
        path: Iterable[Path],
        output: Path,
        more: dict[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own, in an empty directory of the user."""
        place = self.work / f"cwd-{user.name}"
        shutil.rmtree(place, ignore_errors=True)
        self._own_directory(user, "cwd")
        become: dict[str, Any] = {}
        if not user.is_self:
            become = {"user": user.uid, "group": user.gid, "extra_groups": []}
        with output.open("ab") as stream:
            return subprocess.Popen(
                words,
                cwd=place,
                env=self._environment(user, path, more or {}),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **become,
            )

    def command(self, name: str, words: list[str], user: User, path: Iterable[Path]) -> Case:
        """Run a command as one case."""
        output = self.work / "output"
        output.unlink(missing_ok=True)
        began = time.monotonic()
        more = {"FREEBSD_PORT_PROJECT": str(PROJECT)}
        process = self.start(words, user, path, output, more)
        try:
            status: int | None = process.wait(COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            status = None
        end_session(process)
        text = output.read_text("utf-8", "replace")
        case = Case(name, "passed" if status == 0 else "failed", time.monotonic() - began, text)
        if status is None:
            case.message += f"\nit did not end within {COMMAND_SECONDS} s"
        return case

    def pytest(
        self,
        step: Step,
        words: list[str],
        user: User,
        path: list[Path],
        *,
        python: str | Path = sys.executable,
        seconds: float = TEST_SECONDS,
        more: dict[str, str] | None = None,
    ) -> None:
        """Run pytest until every test has ended or was ended, and add the cases to the step."""
        began = time.monotonic()
        done = self.work / "done"
        notes = self.work / "notes"
        output = self.results / "output" / f"{step.name}.txt"
        output.parent.mkdir(exist_ok=True)
        output.unlink(missing_ok=True)
        command = [str(python), "-m", "pytest", "-p", "bundle_notes", *words]
        settings = {
            **(more or {}),
            "FREEBSD_PORT_NOTES": str(notes),
            "FREEBSD_PORT_DONE": str(done),
        }
        for _ in range(200):
            done.write_text("".join(f"{case.name}\n" for case in step.cases), "utf-8")
            notes.write_bytes(b"")
            for file in (notes, done):
                file.chmod(0o666)
            process = self.start(command, user, [HERE, *path], output, settings)
            watched = Watch(process, notes, seconds, tells=self.tells)
            watched.until_the_end()
            step.cases += watched.cases
            if watched.is_finished:
                break
            if watched.current is None:  # it cannot go on: it never came to a test
                tail = output.read_text("utf-8", "replace")[-4000:]
                step.cases.append(Case("pytest", "failed", 0.0, f"{watched.why}\n{tail}"))
                break
            tail = output.read_text("utf-8", "replace")[-6000:]
            step.cases.append(
                Case(watched.current, "failed", watched.lasted, f"{tail}\n{watched.why}")
            )
        step.seconds += time.monotonic() - began


class Watch:
    """One process of pytest, and what it notes."""

    def __init__(
        self, process: subprocess.Popen[bytes], notes: Path, seconds: float, *, tells: bool
    ) -> None:
        self.tells = tells
        self.process = process
        self.notes = notes
        self.seconds = seconds
        self.cases: list[Case] = []
        self.current: str | None = None
        self.since = time.monotonic()
        self.lasted = 0.0
        self.why = ""
        self.is_finished = False
        self._read = 0

    def until_the_end(self) -> None:
        """Read the notes until the process ends or a test has had its time; then end it."""
        try:
            self._watch()
        except BaseException:  # an interrupt leaves nothing behind
            end_session(self.process)
            raise
        self.lasted = time.monotonic() - self.since
        ended = self.process.returncode
        end_session(self.process, with_stacks=ended is None)
        if ended in (0, 1, 5) and self.current is None:
            self.is_finished = True
            failed = any(case.outcome == "failed" for case in self.cases)
            if ended == 1 and not failed:
                self.is_finished, self.why = False, "pytest failed, but none of its tests did"
        elif not self.why:
            self.why = f"pytest ended with status {ended}"

    def _watch(self) -> None:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.25)
            self._hear()
            if self.process.returncode is not None:
                return
            limit = self.seconds if self.current is not None else COLLECT_SECONDS
            if time.monotonic() - self.since > limit:
                self.why = f"it did not end within {limit:.0f} s, and was ended"
                return

    def _hear(self) -> None:
        with self.notes.open("rb") as stream:
            stream.seek(self._read)
            text = stream.read()
        text = text[: text.rfind(b"\n") + 1]
        self._read += len(text)
        for line in text.splitlines():
            note = json.loads(line)
            self.since = time.monotonic()
            if "start" in note:
                self.current = note["start"]
            elif "end" in note:
                self.current = None
                name, outcome = note["end"], note["outcome"]
                self.cases.append(Case(name, outcome, note["seconds"], note["message"]))
                if self.tells:
                    say(f"  {outcome} {name}")
                    if outcome == "failed":
                        print(note["message"], flush=True)


def end_session(process: subprocess.Popen[bytes], *, with_stacks: bool = False) -> None:
    """End a process with everything that it left in its session."""
    if with_stacks:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGABRT)  # pytest's faulthandler writes every stack
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# -- the steps ------------------------------------------------------------------------------------


class Bundle:
    """The whole run."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.manifest = json.loads((HERE / "bundle.json").read_text("utf-8"))
        self.work = options.work
        self.results = options.results
        for place in (self.work, self.results):
            place.mkdir(parents=True, exist_ok=True)
            place.chmod(0o755)
        self.machine = Machine()
        self.runner = Runner(self.work, self.results, tells=options.verbose)
        self.steps: list[Step] = []
        self.compiled: dict[str, str] = {}
        self.me = own_user("root" if is_root() else "user")
        self.other = self._other_user()

    def _other_user(self) -> User | None:
        """Give the ordinary user, if this process may become one who can read the bundle."""
        if not is_root():
            return None
        with contextlib.suppress(KeyError, PermissionError):
            one = pwd.getpwnam(self.options.user)
            user = User("user", one.pw_name, one.pw_uid, one.pw_gid)
            words = [sys.executable, "-c", f"open({str(HERE / 'bundle.json')!r})"]
            done = subprocess.run(
                words, user=user.uid, group=user.gid, extra_groups=[], cwd="/", check=False,
                capture_output=True,
            )  # fmt: skip
            return user if done.returncode == 0 else None
        return None

    # which steps

    def plan(self) -> Iterator[tuple[str, str, Callable[[Step], None]]]:
        """Give each step's name, what it is, and what runs it, the most telling first."""
        yield "facts", "a recording of this machine, compared with the profile", self._facts
        yield "series", "apply, status, pop and apply again", self._series
        for directory in sorted((PROJECT / "tests/native").glob("*/native.toml")):
            case = tomllib.loads(directory.read_text("utf-8"))
            name = directory.parent.name
            yield f"native-{name}", case["what"], self._native(directory.parent, case)
        for state, who, mounts in self._combinations():
            for directory in self.manifest["checks"]:
                if directory == "lives":
                    continue
                yield (
                    f"checks-{directory}-{state}-{who}-{mounts}",
                    f"checks of {directory}, {state}, as {who}, {MOUNT_WORDS[mounts]}",
                    self._checks(directory, state, who, mounts),
                )
        for who in ("user", "root"):
            for name, paths in OWN.items():
                if who == "user" or name in ("store", "host"):
                    yield (
                        f"own-{name}-{who}",
                        f"the toolkit's own tests of {name}, as {who}",
                        self._own(name, paths, who),
                    )
        yield (
            "lives",
            "whole guests through nova's services",
            self._checks("lives", "patched", self.me.word, "plain"),
        )

    def _combinations(self) -> list[tuple[str, str, str]]:
        usual = [
            ("patched", "root", "plain"),
            ("patched", "user", "plain"),
            ("patched", "root", "mounted"),
            ("unpatched", "root", "plain"),
        ]
        rest = [
            ("patched", "user", "mounted"),
            ("unpatched", "user", "plain"),
            ("unpatched", "root", "mounted"),
            ("unpatched", "user", "mounted"),
        ]
        return usual + rest if self.options.all else usual

    def _user(self, word: str) -> User | None:
        if self.me.word == word:
            return self.me
        return self.other if word == "user" else None

    def _why_no_user(self, word: str) -> str:
        if word == "root":
            return "run it as root"
        return (
            f"the user {self.options.user} cannot read {HERE}, or run {sys.executable}: "
            "unpack the bundle in /tmp, or name another with --user"
        )

    # what they do

    def run(self) -> bool:
        """Run every step that was asked for, and report; True if all is good."""
        chosen = self.options.only or ["*"]
        mounts = Mounts() if IS_FREEBSD and is_root() else None
        try:
            if mounts:
                mounts.set(set())
            self._link_compiled()
            for name, what, act in self.plan():
                if not any(fnmatch.fnmatch(name, pattern) for pattern in chosen):
                    continue
                if name == "lives" and not (self.options.lives or self.options.only):
                    self._keep(Step(name, what, left_out="long; ask for it with --lives"))
                    continue
                step = Step(name, what)
                say(f"{name}: {what}")
                began = time.monotonic()
                act(step)
                step.seconds = time.monotonic() - began
                self._keep(step)
        finally:
            if mounts:
                mounts.set(mounts.before)
        self._report()
        return all(step.is_good for step in self.steps)

    def _keep(self, step: Step) -> None:
        self.steps.append(step)
        say(f"  {step.summary()}")
        if not step.must_fail:
            for case in step.cases:
                if case.outcome == "failed":
                    say(f"  failed: {case.name}")
        if step.cases:
            place = self.results / "junit"
            place.mkdir(exist_ok=True)
            (place / f"{step.name}.xml").write_text(render_junit(step), "utf-8")
        self._report()

    def _link_compiled(self) -> None:
        """Make a directory of this machine's own compiled packages that the checks need."""
        place = self.work / "compiled"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, one in self.manifest["compiled"].items():
            words = [sys.executable, "-c", FIND_PACKAGE, name, *one["modules"]]
            done = run_quietly(*words, "--", *one["proof"])
            if done.returncode:
                continue
            found = json.loads(done.stdout)
            for path in found["paths"]:
                (place / Path(path).name).symlink_to(path)
            self.compiled[name] = found["version"] or "of unknown version"

    def _tool_path(self) -> list[Path]:
        return [HERE / "tools", HERE / "stand_ins", PROJECT]

    def _tool(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "freebsd_port", *words]

    def _own_python(self) -> Path:
        """Make this Python with the command freebsd-port beside it, as in an environment."""
        place = self.work / "bin"
        python, command = place / "python3", place / "freebsd-port"
        if not command.exists():
            place.mkdir(exist_ok=True)
            python.symlink_to(sys.executable)
            paths = [str(path) for path in self._tool_path()]
            command.write_text(
                f"#!{python}\nimport sys\nsys.path[:0] = {paths!r}\n"
                "from freebsd_port.__main__ import main\nmain()\n"
            )
            command.chmod(0o755)
        return python

    def _facts(self, step: Step) -> None:
        facts = self.results / "facts.json"
        record = [sys.executable, str(PROJECT / "scripts/record-profile"), str(facts)]
        step.cases.append(self.runner.command("record-profile", record, self.me, []))
        if step.cases[-1].outcome == "failed" or not IS_FREEBSD:
            return
        words = self._tool("verify", "profile", str(facts))
        compared = self.runner.command(
            "compare with the profile", words, self.me, self._tool_path()
        )
        (self.results / "differences.txt").write_text(compared.message, "utf-8")
        step.cases.append(compared)

    def _series(self, step: Step) -> None:
        patched, place = self.work / "patched", self._tool_path()
        (self.work / "patches").unlink(missing_ok=True)
        shutil.rmtree(patched, ignore_errors=True)
        shutil.copytree(HERE / "pinned", patched)
        release = ["--release", self.manifest["release"]]
        there = ["--venv", str(patched), *release]
        for name, words in (
            ("version", ["--version"]),
            ("apply", ["apply", *there]),
            ("status", ["status", *there]),
            ("pop", ["pop", "-a", *there]),
        ):
            step.cases.append(self.runner.command(name, self._tool(*words), self.me, place))
        changed = differing(HERE / "pinned", patched)
        step.cases.append(
            Case("every byte is back", "failed" if changed else "passed", 0.0, "\n".join(changed))
        )
        step.cases.append(
            self.runner.command("apply again", self._tool("apply", *there), self.me, place)
        )
        listed = self.runner.command("list", self._tool("status", "--json", *there), self.me, place)
        step.cases.append(listed)
        if not step.count("failed"):
            found = json.loads(listed.message)["patches"]
            names = [one["name"] for one in found if one["state"] == "applied"]
            (self.work / "patches").write_text("".join(f"{name}\n" for name in names), "utf-8")

    def _native(self, directory: Path, case: dict[str, Any]) -> Callable[[Step], None]:
        def act(step: Step) -> None:
            missing = self.machine.lacks(case["needs"]) if IS_FREEBSD else ""
            if missing:
                step.left_out = f"needs {missing}"
                return
            paths = [str((directory / one).resolve()) for one in case.get("paths", ["."])]
            python: str | Path = sys.executable
            seconds = case.get("seconds", TEST_SECONDS)
            more = {**case.get("settings", {}), "FREEBSD_PORT_NATIVE": "1"}
            if case.get("on", "toolkit") == "patched":
                why = self._prepare_patched()
                if why:
                    step.left_out = why
                    return
                words = ["-p", "no:cacheprovider", "--rootdir", str(directory), "-v", *paths]
                path = self._check_path("patched")
            else:
                words, path = [*self._own_words(), *paths], self._tool_path()
                python = self._own_python()
            self.runner.pytest(
                step, words, self.me, path, python=python, seconds=seconds, more=more
            )

        return act

    def _prepare_patched(self) -> str:
        """Apply the series, unless it is applied; say why it cannot be."""
        if (self.work / "patches").exists() and (self.work / "patched").exists():
            return ""
        step = Step("series", "")
        self._series(step)
        failed = [case for case in step.cases if case.outcome == "failed"]
        return f"the series cannot be applied: {failed[0].message.strip()}" if failed else ""

    def _check_path(self, state: str) -> list[Path]:
        pinned = HERE / "pinned" if state == "unpatched" else self.work / "patched"
        return [
            pinned,
            HERE / "packages",
            self.work / "compiled",
            HERE / "stand_ins",
            HERE / "pytest",
            HERE / "fixtures",
            *([] if self.machine.has("ssl") else [HERE / "stand_ins_of_python"]),
        ]

    def _checks(self, directory: str, state: str, who: str, mounts: str) -> Callable[[Step], None]:
        def act(step: Step) -> None:
            step.left_out = self._why_not(directory, state, who, mounts)
            if step.left_out:
                return
            step.must_fail = state == "unpatched"
            user = self._user(who)
            assert user is not None
            checks = PROJECT / "tests/port"
            words = [str(checks / directory), "-p", "no:cacheprovider", "--rootdir", str(checks)]
            words += ["-v", "-m", "not long", f"--limit={TEST_SECONDS * 4}"]
            seconds: float = TEST_SECONDS * (4 if directory == "lives" else 1)
            if state == "patched":
                words += [f"--patches-on={self.work / 'patches'}"]
            else:
                words += [f"--process-limit={UNPATCHED_PROCESS_SECONDS}"]
                seconds = UNPATCHED_SECONDS
            if self.options.profile:
                words += [f"--profile={self.options.profile}"]
            with self._mounted(mounts) as why:
                if why:
                    step.left_out = why
                    return
                self.runner.pytest(step, words, user, self._check_path(state), seconds=seconds)

        return act

    def _why_not(self, directory: str, state: str, who: str, mounts: str) -> str:
        """Say why the checks of a directory cannot run here; empty if they can."""
        needs = self.manifest["checks"][directory]
        missing = [name for name in needs["compiled"] if name not in self.compiled]
        if missing:
            listed = ", ".join(missing)
            return f"{directory} needs {listed}, compiled, which this Python does not have"
        lacking = self.machine.lacks(name for name in needs["stdlib"] if name != "ssl")
        if lacking:
            return f"{directory} needs {lacking}"
        if self._user(who) is None:
            return self._why_no_user(who)
        if mounts == "mounted" and not (IS_FREEBSD and is_root()):
            return "procfs(5) and fdescfs(5) need FreeBSD, and root"
        if state == "unpatched" and not IS_FREEBSD and not self.options.profile:
            return "the checks pass on Linux without the patches"
        why = self._prepare_patched()
        if not why and directory != "lives":
            names = (self.work / "patches").read_text("utf-8").splitlines()
            if not any(re.sub(r"[.-]", "_", n.partition("/")[0]) == directory for n in names):
                return f"no patch of {directory} is for the role of these packages"
        return why

    @contextlib.contextmanager
    def _mounted(self, mounts: str) -> Iterator[str]:
        """Have procfs and fdescfs mounted, or not, for a step; give why that cannot be."""
        if mounts != "mounted":
            yield ""
            return
        now = Mounts()
        try:
            yield now.set({"/proc", "/dev/fd"})
        finally:
            now.set(set())

    def _own_words(self) -> list[str]:
        words = ["-c", str(PROJECT / "pyproject.toml"), "--rootdir", str(PROJECT)]
        return [*words, "-p", "no:cacheprovider", "-p", "pytest_timeout", "-o", "timeout=0", "-v"]

    def _own(self, name: str, paths: list[str], who: str) -> Callable[[Step], None]:
        def act(step: Step) -> None:
            user = self._user(who)
            if user is None:
                step.left_out = self._why_no_user(who)
                return
            ignored = [f"--ignore={PROJECT / one}" for one in OWN_LEFT_OUT.get(name, [])]
            words = [*self._own_words(), *ignored, *(str(PROJECT / one) for one in paths)]
            self.runner.pytest(step, words, user, self._tool_path(), python=self._own_python())

        return act

    # what is told

    def _report(self) -> None:
        text = self._report_text()
        (self.results / "report.txt").write_text(text, "utf-8")
        value = {
            "ok": all(step.is_good for step in self.steps),
            "machine": self._machine_words(),
            "bundle": {k: self.manifest[k] for k in ("release", "commit", "python", "pins")},
            "compiled": self.compiled,
            "stand_ins": self.manifest["stand_ins"],
            "steps": [
                {
                    "name": step.name,
                    "what": step.what,
                    "ok": step.is_good,
                    "left_out": step.left_out,
                    "must_fail": step.must_fail,
                    "seconds": round(step.seconds, 1),
                    **{o: step.count(o) for o in ("passed", "failed", "skipped")},
                    "failures": [c.name for c in step.cases if c.outcome == "failed"],
                }
                for step in self.steps
            ],
        }
        (self.results / "report.json").write_text(json.dumps(value, indent=1) + "\n", "utf-8")

    def _machine_words(self) -> str:
        kind = "native" if IS_FREEBSD else "not FreeBSD"
        if self.options.profile:
            kind = f"emulated {self.options.profile}"
        uname = os.uname()
        python = f"Python {platform.python_version()}"
        return f"{uname.sysname} {uname.release} {uname.machine}, {kind}; {python}"

    def _report_text(self) -> str:
        lines = [
            f"freebsd-port native bundle, release {self.manifest['release']}, "
            f"commit {self.manifest['commit']}",
            f"on {self._machine_words()}",
            "",
        ]
        for step in self.steps:
            mark = "left out" if step.left_out else "good" if step.is_good else "FAILED"
            lines.append(f"{mark:9} {step.name}: {step.summary()}")
            if not step.must_fail:
                lines += [
                    f"          failed: {c.name}" for c in step.cases if c.outcome == "failed"
                ]
            skips: dict[str, int] = {}
            for case in step.cases:
                if case.outcome == "skipped":
                    reason = case.message.removeprefix("Skipped: ").splitlines()[0]
                    skips[reason] = skips.get(reason, 0) + 1
            lines += [f"          {n} skipped: {why}" for why, n in sorted(skips.items())]
        lines += ["", "compiled packages of this machine:"]
        lines += [
            f"  {name} {self.compiled.get(name, 'is not here')}"
            + (f" (the lock has {one['version']})" if name in self.compiled else "")
            for name, one in self.manifest["compiled"].items()
        ]
        lines += ["stand-ins, which import and do nothing:"]
        lines += [f"  {name}: {why}" for name, why in self.manifest["stand_ins"].items()]
        if not self.machine.has("ssl"):
            lines.append("  ssl: this Python has none; the stand-in raises when it is used")
        lines += ["never run natively:", *(f"  {p}: {why}" for p, why in NOT_NATIVE.items())]
        return "\n".join(lines) + "\n"


MOUNT_WORDS = {"plain": "without procfs and fdescfs", "mounted": "with procfs and fdescfs"}

FIND_PACKAGE = """
import importlib, importlib.metadata, importlib.util, json, sys
name, *modules = sys.argv[1:sys.argv.index("--")]
for module in sys.argv[sys.argv.index("--") + 1:]:
    importlib.import_module(module)
paths, version = [], None
for module in modules:
    spec = importlib.util.find_spec(module)
    if spec is not None:
        places = list(spec.submodule_search_locations or ()) or [spec.origin]
        paths.append(places[0])
try:
    one = importlib.metadata.distribution(name)
    version = one.version
    paths.append(str(one._path))
except importlib.metadata.PackageNotFoundError:
    pass
print(json.dumps({"paths": paths, "version": version}))
"""


def differing(before: Path, after: Path) -> list[str]:
    """Give the files that two trees do not have alike, without bytecode."""
    found = []
    for place in (before, after):
        for path in sorted(place.rglob("*")):
            name = path.relative_to(place)
            if path.is_dir() or "__pycache__" in name.parts:
                continue
            one, other = before / name, after / name
            if not one.is_file() or not other.is_file() or not filecmp.cmp(one, other, False):
                found.append(str(name))
    return sorted(set(found))


def say(text: str) -> None:
    """Tell what happens, at once."""
    print(time.strftime("%H:%M:%S"), text, flush=True)


def main() -> int:
    """Run what was asked for."""
    if sys.version_info < (3, 11):  # noqa: UP036 - who runs it may have any Python
        sys.exit("error: this needs Python 3.11 or newer")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", action="append", metavar="STEP", help="run this step; may be a pattern, repeated")
    add("--list", action="store_true", help="list the steps, and run nothing")
    add("--all", action="store_true", help="run the checks in all eight combinations")
    add("--lives", action="store_true", help="also run whole guests through nova's services")
    add("-v", "--verbose", action="store_true", help="tell what came of each test at once")
    add("--user", default="nobody", help="the ordinary user; default: nobody")
    add("--results", type=Path, default=HERE / "results", help="where the results go")
    add("--work", type=Path, default=HERE / "work", help="where the patched packages go")
    add("--profile", help="on Linux only: emulate this FreeBSD, as a rehearsal")
    options = parser.parse_args()
    options.results, options.work = options.results.resolve(), options.work.resolve()
    if options.profile and IS_FREEBSD:
        parser.error("--profile is for Linux")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bundle = Bundle(options)
    if options.list:
        for name, what, _ in bundle.plan():
            print(f"{name:45} {what}")
        return 0
    names = [name for name, _, _ in bundle.plan()]
    unknown = [p for p in options.only or [] if not fnmatch.filter(names, p)]
    if unknown:
        parser.error(f"no step {unknown[0]!r}; see --list")
    is_good = bundle.run()
    print((options.results / "report.txt").read_text("utf-8"), end="")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
