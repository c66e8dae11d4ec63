"""A real QEMU starts the guest that nova describes on FreeBSD: tests/port/nova/qemu_guest.xml.

libvirt's QEMU driver runs in `virt-qemu-run`, so that no daemon is needed. Without KVM, as there.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

DOMAIN = Path(__file__).parent / "port/nova/qemu_guest.xml"
INTERFACE = Path(__file__).parent / "port/nova/multiqueue_interface.xml"
INSTANCES = "/var/lib/nova/instances"
MEMORY = ("<memory>2097152</memory>", "<memory>65536</memory>")
PROGRAMS = ("qemu-system-x86_64", "virt-qemu-run", "setpriv")
NOBODY = 65534
SECONDS = 300
SETTINGS = """\
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
"""


pytestmark = pytest.mark.timeout(2 * SECONDS)
needs_qemu = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)),
    reason="not installed; on Debian: apt-get install qemu-system-x86 libvirt-daemon-driver-qemu",
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a short name, because libvirt puts sockets in it."""
    found = Path(tempfile.mkdtemp(prefix="fp-", dir="/tmp"))
    (found / "etc").mkdir()
    (found / "etc/qemu.conf").write_text(SETTINGS)
    yield found
    shutil.rmtree(found)


@pytest.fixture
def tap() -> Iterator[str]:
    """The name of a tap with several queues that QEMU may open."""
    if os.getuid() != 0 or not shutil.which("ip") or not Path("/dev/net/tun").exists():
        pytest.skip("no root, no command ip or no /dev/net/tun: no tap can be made")
    name = f"fp{os.getpid()}"
    words = ["ip", "tuntap", "add", "dev", name, "mode", "tap", "multi_queue", "user", str(NOBODY)]
    made = subprocess.run(words, capture_output=True, check=False, text=True)
    if made.returncode:
        pytest.skip(f"no tap can be made: {made.stderr.strip()}")
    yield name
    subprocess.run(["ip", "tuntap", "del", "dev", name, "mode", "tap", "multi_queue"], check=True)


def start(place: Path, domain: str) -> str:
    """Let libvirt start a guest and end it again; gives what it said."""
    (place / "guest.xml").write_text(domain)
    words = ["virt-qemu-run", "--verbose", f"--root={place}", str(place / "guest.xml")]
    if os.getuid() == 0:  # then libvirt wants a user of its own, which is not everywhere
        words = ["setpriv", f"--reuid={NOBODY}", "--clear-groups", *words]
        for path in (place, *place.rglob("*")):
            os.chown(path, NOBODY, -1)
    process = subprocess.Popen(
        words,
        env={**os.environ, "HOME": str(place), "XDG_RUNTIME_DIR": str(place)},
        stderr=subprocess.PIPE,
        text=True,
    )
    limit = Timer(SECONDS, process.kill)
    limit.start()
    said = ""
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            if "guest running" in line:
                process.send_signal(signal.SIGINT)
                break
        process.communicate()
    finally:
        limit.cancel()
        process.kill()
        process.wait()
    return said


def save_disk(place: Path, domain: str) -> str:
    """Make the disk of a guest; give its domain as it is to be started here."""
    instance = place / domain.partition("<uuid>")[2].partition("<")[0]
    instance.mkdir()
    (instance / "disk").write_bytes(bytes(1 << 20))
    return domain.replace(INSTANCES, str(place)).replace(*MEMORY)


@needs_qemu
def test_qemu_starts_the_guest_that_nova_describes_on_freebsd(place: Path) -> None:
    domain = DOMAIN.read_text()
    assert '<domain type="qemu">' in domain
    said = start(place, save_disk(place, domain))
    assert "guest running" in said, said
    log = next(place.rglob("instance-*.log")).read_text()
    assert "-accel tcg" in log
    assert "kvm" not in log.partition("-accel")[2]


@needs_qemu
def test_qemu_starts_two_vcpus_with_the_interface_of_the_option_multiqueue(
    place: Path, tap: str
) -> None:
    interface = INTERFACE.read_text()
    assert '<driver name="vhost" queues="2"/>' in interface
    interface = interface.replace("tap0", tap).replace('"vhost"', '"qemu"')  # no /dev/vhost-net
    domain = DOMAIN.read_text().replace("  </devices>", interface + "  </devices>")
    said = start(place, save_disk(place, domain))
    assert "guest running" in said, said
    log = next(place.rglob("instance-*.log")).read_text()
    assert "-smp 2," in log
    assert '"mq":true' in log
    (netdev,) = [line for line in log.splitlines() if line.startswith("-netdev")]
    assert re.search(r'"fds":"\d+:\d+"', netdev), netdev
