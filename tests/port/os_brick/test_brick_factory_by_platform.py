"""Which connector the factory makes for a protocol."""

import platform
import sys

import pytest
from os_brick import exception
from os_brick.initiator import connector

pytestmark = pytest.mark.patch("os-brick/brick-factory-by-platform.patch")


def make(protocol):
    options = {"nfs_mount_point_base": "/nonexistent"} if protocol == "NFS" else {}
    made = connector.InitiatorConnector.factory(protocol, None, **options)
    return "{0.__module__}.{0.__name__}".format(type(made))


@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("protocol", "name"),
    [
        ("ISCSI", "os_brick_freebsd.iscsi.FreeBSDISCSIConnector"),
        ("iscsi", "os_brick_freebsd.iscsi.FreeBSDISCSIConnector"),
        ("NFS", "os_brick.initiator.connectors.remotefs.RemoteFsConnector"),
        ("LOCAL", "os_brick.initiator.connectors.local.LocalConnector"),
    ],
)
def test_freebsd_has_connectors_of_its_own(protocol, name):
    assert make(protocol) == name


@pytest.mark.on_freebsd
@pytest.mark.parametrize("protocol", ["FIBRE_CHANNEL", "NVMEOF", "RBD", "ISER"])
def test_what_only_linux_can_do_is_refused_by_name(protocol):
    with pytest.raises(exception.InvalidConnectorProtocol, match=protocol):
        make(protocol)


@pytest.mark.on_freebsd
def test_iscsi_without_its_package_is_refused_with_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "os_brick_freebsd.iscsi", None)
    with pytest.raises(exception.InvalidConnectorProtocol, match=r"ISCSI needs os_brick_freebsd"):
        make("ISCSI")


@pytest.mark.on_freebsd
def test_a_connector_of_os_brick_that_fails_to_import_is_no_unknown_protocol(monkeypatch):
    monkeypatch.setitem(sys.modules, "os_brick.initiator.connectors.local", None)
    with pytest.raises(ImportError):
        make("LOCAL")


@pytest.mark.on_linux
def test_linux_chooses_by_the_machine_as_before():
    assert connector.get_connector_mapping("x86_64") is connector._connector_mapping_linux
    assert connector.get_connector_mapping("s390x") is connector._connector_mapping_linux_s390x
    assert connector.get_connector_mapping("ppc64le") is connector._connector_mapping_linux_ppc64
    if platform.machine() in ("x86_64", "aarch64"):
        assert make("ISCSI") == "os_brick.initiator.connectors.iscsi.ISCSIConnector"
