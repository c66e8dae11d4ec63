"""The queue manager names queues without /dev/shm and without /proc/PID/stat."""

import json
import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from unittest import mock

import oslo_messaging
import pytest
from oslo_concurrency import lockutils
from oslo_config import cfg
from oslo_messaging._drivers import amqpdriver, impl_rabbit

PATCH = pytest.mark.patch("oslo.messaging/messaging-qmanager-portable.patch")
SERVICE = "import qmanager_process; qmanager_process.main()"

# Before, a manager kept the process group that it was made in.
LATE_IDENTITY = pytest.mark.since("oslo.messaging", "18.3")


@pytest.fixture
def lock_path(tmp_path):
    """The lock path of this process, and of the services that it starts."""
    lockutils._register_opts(cfg.CONF)
    cfg.CONF.set_override("lock_path", str(tmp_path), group="oslo_concurrency")
    yield str(tmp_path)
    cfg.CONF.clear_override("lock_path", group="oslo_concurrency")


@pytest.fixture
def process_name():
    """A name that no other run shares; on Linux its counter in /dev/shm goes away at the end."""
    name = "check-" + uuid.uuid4().hex
    yield name
    Path("/dev/shm", "host_%s_qmanager" % name).unlink(missing_ok=True)


@pytest.fixture
def run_service(lock_path, process_name, process_limit):
    """Function () that runs a service and returns the numbers of the names that it took."""

    def run():
        environment = dict(os.environ)
        here = str(Path(__file__).parent)
        paths = [environment.get("PYTHONPATH", ""), here, *filter(None, sys.path)]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        done = subprocess.run(
            [sys.executable, "-c", SERVICE, lock_path, "host", process_name],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=process_limit,
        )
        assert done.returncode == 0, done.stderr
        names = json.loads(done.stdout)
        prefix = "host:%s:" % process_name
        assert all(name.startswith(prefix) for name in names)
        return [int(name[len(prefix) :]) for name in names]

    return run


@PATCH
@pytest.mark.on_freebsd
def test_a_service_and_its_worker_share_a_counter_that_a_restart_starts_over(run_service):
    assert run_service() == [1, 2, 3]
    assert run_service() == [1, 2, 3]


@PATCH
@pytest.mark.on_freebsd
def test_managers_of_one_service_share_the_counter(lock_path, process_name):
    reply, fanout = (amqpdriver.QManager("host", process_name) for _ in range(2))
    names = [reply.get(), fanout.get(), reply.get()]
    assert names == ["host:%s:%d" % (process_name, number) for number in (1, 2, 3)]


@PATCH
@pytest.mark.on_freebsd
def test_the_counter_starts_over_in_another_process_group(lock_path, process_name, monkeypatch):
    numbers = []
    for group in (7, 7, 9, 9, 7):
        monkeypatch.setattr(os, "getpgrp", lambda group=group: group)
        manager = amqpdriver.QManager("host", process_name)
        numbers.append(int(manager.get().rpartition(":")[2]))
    assert numbers == [1, 2, 1, 2, 1]


@PATCH
@pytest.mark.on_freebsd
@LATE_IDENTITY
def test_a_manager_follows_its_process_into_another_group(lock_path, process_name, monkeypatch):
    manager = amqpdriver.QManager("host", process_name)
    numbers = []
    for group in (7, 7, 9, 9, 7):
        monkeypatch.setattr(os, "getpgrp", lambda group=group: group)
        numbers.append(int(manager.get().rpartition(":")[2]))
    assert numbers == [1, 2, 1, 2, 1]


@PATCH
@pytest.mark.on_freebsd
def test_the_counter_is_kept_beside_the_locks(lock_path, process_name):
    manager = amqpdriver.QManager("host", process_name)
    manager.get()
    (counter,) = Path(lock_path).glob("*_qmanager")
    assert str(counter) == manager.file_name
    assert counter.read_text() == "%d:1:0" % os.getpgrp()


@PATCH
@pytest.mark.on_freebsd
def test_the_counter_is_a_temporary_file_without_a_lock_path(monkeypatch, tmp_path, process_name):
    monkeypatch.setattr(lockutils, "get_lock_path", lambda conf: None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    manager = amqpdriver.QManager("host", process_name)
    assert manager.file_name == str(tmp_path / ("host_%s_qmanager" % process_name))


@PATCH
@pytest.mark.on_freebsd
def test_the_driver_names_its_reply_queue(lock_path, process_name, monkeypatch):
    conf = cfg.ConfigOpts()
    conf([])
    conf.register_opts(impl_rabbit.rabbit_opts, group="oslo_messaging_rabbit")
    options = {"use_queue_manager": True, "hostname": "host", "processname": process_name}
    for option, value in options.items():
        conf.set_override(option, value, group="oslo_messaging_rabbit")
    transport = oslo_messaging.get_rpc_transport(conf, url="kombu+memory:////")
    monkeypatch.setattr(amqpdriver, "ReplyWaiter", mock.Mock())
    monkeypatch.setattr(transport._driver, "_get_connection", mock.Mock())
    try:
        name = transport._driver._get_reply_q()
    finally:
        transport.cleanup()
    assert name == "reply_host:%s:1" % process_name


@PATCH
@pytest.mark.on_linux
def test_linux_keeps_the_counter_in_shared_memory(run_service, lock_path, process_name):
    manager = amqpdriver.QManager("host", process_name)
    assert manager.file_name == "/dev/shm/host_%s_qmanager" % process_name
    assert run_service() == [1, 2, 3]
    assert run_service() == [1, 2, 3]
    assert Path(manager.file_name).read_text().split(":")[1] == "3"
    assert not list(Path(lock_path).glob("*_qmanager"))


def identity():
    """The process group and the start time of its leader, as a manager tells services apart."""
    manager = amqpdriver.QManager("host", "checks")
    if hasattr(manager, "_service_identity"):
        return manager._service_identity()
    return manager.pg, manager.start_time


@PATCH
@pytest.mark.on_linux
def test_linux_tells_a_recycled_process_group_by_the_start_time(monkeypatch):
    with open("/proc/self/stat") as stat:
        start_time = int(stat.read().rpartition(")")[2].split()[19])
    monkeypatch.setattr(os, "getpgrp", os.getpid)
    assert identity() == (os.getpid(), start_time)


@PATCH
@pytest.mark.on_linux
def test_linux_still_fails_for_a_process_group_without_its_leader(monkeypatch):
    leader = subprocess.Popen(["true"])
    leader.wait()
    monkeypatch.setattr(os, "getpgrp", lambda: leader.pid)
    with pytest.raises(FileNotFoundError):
        identity()
