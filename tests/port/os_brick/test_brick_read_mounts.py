"""What is mounted, with and without /proc/mounts."""

import pytest
from os_brick.remotefs import remotefs

pytestmark = pytest.mark.patch("os-brick/brick-read-mounts.patch")

SHARE = "192.0.2.1:/volumes"
# mount -p, FreeBSD: fstab(5)'s format, with tabs
MOUNTED = """\
zroot/ROOT/default\t\t/\t\t\tzfs\trw,noatime\t\t1 1
devfs\t\t\t/dev\t\t\tdevfs\trw\t\t0 0
{share}\t\t{point}\tnfs\trw\t\t0 0
"""


@pytest.fixture
def client(tmp_path):
    """A client for NFS that runs nothing; `commands` are those that it would have run."""
    commands = []

    def execute(*command, **_options):
        commands.append(command)
        if command == ("mount", "-p"):
            return MOUNTED.format(share=SHARE, point=made.get_mount_point(SHARE)), ""
        return "", ""

    made = remotefs.RemoteFsClient("nfs", None, execute=execute, nfs_mount_point_base=str(tmp_path))
    commands.clear()
    made.commands = commands
    return made


@pytest.mark.on_freebsd
def test_mounts_are_those_that_mount_prints(client):
    point = client.get_mount_point(SHARE)
    assert client._read_mounts() == {"/": "zroot/ROOT/default", "/dev": "devfs", point: SHARE}
    assert client.commands == [("mount", "-p")]


@pytest.mark.on_freebsd
def test_a_share_that_is_mounted_is_not_mounted_again(client):
    client.mount(SHARE)
    assert client.commands == [("mount", "-p")]


@pytest.mark.on_linux
def test_linux_reads_its_file_and_runs_nothing(client):
    with open("/proc/mounts") as mounts:
        points = {line.split()[1] for line in mounts}
    assert set(client._read_mounts()) == points
    assert client.commands == []
