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
    """Function that runs what the child runs, with a daemon that does what it is told."""

    def start(run):
        def end(status):
            raise Ended(status)

        monkeypatch.setattr(daemon, "replace_logging", lambda handler: None)
        monkeypatch.setattr(daemon, "Daemon", lambda *_, **__: SimpleNamespace(run=run))
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
def test_the_caller_hears_once_that_a_real_daemon_failed(run_daemon):
    run = run_daemon("fork", user="no-such-user")

    (answer,) = run.answers
    assert answer["error"] == "FailedToDropPrivileges"


@PATCH
def test_a_daemon_that_is_done_ends_with_status_0(start_in_the_child):
    assert start_in_the_child(lambda: None) == 0
