"""Checks of nova/swap-missing-mkswap.patch: a guest's swap disk with and without mkswap."""

import logging

import pytest

pytestmark = pytest.mark.patch("nova/swap-missing-mkswap.patch")

MIB = 1024**2

# What nova asks of qemu-img here: `create -f raw PATH 64M`.
QEMU_IMG = """PATH=/bin:/usr/bin
dd if=/dev/null of="$4" bs=1048576 seek="${5%M}" 2>/dev/null"""


@pytest.fixture
def create_swap(command, tmp_path, monkeypatch):
    """Make a swap disk of 64 MiB, as a spawn does."""
    from nova.virt.libvirt import driver

    command("env", 'exec /usr/bin/env "$@"')
    monkeypatch.setenv("PATH", str(command("qemu-img", QEMU_IMG).parent))

    def create():
        path = tmp_path / "disk.swap"
        driver.LibvirtDriver._create_swap(str(path), 64)
        return path

    return create


@pytest.mark.on_freebsd
@pytest.mark.parametrize("virt_type", ["bhyve", "qemu"])
def test_without_mkswap_the_disk_is_blank_and_a_warning_names_it(
    virt_type, create_swap, caplog, option
):
    option("libvirt", "virt_type", virt_type)
    with caplog.at_level(logging.WARNING):
        path = create_swap()
    assert path.stat().st_size == 64 * MIB
    assert not path.read_bytes().strip(b"\0")
    assert "Unable to format {} as swap space".format(path) in caplog.text


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu", "lxc"])
def test_on_linux_a_missing_mkswap_is_an_error_as_before(virt_type, create_swap, option):
    option("libvirt", "virt_type", virt_type)
    with pytest.raises(FileNotFoundError, match="mkswap"):
        create_swap()


def test_with_mkswap_the_disk_is_formatted(create_swap, command, caplog):
    command("mkswap", 'echo formatted >"$1"')
    with caplog.at_level(logging.WARNING):
        assert create_swap().read_text() == "formatted\n"
    assert "swap space" not in caplog.text


@pytest.mark.on_freebsd
def test_a_mkswap_that_fails_is_still_an_error(create_swap, command, option):
    from oslo_concurrency import processutils

    option("libvirt", "virt_type", "bhyve")
    command("mkswap", "exit 1")
    with pytest.raises(processutils.ProcessExecutionError):
        create_swap()
