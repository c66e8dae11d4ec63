"""Checks of nova/consoles-bhyve.patch: the serial devices of a bhyve guest, and who finds them."""

import types

import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/consoles-bhyve.patch")

MASTER = "/dev/nmdm" + guest_recipe.UUID + "A"
SLAVE = "/dev/nmdm" + guest_recipe.UUID + "B"
NMDM = ("nmdm", {"master": MASTER, "slave": SLAVE})
TCP_SINCE = 11006000
VERSIONS = [9000000, 11003000, TCP_SINCE, 12005000]


def tcp(port):
    return ("tcp", {"mode": "bind", "host": "127.0.0.1", "service": str(port)})


@pytest.fixture
def ports(monkeypatch):
    """Hand out the ports from 10000 on, whatever listens on this machine; the list of those."""
    from nova.console import serial

    given = []

    def acquire_port(host):
        given.append(10000 + len(given))
        return given[-1]

    monkeypatch.setattr(serial, "acquire_port", acquire_port)
    return given


def consoles_of(driver, **recipe):
    return guest_recipe.sources(guest_recipe.make_consoles(driver, **recipe))


def port_of(guest):
    """What the metadata of this guest says of its port."""
    return [
        dict(element.attrib)
        for element in guest_recipe.find(guest, "./metadata/*")
        if element.tag == "{http://openstack.org/xmlns/libvirt/nova/serial/1.0}port"
    ]


def run_guest(driver, monkeypatch, guest):
    """Let libvirt report this guest as running."""
    running = types.SimpleNamespace(get_xml_desc=guest.to_xml)
    monkeypatch.setattr(driver._host, "get_guest", lambda instance: running)


@pytest.mark.on_freebsd
@pytest.mark.parametrize("libvirt_version", VERSIONS)
@pytest.mark.parametrize("specs", [{}, {"hw:serial_port_count": "5"}])
def test_without_the_serial_proxy_there_is_a_null_modem_and_nothing_else(
    libvirt_version, specs, driver_for, connection, option, ports
):
    connection.driver.version = libvirt_version
    driver = driver_for("bhyve")
    assert consoles_of(driver, specs=specs) == [NMDM]
    option("libvirt", "bhyve_tcp_console", True)
    assert consoles_of(driver, specs=specs) == [NMDM]
    assert guest_recipe.make_consoles(driver, specs=specs).metadata == []
    assert ports == []


@pytest.mark.on_freebsd
@pytest.mark.parametrize("libvirt_version", VERSIONS)
@pytest.mark.parametrize("specs", [{}, {"hw:serial_port_count": "3"}])
def test_with_the_serial_proxy_the_port_is_in_the_metadata_and_not_one_of_bhyves(
    libvirt_version, specs, driver_for, connection, option, ports
):
    connection.driver.version = libvirt_version
    option("serial_console", "enabled", True)
    guest = guest_recipe.make_guest(driver_for("bhyve"), specs=specs)
    serials = guest_recipe.find(guest, "./devices/serial")
    assert [serial.get("type") for serial in serials] == ["nmdm"]
    assert port_of(guest) == [{"host": "127.0.0.1", "service": "10000"}]
    assert ports == [10000]
    domain = connection.defineXML(guest.to_xml())
    assert 'service="10000"' in domain.XMLDesc()


def test_bhyve_is_not_asked_to_serve_consoles_unless_an_operator_wants_it():
    import nova.conf

    assert nova.conf.CONF.libvirt.bhyve_tcp_console is False


@pytest.mark.on_freebsd
def test_where_it_is_asked_for_bhyve_serves_the_ports_itself(driver_for, connection, option, ports):
    connection.driver.version = TCP_SINCE
    option("serial_console", "enabled", True)
    option("libvirt", "bhyve_tcp_console", True)
    driver = driver_for("bhyve")
    assert consoles_of(driver) == [tcp(10000)]
    guest = guest_recipe.make_guest(driver, specs={"hw:serial_port_count": "4"})
    assert port_of(guest) == []
    connection.defineXML(guest.to_xml())
    assert ports == [10000, 10001, 10002, 10003, 10004]


@pytest.mark.on_freebsd
def test_more_serial_ports_than_libvirt_takes_are_refused_before_one_is_acquired(
    driver_for, connection, option, ports
):
    from nova import exception

    connection.driver.version = TCP_SINCE
    option("serial_console", "enabled", True)
    option("libvirt", "bhyve_tcp_console", True)
    driver = driver_for("bhyve")
    with pytest.raises(exception.SerialPortNumberLimitExceeded) as caught:
        consoles_of(driver, specs={"hw:serial_port_count": "5"})
    assert str(caught.value) == "Maximum number of serial port exceeds 4 for bhyve"
    assert ports == []


@pytest.mark.on_freebsd
@pytest.mark.parametrize("libvirt_version", [11003000, TCP_SINCE])
def test_no_log_is_promised_that_libvirt_would_not_write(
    libvirt_version, driver_for, connection, option, ports
):
    connection.getLibVersion = lambda: libvirt_version
    option("serial_console", "enabled", True)
    guest = guest_recipe.make_guest(driver_for("bhyve"))
    assert guest_recipe.find(guest, "./devices/serial")
    assert guest_recipe.find(guest, "./devices/serial/log") == []


@pytest.mark.on_freebsd
@pytest.mark.parametrize("libvirt_version", [11003000, TCP_SINCE])
def test_the_serial_proxy_is_sent_to_the_port_of_the_guest(
    libvirt_version, driver_for, connection, option, ports, monkeypatch
):
    connection.getLibVersion = lambda: libvirt_version
    option("serial_console", "enabled", True)
    driver = driver_for("bhyve")
    run_guest(driver, monkeypatch, guest_recipe.make_guest(driver))

    console = driver.get_serial_console(None, guest_recipe.make_instance(guest_recipe.make_image()))
    assert (console.host, console.port) == ("127.0.0.1", 10000)
    guest = driver._host.get_guest(None)
    assert list(driver._get_serial_ports_from_guest(guest)) == [("127.0.0.1", 10000)]
    assert list(driver._get_serial_ports_from_guest(guest, mode="connect")) == []


@pytest.mark.on_freebsd
def test_a_guest_without_a_port_has_no_serial_console(driver_for, monkeypatch):
    from nova import exception

    driver = driver_for("bhyve")
    run_guest(driver, monkeypatch, guest_recipe.make_guest(driver))
    with pytest.raises(exception.ConsoleTypeUnavailable):
        driver.get_serial_console(None, guest_recipe.make_instance(guest_recipe.make_image()))


@pytest.mark.on_freebsd
def test_the_null_modem_outlives_a_reboot_and_no_two_guests_share_it(driver_for, option, ports):
    option("serial_console", "enabled", True)
    driver = driver_for("bhyve")
    first, again = (consoles_of(driver) for _ in range(2))
    other = consoles_of(driver, uuid="6f2c1d0e-7a3b-4c4d-8e9f-0a1b2c3d4e5f")

    assert first[0] == again[0] == NMDM
    assert not set(first[0][1].values()) & set(other[0][1].values())


@pytest.mark.on_freebsd
def test_the_names_of_the_null_modem_are_those_that_libvirt_itself_would_give(driver_for):
    ((_, source),) = consoles_of(driver_for("bhyve"))
    stem = "/dev/nmdm" + guest_recipe.UUID
    assert source == {"master": stem + "A", "slave": stem + "B"}
    assert len(source["master"]) - len("/dev/") <= 63  # SPECNAMELEN was 63 before it was 255


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
def test_on_linux_a_guest_has_a_pty_with_a_log_as_before(virt_type, driver_for):
    guest = guest_recipe.make_consoles(driver_for(virt_type))
    log = guest_recipe.INSTANCES + "/" + guest_recipe.UUID + "/console.log"
    assert [device.to_xml(pretty_print=False) for device in guest.devices] == [
        '<serial type="pty"><log file="%s" append="off"/></serial>' % log
    ]


@pytest.mark.on_linux
def test_on_linux_the_serial_proxy_has_its_ports_and_the_first_one_the_log_as_before(
    driver_for, option, ports, monkeypatch
):
    from nova import exception

    def no_guest(instance):
        raise exception.InstanceNotFound(instance_id=instance.uuid)

    option("serial_console", "enabled", True)
    driver = driver_for("kvm")
    monkeypatch.setattr(driver._host, "get_guest", no_guest)
    specs = {"hw:serial_port_count": "2"}
    guest = guest_recipe.make_consoles(driver, specs=specs)
    assert guest_recipe.sources(guest) == [tcp(10000), tcp(10001)]
    assert [device.log is not None for device in guest.devices] == [True, False]


@pytest.mark.on_linux
@pytest.mark.parametrize(("virt_type", "types_of_console"), [("lxc", ["pty"]), ("parallels", [])])
def test_on_linux_the_other_virt_types_have_what_they_had(virt_type, types_of_console, driver_for):
    consoles = consoles_of(driver_for(virt_type))
    assert [name for name, _ in consoles] == types_of_console
