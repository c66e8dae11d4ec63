"""A stand-in for FreeBSD's daemon(8): the options that our scripts give it, as its manual has them.

With DAEMON_LEAVES in the environment it ends at SIGTERM without waiting for the program, as the
daemon(8) of FreeBSD 13 does; else it waits, as newer ones do. A second lasts RC_SECOND.
"""

from __future__ import annotations

import contextlib
import fcntl
import getopt
import os
import selectors
import signal
import sys
import time

SECOND = float(os.environ.get("RC_SECOND", "1"))


class Supervisor:
    def __init__(self, options: dict[str, str], command: list[str]) -> None:
        self.options = options
        self.command = command
        self.child = 0
        self.is_ending = False
        self.log = self.open_log()
        self.wakes, self.waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def open_log(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self.options["-o"], flags, 0o600)

    def on_term(self, *_: object) -> None:
        self.is_ending = True
        if self.child:
            os.kill(self.child, signal.SIGTERM)

    def on_hup(self, *_: object) -> None:
        os.close(self.log)
        self.log = self.open_log()

    def run(self) -> None:
        pid_file = write_pid(self.options["-P"])
        signal.set_wakeup_fd(self.waker)
        for number, handler in (
            (signal.SIGTERM, self.on_term),
            (signal.SIGHUP, self.on_hup),
            (signal.SIGCHLD, lambda *_: None),
        ):
            signal.signal(number, handler)
        while not self.is_ending:
            self.supervise()
            if "-r" in self.options:
                self.rest(int(self.options.get("-R", "1")) * SECOND)
        for path in (self.options["-p"], self.options["-P"]):
            os.unlink(path)
        os.close(pid_file)

    def supervise(self) -> None:
        """Run the program once, and log what it says."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        reads, writes = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            os.dup2(writes, 1)
            os.dup2(writes, 2)
            os.execv(self.command[0], self.command)
        child_file = write_pid(self.options["-p"], self.child)
        os.close(writes)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        while not (self.is_ending and "DAEMON_LEAVES" in os.environ):
            data = self.wait(None, reads)
            if data:
                with contextlib.suppress(OSError):  # it warns, to nobody, and goes on
                    os.write(self.log, data)
            elif data is not None:
                os.waitpid(self.child, 0)
                self.child = 0
                break
        os.close(reads)
        os.close(child_file)

    def rest(self, seconds: float) -> None:
        """Let all of the time pass before a restart; only an end cuts it short."""
        end = time.monotonic() + seconds
        while not self.is_ending and (left := end - time.monotonic()) > 0:
            self.wait(left)

    def wait(self, seconds: float | None, file: int | None = None) -> bytes | None:
        """Wait for a signal, the time or output; None if there was no output to wait for."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.wakes, selectors.EVENT_READ)
            if file is not None:
                selector.register(file, selectors.EVENT_READ)
            ready = [key.fd for key, _ in selector.select(seconds)]
        if self.wakes in ready:
            os.read(self.wakes, 4096)
        return os.read(file, 65536) if file in ready and file is not None else None


def write_pid(path: str, pid: int | None = None) -> int:
    """Write it without a newline, and keep the file locked, as pidfile(3) does."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.ftruncate(file, 0)
    os.write(file, str(pid or os.getpid()).encode())
    return file


def main() -> None:
    pairs, command = getopt.getopt(sys.argv[1:], "cfHrSp:P:u:o:s:l:t:m:R:T:h")
    options = dict(pairs)
    supervisor = Supervisor(options, command)
    if os.fork():
        os._exit(0)
    os.setsid()
    if "-c" in options:
        os.chdir("/")
    if "-f" in options:
        null = os.open(os.devnull, os.O_RDWR)
        for file in (0, 1, 2):
            os.dup2(null, file)
    supervisor.run()
    os._exit(1)


main()
