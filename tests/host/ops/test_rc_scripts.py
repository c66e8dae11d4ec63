"""The rc.d scripts start, watch, stop and restart real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import needs
from rc_host import DIES, ENDS_ONCE, IS_REAL, TALKS, RcHost, is_alive, until

from freebsd_port.host.core.service import NAMES
from freebsd_port.host.store import service_state

NAME = "nova_conductor"
pytestmark = needs("ps")
only_stand_ins = pytest.mark.skipif(IS_REAL, reason="is about the stand-ins' own ways")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[RcHost]:
    host = RcHost(tmp_path)
    host.rc_conf.write_text(f'{NAME}_enable="YES"\n{NAME}_start_seconds=2\n')
    yield host
    host.kill_all()


def test_a_service_starts_as_its_user_and_stops_with_its_program(host: RcHost) -> None:
    host.write(NAME)
    started = host.run(NAME, "start")
    assert (started.returncode, started.stderr) == (0, "")
    supervisor, child = host.pid(NAME), host.pid(NAME, of_child=True)
    assert is_alive(supervisor)
    assert is_alive(child)
    until(lambda: f"started with --config-file {host.root}/etc/nova.conf\n" in host.log(NAME))
    if not IS_REAL:
        user = host.answers.nova.user
        (line,) = host.traced()
        assert line.startswith(f"limits -C daemon su -m {user} -c env PATH={host.root}/env/bin:")
        assert f" EVENTLET_HUB=poll {host.root}/bin/daemon  -cfH -r -R 5 -t {NAME} " in line
    assert host.run(NAME, "status").stdout == f"{NAME} is running as pid {supervisor}.\n"
    again = host.run(NAME, "start")
    assert (again.returncode, "already running" in again.stderr) == (1, True)
    stopped = host.run(NAME, "stop")
    assert (stopped.returncode, stopped.stderr) == (0, "")
    assert not is_alive(supervisor)
    assert not is_alive(child)
    assert host.run(NAME, "status").returncode == 1


@pytest.mark.parametrize("daemon", ["waits", "leaves"])
def test_a_stop_waits_until_the_program_has_finished_its_work(host: RcHost, daemon: str) -> None:
    if IS_REAL and daemon == "leaves":
        pytest.skip("this daemon(8) does as it does; the one that leaves is FreeBSD 13's")
    host.write(NAME)
    environment = {"DAEMON_LEAVES": "1"} if daemon == "leaves" else {}
    host.run(NAME, "start", **environment)
    supervisor, child = host.pid(NAME), host.pid(NAME, of_child=True)
    until(lambda: "started" in host.log(NAME))
    (host.root / "busy").touch()
    stop = host.start(NAME, "stop")
    if daemon == "leaves":
        until(lambda: not is_alive(supervisor))
    else:
        until(lambda: "finishing" in host.log(NAME))
    assert is_alive(child)
    assert stop.poll() is None
    (host.root / "busy").unlink()
    assert stop.wait() == 0
    stop.communicate()
    assert not is_alive(child)


def test_a_restart_begins_after_the_end(host: RcHost) -> None:
    host.write(NAME)
    host.run(NAME, "start")
    before = host.pid(NAME, of_child=True)
    until(lambda: "started" in host.log(NAME))
    assert host.run(NAME, "restart").returncode == 0
    after = host.pid(NAME, of_child=True)
    assert not is_alive(before)
    assert is_alive(after)
    until(lambda: host.log(NAME).count("started") == 2)
    assert [line.split()[0] for line in host.log(NAME).splitlines()] == [
        *("started", "finishing", "finished", "started")
    ]
    host.run(NAME, "stop")


def test_a_program_that_is_killed_is_started_again(host: RcHost) -> None:
    host.write(NAME)
    host.run(NAME, "start")
    before = host.pid(NAME, of_child=True)
    os.kill(before, signal.SIGKILL)
    until(lambda: host.pid(NAME, of_child=True) not in (0, before))
    until(lambda: host.log(NAME).count("started") == 2)
    host.run(NAME, "stop")


def test_a_program_that_does_not_start_shows_the_last_lines_of_its_log(host: RcHost) -> None:
    host.write(NAME, DIES)
    host.rc_conf.write_text(f'{NAME}_enable="YES"\n{NAME}_start_seconds=1000\n')
    started = host.run(NAME, "start")
    assert started.returncode == 1
    first, *lines = started.stderr.splitlines()
    assert f"{NAME} does not stay up. The last lines of {host.root}/log/nova-conductor" in first
    assert lines[:2] == ["reading nova.conf", "cannot reach the database"]
    assert host.run(NAME, "status").returncode == 1
    assert host.run(NAME, "stop").returncode == 1


def test_a_service_whose_supervisor_was_killed_is_found_and_gets_no_twin(host: RcHost) -> None:
    host.write(NAME)
    host.run(NAME, "start")
    child = host.pid(NAME, of_child=True)
    until(lambda: "started" in host.log(NAME))
    os.kill(host.pid(NAME), signal.SIGKILL)
    until(lambda: not is_alive(host.pid(NAME)))
    assert is_alive(child)
    status = host.run(NAME, "status")
    assert (status.returncode, status.stdout) == (
        0,
        f"{NAME} is running as pid {child}, without its daemon(8); restart it.\n",
    )
    for verb in ("start", "faststart"):
        started = host.run(NAME, verb)
        assert (started.returncode, f"runs already as pid {child}" in started.stderr) == (1, True)
    assert host.pid(NAME, of_child=True) == child
    assert host.run(NAME, "restart").returncode == 0
    assert not is_alive(child)
    child = host.pid(NAME, of_child=True)
    until(lambda: host.log(NAME).count("started") == 2)
    os.kill(host.pid(NAME), signal.SIGKILL)
    assert host.run(NAME, "stop").returncode == 0
    assert not is_alive(child)


def test_a_service_that_does_not_heed_the_stop_is_killed_and_that_is_said(host: RcHost) -> None:
    host.write(NAME)
    host.rc_conf.write_text(f'{NAME}_enable="YES"\n{NAME}_stop_seconds=3\n')
    host.run(NAME, "faststart")
    until(lambda: "started" in host.log(NAME))
    supervisor, child = host.pid(NAME), host.pid(NAME, of_child=True)
    (host.root / "busy").touch()
    stopped = host.run(NAME, "stop")
    assert stopped.returncode == 0
    for pid in (supervisor, child):
        said = f"{NAME}, pid {pid}, did not end in 3 seconds, and is killed"
        assert said in stopped.stderr
    until(lambda: not is_alive(supervisor) and not is_alive(child))
    assert host.run(NAME, "status").returncode == 1


def owner_of(process: int) -> int:
    words = ["ps", "-o", "uid=", "-p", str(process)]
    return int(subprocess.run(words, capture_output=True, check=True).stdout)


@pytest.mark.parametrize("user", ["the service's", "another"])
def test_a_process_that_got_the_number_of_a_dead_service_is_left_alone(
    host: RcHost, user: str
) -> None:
    host.write(NAME)
    words = ["sleep", "600"]
    if user == "another":
        if os.geteuid() != 0:
            pytest.skip("only root can become another user")
        script = "import os, time; os.setuid(65534); time.sleep(600)"
        words = [sys.executable, "-c", script, host.services[NAME].program]
    with subprocess.Popen(words) as other:
        (host.root / "run").mkdir()
        for infix in ("", ".child"):
            (host.root / f"run/{NAME}{infix}.pid").write_text(f"{other.pid}\n")
        if user == "another":
            until(lambda: owner_of(other.pid) == 65534)
        assert host.run(NAME, "status").returncode == 1
        assert host.run(NAME, "stop").returncode == 1
        assert host.run(NAME, "faststop").returncode == 0
        assert other.poll() is None
        other.kill()
    assert host.run(NAME, "start").returncode == 0
    assert host.run(NAME, "stop").returncode == 0


@only_stand_ins
def test_a_daemon_that_starts_nothing_at_all_is_noticed(host: RcHost) -> None:
    host.write(NAME)
    (host.root / "bin/daemon").write_text("#!/bin/sh\nexit 0\n")
    started = host.run(NAME, "start")
    assert started.returncode == 1
    assert "does not stay up" in started.stderr


def test_a_boot_does_not_wait_to_see_whether_a_service_stays_up(host: RcHost) -> None:
    host.write(NAME, DIES)
    started = host.run(NAME, "faststart")
    assert (started.returncode, started.stderr) == (0, "")
    until(lambda: host.pid(NAME))
    host.run(NAME, "stop")


def test_a_service_is_off_unless_it_is_enabled_and_needs_its_files(host: RcHost) -> None:
    host.write(NAME)
    host.rc_conf.write_text("")
    assert host.run(NAME, "enabled").returncode == 1
    assert "Set nova_conductor_enable to YES" in host.run(NAME, "start").stdout
    assert host.pid(NAME) == 0
    (host.root / "etc/nova.conf").unlink()
    started = host.run(NAME, "onestart")
    assert (started.returncode, "nova.conf is not readable" in started.stderr) == (1, True)


def test_a_rotated_log_is_begun_anew_at_the_signal_that_newsyslog_sends(host: RcHost) -> None:
    host.write(NAME)
    host.run(NAME, "start")
    until(lambda: "started" in host.log(NAME))
    log = host.root / "log/nova-conductor.log"
    host.rotate(NAME)
    until(lambda: log.exists() and "started" not in host.log(NAME))
    host.run(NAME, "stop")
    lines = [line for line in host.log(NAME).splitlines() if "newsyslog" not in line]
    assert lines == ["finishing", "finished"]


@only_stand_ins
def test_rc_conf_chooses_the_login_class_and_compute_loads_its_modules(host: RcHost) -> None:
    name = "nova_compute"
    host.write(name)
    host.rc_conf.write_text(f'{name}_enable="YES"\n{name}_login_class="nova"\n')
    host.run(name, "faststart")
    *modules, line = host.trace.read_text().splitlines()
    assert modules == [f"kldload {name}" for name in ("vmm", "nmdm", "if_bridge", "if_tuntap")]
    assert line.startswith("limits -C nova su -m ")
    assert line.endswith(f"--config-file {host.root}/etc/nova-compute.conf")
    until(lambda: host.pid(name))
    host.run(name, "stop")


def test_the_bridge_runs_as_root_and_its_files_are_in_no_directory_of_nova(host: RcHost) -> None:
    name = "nova_consolebridge"
    host.write(name)
    for directory in ("run", "log"):
        (host.root / "var" / directory).mkdir()
    host.rc_conf.write_text(f'{name}_enable="YES"\n')
    assert host.run(name, "faststart").returncode == 0
    pid = host.root / "var/run/nova_consolebridge.pid"
    until(lambda: pid.exists() and pid.read_text())
    log = host.root / "var/log/nova-consolebridge.log"
    until(lambda: log.exists() and "started with host console-bridge --answers" in log.read_text())
    if not IS_REAL:
        assert "su -m" not in "".join(host.traced())
    assert not (host.root / "run").exists()
    assert host.run(name, "stop").returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_service_starts_and_stops_by_its_own_script(host: RcHost, name: str) -> None:
    for directory in ("run", "log"):
        (host.root / "var" / directory).mkdir()
    host.write(name)
    host.rc_conf.write_text(f'{name}_enable="YES"\n')
    assert host.run(name, "faststart").returncode == 0
    until(lambda: host.run(name, "status").returncode == 0)
    stopped = host.run(name, "stop")
    assert (stopped.returncode, stopped.stderr) == (0, "")
    assert host.run(name, "status").returncode == 1


def test_nova_cannot_exchange_the_logs_that_root_rotates(host: RcHost) -> None:
    host.write(NAME)
    host.run(NAME, "faststart")
    until(lambda: host.pid(NAME))
    directory = (host.root / "log").stat()
    assert (directory.st_uid, directory.st_mode & 0o777) == (os.geteuid(), 0o750)
    assert (host.root / "log/nova-conductor.log").stat().st_mode & 0o777 == 0o640
    host.run(NAME, "stop")


def find_restart(host: RcHost) -> int | None:
    """Ask as the status does; the files' times are made to tell nothing."""
    files = [host.root / f"run/{NAME}{infix}.pid" for infix in ("", ".child")]
    for file in files:
        os.utime(file, (0, 0))
    supervisor, process = (service_state.find_process(file) for file in files)
    return service_state.find_restart(supervisor, process) if supervisor and process else None


@needs("ps")
def test_a_program_that_ended_is_seen_to_be_restarted(
    host: RcHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_state, "_FIRST_SECONDS", 0)
    host.write(NAME, ENDS_ONCE)
    host.run(NAME, "faststart", RC_SECOND="0.3")  # a wait of 1.5: one second for ps at least
    until(lambda: "started" in host.log(NAME))
    assert find_restart(host) is not None
    assert "cannot reach the database" in host.log(NAME)
    host.run(NAME, "stop")


def test_a_program_that_stays_up_is_not_taken_for_a_restarted_one(host: RcHost) -> None:
    host.write(NAME)
    host.run(NAME, "start")
    assert find_restart(host) is None
    host.run(NAME, "stop")


def test_the_script_itself_says_whether_rc_conf_enables_it(
    host: RcHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RC_CONF", str(host.rc_conf))
    host.write(NAME)
    assert service_state.is_enabled(host.root / NAME) is True
    host.rc_conf.write_text("")
    assert service_state.is_enabled(host.root / NAME) is False
    (host.root / NAME).write_text("#!/bin/sh\nexit 2\n")
    assert service_state.is_enabled(host.root / NAME) is None


def test_a_boot_after_a_power_loss_starts_over_the_files_of_dead_processes(host: RcHost) -> None:
    host.write(NAME)
    (host.root / "run").mkdir()
    with subprocess.Popen(["true"]) as gone:
        pass
    (host.root / f"run/{NAME}.pid").write_text(f"{gone.pid}")
    for left in ("", "\n", "-1", "1", f"{gone.pid}\n1", "99999999999999999999", "a b"):
        (host.root / f"run/{NAME}.child.pid").write_text(left)
        assert host.run(NAME, "status").returncode == 1, left
        assert host.run(NAME, "faststop").returncode == 0, left
    booted = host.run(NAME, "faststart")
    assert (booted.returncode, booted.stderr) == (0, "")
    until(lambda: host.run(NAME, "status").returncode == 0)
    until(lambda: "started" in host.log(NAME))
    assert is_alive(host.pid(NAME, of_child=True))
    host.run(NAME, "stop")


def test_a_shutdown_ends_the_service_with_its_program(host: RcHost) -> None:
    host.write(NAME)
    host.run(NAME, "faststart")
    until(lambda: "started" in host.log(NAME))
    supervisor, child = host.pid(NAME), host.pid(NAME, of_child=True)
    assert host.run(NAME, "faststop").returncode == 0
    assert not is_alive(supervisor)
    assert not is_alive(child)
    assert host.log(NAME).endswith("finishing\nfinished\n")
    assert host.run(NAME, "faststop").returncode == 0


def test_a_shutdown_ends_a_service_whose_supervisor_was_killed(host: RcHost) -> None:
    host.write(NAME)
    host.run(NAME, "faststart")
    until(lambda: "started" in host.log(NAME))
    child = host.pid(NAME, of_child=True)
    os.kill(host.pid(NAME), signal.SIGKILL)
    until(lambda: not is_alive(host.pid(NAME)))
    assert host.run(NAME, "faststop").returncode == 0
    assert not is_alive(child)


def test_a_start_while_the_boot_starts_it_gives_one_service(host: RcHost) -> None:
    host.write(NAME)
    both = [host.start(NAME, verb) for verb in ("faststart", "start")]
    for process in both:
        process.communicate()
    until(lambda: host.pid(NAME, of_child=True))
    until(lambda: "started" in host.log(NAME))
    host.run(NAME, "stop")
    assert host.log(NAME).count("finishing") == 1
    assert host.log(NAME).count("started") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own files of another user")
def test_files_of_another_owner_do_not_keep_a_service_from_starting(host: RcHost) -> None:
    host.write(NAME)
    (host.root / "run").mkdir()
    for infix in ("", ".child"):
        file = host.root / f"run/{NAME}{infix}.pid"
        file.write_text("99999999")
        os.chown(file, 65534, 65534)
        file.chmod(0o600)
    assert host.run(NAME, "status").returncode == 1
    started = host.run(NAME, "start")
    assert (started.returncode, started.stderr) == (0, "")
    for infix in ("", ".child"):
        assert (host.root / f"run/{NAME}{infix}.pid").stat().st_uid == os.geteuid()
    host.run(NAME, "stop")


def mount_small(directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(directory)]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("no tmpfs can be mounted here: be root")


def test_a_service_goes_on_when_the_disk_of_its_log_is_full(host: RcHost) -> None:
    """Its words are lost meanwhile; neither it nor its daemon(8) ends, and it can be stopped."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    host.write(NAME, TALKS)
    mount_small(host.root / "log")
    try:
        host.run(NAME, "start")
        supervisor, child = host.pid(NAME), host.pid(NAME, of_child=True)
        (host.root / "talk").touch()
        until(lambda: (host.root / "said").exists())
        assert host.run(NAME, "status").returncode == 0
        assert (host.pid(NAME), host.pid(NAME, of_child=True)) == (supervisor, child)
        log = host.root / "log/nova-conductor.log"
        os.truncate(log, 0)
        (host.root / "again").touch()
        until(lambda: "room again" in host.log(NAME))
        assert host.pid(NAME, of_child=True) == child
        stopped = host.run(NAME, "stop")
        assert (stopped.returncode, is_alive(child)) == (0, False)
    finally:
        host.kill_all()
        force = "-f" if IS_REAL else "-l"  # what was killed may hold the log a moment longer
        subprocess.run(["umount", force, str(host.root / "log")], check=True)
