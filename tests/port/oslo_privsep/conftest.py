"""The privilege policy over a stand-in of the kernel's ids, and daemon_client.py: real daemons."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = str(Path(__file__).parent)
CLIENT = "import daemon_client; daemon_client.{}()"


class DaemonRun:
    """What one run of daemon_client.py printed."""

    def __init__(self, stdout, stderr):
        lines = stdout.splitlines()
        self.answers = [json.loads(line) for line in lines if line.startswith("{")]
        self.log = stderr.splitlines()

    def __repr__(self):
        return "\n".join(map(str, [*self.answers, *self.log]))

    def logged(self, level):
        """Messages of one level, in order, without the level.

        What a helper prints to stderr is no message of the daemon: its interpreter may warn
        there of whatever is installed beside it.
        """
        messages = [line[len(level) + 1 :] for line in self.log if line.startswith(level + " ")]
        return [message for message in messages if not message.startswith("privsep log: ")]


@pytest.fixture
def run_daemon(tmp_path, process_limit):
    """Function (method, as_user=None, main="main", **options of the context) -> DaemonRun."""

    def run(method, as_user=None, main="main", **options):
        config_file = tmp_path / "checks.conf"
        lines = ["{} = {}".format(*option) for option in options.items()]
        config_file.write_text("\n".join(["[checks]", *lines, ""]))
        environment = dict(os.environ)
        paths = [environment.get("PYTHONPATH", ""), HERE, *filter(None, sys.path)]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        arguments = [method, str(config_file)] + ([as_user] if as_user else [])
        done = subprocess.run(
            [sys.executable, "-c", CLIENT.format(main), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=process_limit,
        )
        assert done.returncode == 0, done.stderr
        return DaemonRun(done.stdout, done.stderr)

    return run


class Kernel:
    """The ids of a process, and setuid(2), setgid(2) and setgroups(2) on them.

    Only the effective user root may change to any id; others only among their own.
    """

    def __init__(self, monkeypatch, uids, gid=0):
        self.uids = list(uids)
        self.gids = [gid] * 3
        self.calls = []
        monkeypatch.setattr(os, "getresuid", lambda: tuple(self.uids))
        monkeypatch.setattr(os, "getuid", lambda: self.uids[0])
        monkeypatch.setattr(os, "geteuid", lambda: self.uids[1])
        monkeypatch.setattr(os, "getgid", lambda: self.gids[0])
        for name in ("setuid", "setgid", "setgroups"):
            monkeypatch.setattr(os, name, getattr(self, name))

    def _require(self, permitted):
        if not permitted:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    def setuid(self, uid):
        self._require(self.uids[1] == 0 or uid in self.uids)
        self.calls.append(("setuid", uid))
        self.uids = [uid] * 3

    def setgid(self, gid):
        self._require(self.uids[1] == 0 or gid in self.gids)
        self.calls.append(("setgid", gid))
        self.gids = [gid] * 3

    def setgroups(self, groups):
        self._require(self.uids[1] == 0)
        self.calls.append(("setgroups", groups))


@pytest.fixture
def root(monkeypatch):
    return Kernel(monkeypatch, [0, 0, 0])


@pytest.fixture
def unprivileged(monkeypatch):
    return Kernel(monkeypatch, [1001, 1001, 1001], gid=1001)


@pytest.fixture
def drop(caplog):
    """Function that runs the policy for a context's options and returns the log's messages."""
    from oslo_privsep import capabilities, daemon

    few = [capabilities.CAP_SYS_ADMIN, capabilities.CAP_NET_ADMIN]

    def run(user=None, group=None, caps=few, require=True, no_new_privileges=False):
        conf = SimpleNamespace(
            user=user,
            group=group,
            capabilities=caps,
            require_capabilities=require,
            no_new_privileges=no_new_privileges,
            thread_pool_size=1,
        )
        caplog.clear()
        with caplog.at_level("INFO", logger=daemon.LOG.logger.name):
            daemon.Daemon(None, SimpleNamespace(conf=conf))._drop_privs()
        return [(record.levelname, record.getMessage()) for record in caplog.records]

    return run
