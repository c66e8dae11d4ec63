"""One run: its steps, the processes that it starts, and what it tells of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from services.configuration import Host, Run
from services.keeping import Keeper
from services.place import EMULATION, IN_TARGET, Target
from services.report import Report

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

    def is_serving(self, name: str) -> bool:
        """Whether serve.py says so; asked any earlier, it would let the client wait."""
        return any(line.startswith("serving ") for line in self.log(name).open(errors="replace"))
