"""Whether a process runs, and as what, with and without /proc."""

import os
import subprocess
import sys

import psutil
import pytest
from neutron.agent.linux import daemon, utils

pytestmark = pytest.mark.patch("neutron/neutron-process-psutil.patch")

RUNNING = {4242: ["/usr/local/bin/dnsmasq", "--pid-file=/a"], 4343: ["haproxy -f /b"]}


class Processes:
    """What psutil tells of the processes of a FreeBSD."""

    def __init__(self, monkeypatch):
        self.asked = []
        monkeypatch.setattr(psutil, "pid_exists", self.pid_exists)
        monkeypatch.setattr(psutil, "Process", self.process)

    def pid_exists(self, pid):
        self.asked.append(pid)
        return pid in RUNNING or pid == 1

    def process(self, pid):
        self.asked.append(pid)
        if pid not in RUNNING and pid != 1:
            raise psutil.NoSuchProcess(pid)
        process = type("Process", (), {})()

        def cmdline():
            if pid == 1:
                raise psutil.AccessDenied(pid)
            return RUNNING[pid]

        process.cmdline = cmdline
        return process


@pytest.fixture
def processes(monkeypatch):
    return Processes(monkeypatch)


@pytest.mark.on_freebsd
@pytest.mark.parametrize("form", [int, str])
def test_a_process_runs_if_psutil_sees_it(processes, form):
    assert utils.process_is_running(form(4242))
    assert not utils.process_is_running(form(5555))
    assert not utils.process_is_running(None)


@pytest.mark.on_freebsd
def test_its_command_line_is_read_and_empty_where_it_cannot_be(processes):
    assert utils.get_cmdline_from_pid("4242") == ["/usr/local/bin/dnsmasq", "--pid-file=/a"]
    assert utils.get_cmdline_from_pid(4343) == ["haproxy", "-f", "/b"]
    assert utils.get_cmdline_from_pid(1) == []
    assert utils.get_cmdline_from_pid(5555) == []


@pytest.mark.on_freebsd
def test_a_process_is_told_from_another_with_its_pid(processes):
    assert utils.pid_invoked_with_cmdline(4242, ["dnsmasq", "--pid-file=/a"])
    assert not utils.pid_invoked_with_cmdline(4242, ["haproxy", "-f", "/b"])


@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("pid", "is_running"), [("4242", True), ("4343", False), ("1", False), ("5555", False)]
)
def test_a_pid_file_is_held_by_the_program_that_it_names(processes, tmp_path, pid, is_running):
    file = tmp_path / "pid"
    file.write_text(pid)
    assert daemon.Pidfile(str(file), "dnsmasq").is_running() is is_running


@pytest.mark.on_linux
def test_linux_reads_proc_and_does_not_ask_psutil(processes, tmp_path):
    def holds(pid, program):
        file = tmp_path / "{}-{}".format(pid, len(list(tmp_path.iterdir())))
        file.write_text(str(pid))  # a new one each time, because the file stays locked
        return daemon.Pidfile(str(file), program).is_running()

    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert utils.process_is_running(child.pid)
        assert utils.get_cmdline_from_pid(os.getpid())
        assert holds(os.getpid(), "python")
        assert not holds(os.getpid(), "no such program")
    finally:
        child.kill()
        child.wait()
    assert not utils.process_is_running(child.pid)
    assert utils.get_cmdline_from_pid(child.pid) == []
    assert not holds(child.pid, "python")
    assert processes.asked == []
