"""What becomes of neutron-openvswitch-agent when its main thread ends."""

import os

import pytest
from neutron.plugins.ml2.drivers.openvswitch.agent.openflow.native import ovs_oskenapp

pytestmark = pytest.mark.patch("neutron/neutron-ovs-agent-dies-loudly.patch")


class ProcessEndedError(BaseException):
    """os._exit() was called: nothing of the process runs any more."""


@pytest.fixture
def events(monkeypatch):
    """What happens, in order: a line in the log, the end of the process, os-ken's close."""
    happened = []

    def end(status):
        happened.append("exit {}".format(status))
        raise ProcessEndedError

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(ovs_oskenapp.LOG, "exception", lambda text: happened.append(text))
    monkeypatch.setattr(ovs_oskenapp.hub, "spawn", lambda close: happened.append("close"))
    return happened


def run(monkeypatch, main):
    monkeypatch.setattr(ovs_oskenapp.ovs_agent, "main", main)
    ovs_oskenapp.agent_main_wrapper({}, None)


def test_the_process_ends_with_an_error_after_it_is_logged(events, monkeypatch):
    def main(_bridge_classes, _register_signal):
        raise RuntimeError("no ovsdb-server")

    with pytest.raises(ProcessEndedError):
        run(monkeypatch, main)
    assert events[:2] == ["Agent main thread died of an exception", "exit 1"]


def test_an_agent_that_is_asked_to_stop_is_closed_as_before(events, monkeypatch):
    run(monkeypatch, lambda _bridge_classes, _register_signal: None)
    assert events == ["close"]


def test_an_agent_that_refuses_its_configuration_keeps_its_exit(events, monkeypatch):
    def main(_bridge_classes, _register_signal):
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        run(monkeypatch, main)
    assert events == ["close"]
