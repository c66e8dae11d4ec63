"""Checks of nova/console-log.patch: where the output of a console comes from."""

import pytest
from one_guest import UUID, bhyve_domain, guest_on, kvm_domain

pytestmark = pytest.mark.patch("nova/console-log.patch")

SERIAL = "<serial type='nmdm'><source master='/dev/nmdm7A' slave='/dev/nmdm7B'/></serial>"

# What libvirt makes of it: the first serial device is the console as well.
NMDM = SERIAL + SERIAL.replace("serial", "console")

TCP = "<console type='tcp'><source mode='bind' host='127.0.0.1' service='10000'/>{}</console>"


@pytest.fixture
def console(option, monkeypatch, tmp_path):
    """The console output of a domain that nova runs with the virt_type."""
    import nova.privsep

    monkeypatch.setattr(nova.privsep.sys_admin_pctxt, "client_mode", False)
    option(None, "instances_path", str(tmp_path))
    (tmp_path / UUID).mkdir()

    def output(domain, virt_type):
        driver, instance = guest_on(domain, option, monkeypatch, virt_type=virt_type)
        return driver.get_console_output(None, instance)

    return output


@pytest.mark.on_freebsd
def test_an_nmdm_console_is_read_from_the_log_of_the_instance(console, libvirt, tmp_path):
    (tmp_path / UUID / "console.log").write_bytes(b"FreeBSD/amd64 (guest) (ttyu0)\r\n\r\nlogin: ")
    assert console(bhyve_domain(libvirt, devices=NMDM), "bhyve").endswith(b"login: ")


@pytest.mark.on_freebsd
def test_rotated_logs_come_first(console, libvirt, tmp_path):
    (tmp_path / UUID / "console.log").write_bytes(b"new")
    (tmp_path / UUID / "console.log.0").write_bytes(b"old")
    assert console(bhyve_domain(libvirt, devices=NMDM), "bhyve") == b"oldnew"


@pytest.mark.on_freebsd
def test_no_log_yet_is_no_output(console, libvirt):
    assert console(bhyve_domain(libvirt, devices=NMDM), "bhyve") == ""


@pytest.mark.parametrize(
    "devices",
    ["", TCP.format(""), TCP.replace("console", "serial").format("") + TCP.format("") + SERIAL],
    ids=["none", "tcp", "tcp before nmdm"],
)
def test_a_guest_without_a_console_that_is_logged_is_refused(devices, console, libvirt):
    from nova import exception

    with pytest.raises(exception.ConsoleNotAvailable):
        console(bhyve_domain(libvirt, devices=devices), "qemu")


@pytest.mark.on_linux
def test_a_console_with_a_log_of_libvirt_is_read_from_that_one(console, libvirt, tmp_path):
    log = tmp_path / "elsewhere.log"
    log.write_bytes(b"of libvirt")
    (tmp_path / UUID / "console.log").write_bytes(b"of nobody")
    devices = TCP.format("<log file='{}' append='off'/>".format(log))
    assert console(kvm_domain(libvirt, devices=devices), "kvm") == b"of libvirt"


@pytest.mark.on_linux
def test_a_log_of_libvirt_is_read_where_there_is_a_null_modem_as_well(console, libvirt, tmp_path):
    log = tmp_path / "file.log"
    log.write_bytes(b"of the file")
    (tmp_path / UUID / "console.log").write_bytes(b"of nobody")
    devices = "<console type='file'><source path='{}'/></console>".format(log) + SERIAL
    assert console(kvm_domain(libvirt, devices=devices), "kvm") == b"of the file"


@pytest.mark.on_linux
def test_a_console_in_a_file_is_read_from_the_file(console, libvirt, tmp_path):
    log = tmp_path / "file.log"
    log.write_bytes(b"of the file")
    devices = "<console type='file'><source path='{}'/></console>".format(log)
    assert console(kvm_domain(libvirt, devices=devices), "kvm") == b"of the file"
