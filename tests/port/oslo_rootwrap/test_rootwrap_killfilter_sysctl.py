"""KillFilter asks the kernel which program a process runs, and believes nothing else."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from oslo_rootwrap import filters, wrapper

PATCH = pytest.mark.patch("oslo.rootwrap/rootwrap-killfilter-sysctl.patch")

SLEEP = os.path.realpath(shutil.which("sleep"))
OWN = os.path.realpath(sys.executable)


def name_of(process):
    """The name of the program that the kernel has for a process; empty where nothing tells it.

    On FreeBSD exec closes the pipe that Popen waits for before the process has its new program.
    There ps(1) is part of the system; Linux has /proc, and not always ps.
    """
    try:
        with open("/proc/%d/comm" % process.pid) as file:
            return file.read().strip()
    except OSError:
        words = ["ps", "-o", "comm=", "-p", str(process.pid)]
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return ""
    return done.stdout.decode().strip()


@pytest.fixture
def start():
    """Function (program=SLEEP, argv0=None) -> a process that runs it until the check ends."""
    started = []

    def run(program=SLEEP, argv0=None):
        process = subprocess.Popen([argv0 or program, "60"], executable=program)
        started.append(process)
        deadline = time.monotonic() + 60
        while name_of(process) not in (os.path.basename(program), ""):
            assert time.monotonic() < deadline, "the process is still a copy of this one"
            time.sleep(0.01)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def copy(tmp_path):
    """A program of our own, to be deleted."""
    return shutil.copy(SLEEP, os.path.join(os.path.realpath(str(tmp_path)), "copy"))


def allows(program, *arguments, signals=()):
    """Whether the filter for a program lets `kill` run with these arguments."""
    kill_filter = filters.KillFilter("root", program, *signals)
    return kill_filter.match(["kill", *map(str, arguments)])


@PATCH
@pytest.mark.on_freebsd
def test_the_filter_matches_the_program_of_the_process_only(start):
    process = start()
    assert allows(SLEEP, process.pid)
    assert not allows("/bin/sh", process.pid)
    assert not allows(SLEEP, os.getpid())
    assert allows(OWN, os.getpid())


@PATCH
@pytest.mark.on_freebsd
def test_a_name_without_a_directory_is_looked_for_in_the_path(start, monkeypatch):
    process = start()
    monkeypatch.setenv("PATH", os.path.dirname(SLEEP))
    assert allows(os.path.basename(SLEEP), process.pid)
    monkeypatch.setenv("PATH", "/nowhere")
    assert not allows(os.path.basename(SLEEP), process.pid)


@PATCH
@pytest.mark.on_freebsd
def test_the_signal_has_to_be_one_of_the_filter_as_ever(start):
    process = start()
    assert allows(SLEEP, "-9", process.pid, signals=["-9", "-HUP"])
    assert not allows(SLEEP, "-ALRM", process.pid, signals=["-9", "-HUP"])


@PATCH
@pytest.mark.on_freebsd
def test_rootwrap_kills_the_process(start):
    process = start()
    allowed = [filters.KillFilter("root", SLEEP, "-15")]
    kill = wrapper.start_subprocess(allowed, ["kill", "-15", str(process.pid)])
    assert kill.wait(timeout=60) == 0
    assert process.wait(timeout=60) == -signal.SIGTERM


@PATCH
@pytest.mark.on_freebsd
def test_a_program_that_was_deleted_gives_no_match(start, copy):
    process = start(copy)
    assert allows(copy, process.pid)
    os.unlink(copy)
    assert not allows(copy, process.pid)


@PATCH
@pytest.mark.on_freebsd
def test_the_name_that_a_process_gives_itself_is_not_believed(start, copy):
    process = start(copy, argv0=SLEEP)
    assert allows(copy, process.pid)
    assert not allows(SLEEP, process.pid)
    os.unlink(copy)
    assert not allows(SLEEP, process.pid)


@PATCH
@pytest.mark.on_freebsd
def test_a_zombie_and_a_process_that_is_gone_give_no_match(start):
    process = start()
    assert allows(SLEEP, process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not allows(SLEEP, process.pid)
    process.wait()
    assert not allows(SLEEP, process.pid)


@PATCH
@pytest.mark.on_freebsd
def test_a_number_that_is_not_of_one_process_gives_no_match():
    assert allows(OWN, "-9", os.getpid(), signals=["-9"])
    for pid in (-1, 0, -os.getpid(), os.getpid() + 2**32, 2**31, 2**32 - 1, -(2**32) - 1):
        assert not allows(OWN, pid), pid
        assert not allows(OWN, "-9", pid, signals=["-9"]), pid


@PATCH
@pytest.mark.parametrize("text", ["one", "", "1.5"])
def test_what_is_no_number_gives_no_match(text):
    assert not allows(OWN, text)


@PATCH
@pytest.mark.on_freebsd
def test_a_system_with_neither_the_sysctl_nor_procfs_gives_no_match(start, monkeypatch):
    process = start()
    assert allows(SLEEP, process.pid)

    def readlink(path):  # FreeBSD's procfs, where it is mounted, has the link
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "readlink", readlink)
    unknowing = SimpleNamespace(sysctlnametomib=lambda *arguments: -1)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: unknowing)
    assert not allows(SLEEP, process.pid)


class Libc:
    """Answers for sysctl, and notes what it was asked: a mib's numbers, and the room for a path."""

    def __init__(self, path):
        self.path = path
        self.asked = []

    def sysctlnametomib(self, name, mib, length):
        assert name == b"kern.proc.pathname"
        assert length._obj.value >= 3
        mib[:3] = [1, 14, 12]
        length._obj.value = 3
        return 0

    def sysctl(self, mib, count, path, size, new, new_size):
        assert (new, new_size.value) == (None, 0)
        self.asked.append((list(mib)[:count], size._obj.value))
        path.value = self.path
        return 0


@PATCH
@pytest.mark.on_freebsd
def test_the_kernel_is_asked_for_the_path_of_one_process_with_room_for_the_longest(monkeypatch):
    libc = Libc(b"/sbin/init")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: libc)
    assert allows("/sbin/init", 1)
    assert allows("/sbin/init", 2**31 - 1)
    assert libc.asked == [([1, 14, 12, 1], 1024), ([1, 14, 12, 2**31 - 1], 1024)]


@PATCH
@pytest.mark.on_freebsd
def test_a_process_without_a_path_gives_no_match(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Libc(b""))
    assert filters._program_from_sysctl(1) is None
    assert not allows(OWN, 1)


@PATCH
@pytest.mark.on_linux
def test_linux_reads_proc(start, copy, monkeypatch):
    process = start(copy)
    assert allows(copy, process.pid)
    assert not allows(SLEEP, process.pid)
    monkeypatch.setattr(os, "readlink", lambda path: "/usr/bin/other")
    monkeypatch.setattr(os.path, "isfile", lambda path: True)
    assert allows("/usr/bin/other", process.pid)


@PATCH
@pytest.mark.on_linux
@pytest.mark.since("oslo.rootwrap", "7.9")  # a TypeError before
def test_linux_lets_a_deleted_program_be_killed(start, copy):
    process = start(copy)
    os.unlink(copy)
    assert allows(copy, process.pid)


@PATCH
@pytest.mark.on_linux
def test_linux_matches_no_process_that_does_not_exist(start):
    process = start()
    process.kill()
    process.wait()
    assert not allows(SLEEP, process.pid)
    for pid in (-1, 0, -os.getpid(), os.getpid() + 2**32):
        assert not allows(OWN, pid), pid
