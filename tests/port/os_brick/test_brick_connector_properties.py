"""What a host tells cinder about itself."""

import socket
import sys

import pytest
from os_brick.initiator import connector

pytestmark = pytest.mark.patch("os-brick/brick-connector-properties.patch")

FREEBSD = "os_brick_freebsd.iscsi.FreeBSDISCSIConnector"


def properties():
    return connector.get_connector_properties(None, "192.0.2.7", False, False, host="compute1")


@pytest.mark.on_freebsd
def test_freebsd_names_its_iscsi_initiator_as_iscsictl_does():
    told = properties()
    assert told["initiator"] == "iqn.1994-09.org.freebsd:" + socket.gethostname()
    assert (told["ip"], told["host"]) == ("192.0.2.7", "compute1")


@pytest.mark.on_freebsd
def test_without_the_connector_no_initiator_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "os_brick_freebsd.iscsi", None)
    assert "initiator" not in properties()


@pytest.mark.on_linux
def test_linux_asks_only_its_own_connectors():
    assert connector._get_connector_list() is connector.unix_connector_list
    assert FREEBSD not in connector.unix_connector_list
