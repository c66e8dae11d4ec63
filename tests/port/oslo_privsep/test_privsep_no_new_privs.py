"""An operator may forbid the daemon, and what it runs, to gain privileges by executing."""

import ctypes
import errno
import os
import pwd
import shutil
import tempfile
from types import SimpleNamespace

import pytest
from oslo_config import cfg
from oslo_privsep import daemon, priv_context

PATCH = pytest.mark.patch("oslo.privsep/privsep-no-new-privs.patch")
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a set-user-ID file")

NOBODY = pwd.getpwnam("nobody")
PROC_NO_NEW_PRIVS_CTL = 19


@pytest.fixture
def procctl(monkeypatch):
    """The calls of procctl(2) as their arguments, in `calls`; `error` makes them fail.

    It stands in for the real one, which would bind the process of the checks.
    """
    answer = SimpleNamespace(calls=[], error=0)

    def call(id_type, pid, command, argument):
        arguments = (id_type.value, pid.value, command.value, argument._obj.value)
        answer.calls.append(("procctl", *arguments))
        if answer.keeps_errno:
            ctypes.set_errno(answer.error)
        return -1 if answer.error else 0

    def load(name, use_errno=False):
        ctypes.set_errno(0)
        answer.keeps_errno = use_errno
        return SimpleNamespace(procctl=call)

    monkeypatch.setattr(ctypes, "CDLL", load)
    return answer


@pytest.fixture
def set_user_id_program(monkeypatch):
    """The daemon's client is to run a copy of `id -u` that belongs to root and is set-user-ID."""
    places = [place for place in (tempfile.gettempdir(), "/") if allows_set_user_id(place)]
    assert places, "no file system here lets a program be set-user-ID"
    directory = tempfile.mkdtemp(dir=places[0])
    program = shutil.copy(shutil.which("id"), directory)
    os.chmod(directory, 0o755)
    os.chmod(program, 0o4755)
    monkeypatch.setenv("DAEMON_CLIENT_COMMAND", program + " -u")
    yield program
    shutil.rmtree(directory)


def allows_set_user_id(place):
    return not os.statvfs(place).f_flag & os.ST_NOSUID


@PATCH
@pytest.mark.on_freebsd
def test_new_privileges_are_forbidden_before_root_is_left(drop, root, procctl):
    procctl.calls = root.calls
    drop(user="42", group="84", no_new_privileges=True)
    call = ("procctl", os.P_PID, os.getpid(), PROC_NO_NEW_PRIVS_CTL, 1)
    assert root.calls == [call, ("setgroups", []), ("setgid", 84), ("setuid", 42)]


@PATCH
@pytest.mark.on_freebsd
def test_a_user_without_privileges_may_ask_for_it(drop, unprivileged, procctl):
    drop(no_new_privileges=True)
    assert len(procctl.calls) == 1
    assert unprivileged.calls == []


@PATCH
@pytest.mark.on_freebsd
def test_nothing_is_forbidden_unless_an_operator_asks(drop, root, procctl):
    drop(user="42", group="84")
    assert procctl.calls == []
    assert root.calls == [("setgroups", []), ("setgid", 84), ("setuid", 42)]
    context = priv_context.PrivContext("anywhere", cfg_section="anywhere", capabilities=[])
    assert context.conf.no_new_privileges is False
    assert cfg.CONF.anywhere.no_new_privileges is False


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize("number", [errno.EINVAL, errno.EPERM])
def test_the_daemon_refuses_to_start_where_the_kernel_does(drop, root, procctl, number):
    procctl.error = number
    with pytest.raises(daemon.FailedToDropPrivileges, match=os.strerror(number)):
        drop(user="42", group="84", no_new_privileges=True)
    assert len(procctl.calls) == 1
    assert root.calls == []


@PATCH
@pytest.mark.on_freebsd
def test_the_daemon_refuses_to_start_where_there_is_no_procctl(drop, root, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda *args, **kwargs: SimpleNamespace())
    with pytest.raises(daemon.FailedToDropPrivileges, match="cannot forbid new privileges"):
        drop(user="42", group="84", no_new_privileges=True)
    assert root.calls == []


@PATCH
@pytest.mark.on_freebsd
@NEEDS_ROOT
@pytest.mark.parametrize("method", ["fork", "helper"])
def test_a_real_daemon_gains_no_privilege_from_a_set_user_id_program(
    run_daemon, set_user_id_program, method
):
    run = run_daemon(method, user=NOBODY.pw_name, no_new_privileges=True)
    assert run.answers[0]["identity"]["uids"] == [NOBODY.pw_uid] * 3
    assert int(run.answers[0]["output"]) == NOBODY.pw_uid


@PATCH
@pytest.mark.on_freebsd
@NEEDS_ROOT
def test_a_real_daemon_runs_set_user_id_programs_where_nobody_forbade_it(
    run_daemon, set_user_id_program
):
    run = run_daemon("fork", user=NOBODY.pw_name)
    assert run.answers[0]["identity"]["uids"] == [NOBODY.pw_uid] * 3
    assert int(run.answers[0]["output"]) == 0


@PATCH
@pytest.mark.on_linux
@NEEDS_ROOT
def test_linux_ignores_the_option(run_daemon, set_user_id_program):
    run = run_daemon("fork", user=NOBODY.pw_name, no_new_privileges=True)
    assert run.answers[0]["identity"]["uids"] == [NOBODY.pw_uid] * 3
    assert int(run.answers[0]["output"]) == 0
