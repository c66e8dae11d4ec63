"""Checks of nova/host-memory-psutil.patch: free memory with and without /proc/meminfo."""

import importlib.metadata
import io
import os
import re
import types

import pytest

pytestmark = pytest.mark.patch("nova/host-memory-psutil.patch")

MEMINFO = """\
MemTotal:       16384000 kB
MemFree:         1000000 kB
MemAvailable:    9000000 kB
Buffers:           20000 kB
Cached:          3000000 kB
SwapCached:         5000 kB
"""


@pytest.fixture
def psutil_says(monkeypatch):
    """Make psutil report this many bytes as available; None makes asking it an error."""
    import psutil

    def say(available):
        def virtual_memory():
            assert available is not None, "psutil was asked"
            return types.SimpleNamespace(available=available)

        monkeypatch.setattr(psutil, "virtual_memory", virtual_memory)

    return say


@pytest.fixture
def meminfo(monkeypatch):
    """Make /proc/meminfo this text, or an error that opening it raises."""
    from nova.virt.libvirt import host

    def become(content):
        def fake_open(path):
            assert path == "/proc/meminfo"
            if isinstance(content, OSError):
                raise content
            return io.StringIO(content)

        monkeypatch.setattr(host, "open", fake_open, raising=False)

    return become


@pytest.mark.on_freebsd
def test_without_meminfo_the_bytes_of_psutil_become_kib(psutil_says):
    from nova.virt.libvirt import host

    psutil_says(5 * 1024**3 + 1023)
    assert host.Host._get_avail_memory_kb() == 5 * 1024**2


@pytest.mark.on_freebsd
def test_without_meminfo_used_memory_is_the_total_less_what_psutil_says(bhyve_host, psutil_says):
    psutil_says(4096 * 1024**2)
    assert bhyve_host.get_memory_mb_used() == 16384 - 4096


@pytest.mark.on_freebsd
def test_the_available_memory_of_this_host_is_part_of_its_memory():
    import psutil
    from nova.virt.libvirt import host

    assert 0 < host.Host._get_avail_memory_kb() < psutil.virtual_memory().total // 1024


def test_a_meminfo_that_cannot_be_read_is_not_taken_for_a_missing_one(meminfo, psutil_says):
    from nova.virt.libvirt import host

    meminfo(PermissionError(13, "Permission denied", "/proc/meminfo"))
    psutil_says(None)
    with pytest.raises(PermissionError):
        host.Host._get_avail_memory_kb()


def test_psutil_is_a_requirement_of_nova_itself():
    names = {
        re.match(r"[A-Za-z0-9._-]+", line).group().lower()
        for line in importlib.metadata.requires("nova")
        if "extra ==" not in line
    }
    assert "psutil" in names


def test_with_meminfo_its_three_figures_are_added_and_psutil_is_not_asked(
    bhyve_host, meminfo, psutil_says
):
    meminfo(MEMINFO)
    psutil_says(None)
    assert bhyve_host._get_avail_memory_kb() == 1000000 + 20000 + 3000000
    assert bhyve_host.get_memory_mb_used() == 16384 - 4020000 // 1024


@pytest.mark.on_linux
def test_the_meminfo_of_this_machine_is_read(psutil_says):
    from nova.virt.libvirt import host

    psutil_says(None)
    physical_kb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024
    assert 0 < host.Host._get_avail_memory_kb() <= physical_kb
