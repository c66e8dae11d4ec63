"""The stand-in's face: what the bhyve driver has, what it lacks, and what libvirt-python lacks."""

import inspect

import pytest
from bhyve_libvirt import Connection, LibvirtError, make_libvirt
from bhyve_libvirt.api import METHODS
from bhyve_libvirt.domain import Domain

NO_CONNECT, INTERNAL, NO_SUPPORT, INVALID_ARG = 5, 1, 3, 8
LACKING = {
    "virDomain": """
        suspend resume save managedSave migrate migrateToURI3 migrateSetMaxDowntime
        snapshotCreateXML snapshotLookupByName blockRebase blockCommit blockCopy
        blockJobAbort blockJobInfo blockResize blockStats blockInfo interfaceStats
        memoryStats attachDevice attachDeviceFlags detachDevice detachDeviceFlags
        updateDeviceFlags pinVcpu vcpus vcpusFlags maxVcpus jobInfo jobStats abortJob
        injectNMI setUserPassword fsFreeze fsThaw setTime getTime memoryPeek screenshot
        sendKey reset schedulerParameters blockIoTune setVcpus setMemory getCPUStats
        isUpdated rename launchSecurityInfo
        """,
    "virConnect": """
        getCPUModelNames listAllDevices listDevices nodeDeviceLookupByName listAllSecrets
        secretDefineXML secretLookupByUsage listAllStoragePools listAllNetworks listAllInterfaces
        listAllNWFilters getCellsFreeMemory getSecurityModel numOfDevices saveImageGetXMLDesc
        """,
}


@pytest.mark.parametrize(
    ("kind", "method"), [(kind, name) for kind, names in LACKING.items() for name in names.split()]
)
def test_what_the_driver_lacks_is_not_supported(kind, method, connection, describe):
    face = connection if kind == "virConnect" else connection.defineXML(describe())
    with pytest.raises(LibvirtError) as caught:
        getattr(face, method)()
    assert caught.value.get_error_code() == NO_SUPPORT
    wording = "this function is not supported by the connection driver: "
    assert str(caught.value) == wording + METHODS[kind][method]


def test_the_cpu_map_is_not_supported_off_linux(connection):
    with pytest.raises(LibvirtError) as caught:
        connection.getCPUMap()
    assert caught.value.get_error_code() == NO_SUPPORT


def test_all_of_libvirt_python_is_there_and_nothing_else():
    for kind, stand_in in (("virConnect", Connection), ("virDomain", Domain)):
        public = {name for name, _ in inspect.getmembers(stand_in) if not name.startswith("_")}
        own = {"capabilities", "send", "connect"}
        assert set(METHODS[kind]) <= public
        assert public - set(METHODS[kind]) <= own


def test_a_name_that_libvirt_python_lacks_is_an_attribute_error(connection, describe):
    with pytest.raises(AttributeError):
        connection.getCPUMaps  # noqa: B018
    with pytest.raises(AttributeError):
        connection.defineXML(describe()).pause  # noqa: B018
    with pytest.raises(AttributeError):
        make_libvirt().VIR_DOMAIN_NONSENSE  # noqa: B018


def test_the_constants_have_the_numbers_of_libvirt():
    libvirt = make_libvirt()
    assert libvirt.VIR_ERR_NO_SUPPORT == 3
    assert libvirt.VIR_ERR_NO_DOMAIN == 42
    assert libvirt.VIR_ERR_CONFIG_UNSUPPORTED == 67
    assert libvirt.VIR_FROM_BHYVE == 57
    assert libvirt.VIR_DOMAIN_UNDEFINE_NVRAM == 4
    assert libvirt.VIR_NODE_CPU_STATS_ALL_CPUS == -1
    assert libvirt.VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS == "parallel.connections"


def test_one_uri_opens_the_driver():
    libvirt = make_libvirt()
    assert libvirt.openAuth("bhyve:///system", [[], None, None], 0).getType() == "BHYVE"
    for uri, code in (("qemu:///system", NO_CONNECT), ("bhyve:///session", INTERNAL)):
        with pytest.raises(LibvirtError) as caught:
            libvirt.openAuth(uri, [[], None, None], 0)
        assert caught.value.get_error_code() == code
    assert libvirt.opened == ["bhyve:///system", "qemu:///system", "bhyve:///session"]


def test_the_host_is_that_of_bhyve(connection):
    assert connection.getInfo() == ["x86_64", 16384, 8, 2100, 1, 1, 8, 1]
    assert connection.getMaxVcpus("bhyve") == 16
    assert set(connection.getCPUStats(-1)) == {"kernel", "user", "idle", "intr"}
    assert set(connection.getMemoryStats(-1)) == {"total", "free", "cached", "buffers"}
    assert connection.getFreeMemory() > 0
    assert "</topology>" not in connection.getCapabilities()
    with pytest.raises(LibvirtError):
        connection.getMaxVcpus("kvm")


def test_domain_capabilities_list_the_firmware_that_is_there(connection):
    connection.driver.firmwares = {"A.fd"}
    xml = connection.getDomainCapabilities("/usr/sbin/bhyve", "x86_64", None, "bhyve", 0)
    assert "<value>/usr/local/share/uefi-firmware/A.fd</value>" in xml
    assert "<hostdev supported='no'/>" in xml
    with pytest.raises(LibvirtError) as caught:
        connection.getDomainCapabilities(None, None, None, "kvm", 0)
    assert caught.value.get_error_code() == INVALID_ARG


def test_lifecycle_events_arrive_when_the_event_loop_turns(connection, describe):
    libvirt = make_libvirt(connection)
    seen = []

    def note(conn, domain, event, detail, opaque):
        seen.append((conn, domain.name(), event, detail, opaque))

    number = connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, note, 9)
    connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, note, 8)
    domain = connection.defineXML(describe())
    domain.create()
    assert seen == []
    domain.destroy()
    for _ in range(3):
        libvirt.virEventRunDefaultImpl()
    assert [(event, detail) for _, _, event, detail, _ in seen] == [(0, 0), (2, 0), (5, 1)]
    assert seen[0] == (connection, "guest", 0, 0, 9)
    connection.domainEventDeregisterAny(number)
    domain.create()
    assert connection.driver.loop.pending.empty()


def test_a_guest_that_ends_by_itself_sends_no_event(connection, describe):
    domain = connection.defineXML(describe())
    domain.create()
    connection.domainEventRegisterAny(None, 0, lambda *event: None, None)
    domain.shutdown()
    assert connection.driver.loop.pending.empty()
