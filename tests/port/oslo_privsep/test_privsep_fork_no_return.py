"""A forked privsep daemon ends in the library, whatever happens to it."""

import os
from types import SimpleNamespace

import pytest
from oslo_privsep import daemon

PATCH = pytest.mark.patch("oslo.privsep/privsep-fork-no-return.patch")


class Ended(BaseException):
    """Stands for os._exit(status)."""


@pytest.fixture
def start_in_the_child(monkeypatch):
    """Function (run, **replaced) that runs what the child runs, with this daemon.

    `replaced` are names of the module, dotted ones too, and what is called instead.
    """

    def start(run, **replaced):
        def end(status):
            raise Ended(status)

        quiet = {"replace_logging": lambda handler: None}
        made = {"Daemon": lambda channel, context: SimpleNamespace(run=run)}
        for name, function in {**quiet, **made, **replaced}.items():
            monkeypatch.setattr("oslo_privsep.daemon." + name, function)
        monkeypatch.setattr(os, "fork", lambda: 0)
        monkeypatch.setattr(os, "_exit", end)
        with pytest.raises(Ended) as caught:
            daemon.ForkingClientChannel(None)
        return caught.value.args[0]

    return start


def fail():
    raise daemon.FailedToDropPrivileges("would stay root")


@PATCH
@pytest.mark.on_freebsd
def test_a_daemon_that_fails_logs_why_and_ends_with_status_1(start_in_the_child, caplog):
    assert start_in_the_child(fail) == 1
    assert "would stay root" in caplog.text


@PATCH
@pytest.mark.on_freebsd
def test_a_daemon_that_asks_to_exit_ends_with_status_1(start_in_the_child):
    def leave():
        raise SystemExit(3)

    assert start_in_the_child(leave) == 1


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize("step", ["un_monkey_patch", "comm.ServerChannel", "replace_logging"])
def test_a_child_that_fails_before_there_is_a_daemon_ends_with_status_1(
    step, start_in_the_child, caplog
):
    def fail_early(*args):
        raise OSError("no daemon yet")

    def run():
        raise AssertionError("the daemon runs without what failed")

    status = start_in_the_child(run, **{step: fail_early})
    assert status == 1
    assert "no daemon yet" in caplog.text


@PATCH
@pytest.mark.on_freebsd
def test_the_caller_hears_once_that_a_real_daemon_failed(run_daemon):
    run = run_daemon("fork", user="no-such-user")

    (answer,) = run.answers
    assert answer["error"] == "FailedToDropPrivileges"


@PATCH
def test_the_child_serves_its_context_on_its_own_end_and_closes_the_other(start_in_the_child):
    seen = SimpleNamespace()

    def make_daemon(channel, context):
        seen.context = context
        channel.setblocking(False)
        return SimpleNamespace(run=lambda: setattr(seen, "received", channel.recv(1)))

    served = {"comm.ServerChannel": lambda end: end, "Daemon": make_daemon}
    handlers = []
    assert start_in_the_child(None, replace_logging=handlers.append, **served) == 0
    assert (seen.context, seen.received) == (None, b"")
    assert [each.processName for each in handlers] == ["None"]


@PATCH
def test_a_daemon_that_is_done_ends_with_status_0(start_in_the_child):
    assert start_in_the_child(lambda: None) == 0
