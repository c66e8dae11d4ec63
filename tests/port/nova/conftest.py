"""A host for nova's checks: libvirt's bhyve driver, the commands of the base system, the options.

libvirt-python is not needed, and where it is installed it is not used: nova talks to a stand-in,
the package bhyve_libvirt, that accepts and refuses what libvirt's bhyve driver does on FreeBSD.
"""

import os
from pathlib import Path

import any_release
import pytest
from bhyve_libvirt import Connection, make_libvirt
from bhyve_libvirt.capabilities import CAPABILITIES
from zfs_pool import DATASET, ZfsPool

os.environ.setdefault("OS_NOVA_DISABLE_EVENTLET_PATCHING", "true")

# The memory cells with which libvirt describes a host of two CPUs on Linux.
CELL_OF_TWO = """
    <topology><cells num='1'><cell id='0'>
      <memory unit='KiB'>16777216</memory>
      <cpus num='2'>
        <cpu id='0' socket_id='0' core_id='0' siblings='%s'/>
        <cpu id='1' socket_id='0' core_id='%d' siblings='%s'/>
      </cpus>
    </cell></cells></topology>
  </host>"""


@pytest.fixture
def connection():
    """The connection to the bhyve host; a check may change what it answers."""
    return Connection()


@pytest.fixture
def libvirt(connection, monkeypatch):
    """The stand-in for libvirt, in every module of nova that these checks reach."""
    from nova.virt.libvirt import driver, guest, host, migration

    module = make_libvirt(connection)
    for user in (driver, guest, host, migration):
        monkeypatch.setattr(user, "libvirt", module)
    return module


@pytest.fixture
def bhyve_host(libvirt):
    """nova's Host, connected to the stand-in."""
    from nova.virt.libvirt import host

    return host.Host("bhyve:///system")


@pytest.fixture
def qemu(connection, monkeypatch):
    """Have the host answer as one of QEMU on Linux does: qemu(its version, as libvirt counts)."""

    answer_of_bhyve = connection.getDomainCapabilities()

    def answer(version=8002000):
        monkeypatch.setattr(connection, "getType", lambda: "QEMU")
        monkeypatch.setattr(connection, "getVersion", lambda: version)
        monkeypatch.setattr(connection, "getDomainCapabilities", lambda *args: answer_of_bhyve)

    return answer


@pytest.fixture
def make_driver(libvirt, option, tmp_path):
    """Make nova's driver for a virt_type, connected to the stand-in."""
    from nova.virt.libvirt import driver

    def make(virt_type):
        option("libvirt", "connection_uri", "bhyve:///system")
        option("libvirt", "virt_type", virt_type)
        option("libvirt", "images_type", "raw")
        option(None, "state_path", str(tmp_path))
        option(None, "instances_path", str(tmp_path))
        return driver.LibvirtDriver(None)

    return make


@pytest.fixture
def no_instances(monkeypatch):
    """Have no instance here, for a driver that looks them up in the database when it starts."""
    import guest_recipe

    instances = guest_recipe.prepare_objects().InstanceList
    monkeypatch.setattr(instances, "get_by_host", lambda *args, **options: instances(objects=[]))


@pytest.fixture
def require_patch(request):
    """Skip a check that needs a patch which is not on: require_patch(name, is_of_this_release).

    For a check that is good without the patch in the releases that have no use for it.
    """
    listed = request.config.getoption("--patches-on")
    on = None if listed is None else Path(listed).read_text("utf-8").splitlines()

    def require(name, is_of_this_release):
        if is_of_this_release and on is not None and name not in on:
            pytest.skip(name + " is not on")

    return require


@pytest.fixture
def two_threads(connection):
    """Give the host memory cells with two CPUs, as on Linux: two threads of one core, or not."""

    def describe(of_one_core):
        siblings = ("0-1", 0, "0-1") if of_one_core else ("0", 1, "1")
        connection.capabilities = CAPABILITIES.replace("</host>", CELL_OF_TWO % siblings)

    return describe


@pytest.fixture
def option():
    """Set options of nova for one check: option(group, name, value), no group is None."""
    import nova.conf

    changed = []

    def override(group, name, value):
        nova.conf.CONF.set_override(name, value, group)
        changed.append((group, name))

    yield override
    for group, name in changed:
        nova.conf.CONF.clear_override(name, group)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Put a command before all others of its name: command(name, shell_script)."""
    directory = tmp_path / "commands"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory) + os.pathsep + os.environ.get("PATH", ""))

    def install(name, script):
        path = directory / name
        path.write_text("#!/bin/sh\n" + script + "\n")
        path.chmod(0o755)
        return path

    return install


@pytest.fixture
def driver_for(make_driver, option, monkeypatch):
    """Make nova's driver for recipes of guests: driver_for("bhyve").

    Its instances are below guest_recipe.INSTANCES, and what differs from run to run in the XML of
    a domain is fixed.
    """
    import guest_recipe

    guest_recipe.freeze(monkeypatch)

    def make(virt_type):
        driver = make_driver(virt_type)
        option(None, "instances_path", guest_recipe.INSTANCES)
        driver._disk_cachemode = "writeback"  # or it depends on what is at that path
        return driver

    return make


@pytest.fixture
def make_zfs_pool(command, option, monkeypatch, tmp_path):
    """Make a pool of the stand-in for zfs(8), for guests of bhyve: make_zfs_pool(**options).

    nova finds its devices, calls its privileged functions itself, and tries again without waiting.
    zfs(8) and qemu-img(1) are on the PATH, and answer without being started.
    """
    import nova.privsep

    def make(**options):
        pool = ZfsPool(tmp_path / "pool", **options)
        command("zfs", pool.script)
        command("qemu-img", pool.script_of("qemu-img"))
        pool.use(monkeypatch)
        pool.spare_processes(monkeypatch)
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        monkeypatch.setattr(nova.privsep.sys_admin_pctxt, "client_mode", False)
        if any_release.has_option("libvirt", "images_zfs_dataset"):
            option("libvirt", "virt_type", "bhyve")
            option("libvirt", "images_type", "zfs")
            option("libvirt", "images_zfs_dataset", DATASET)
        option(None, "instances_path", str(tmp_path / "instances"))
        return pool

    return make


@pytest.fixture
def zfs_pool(make_zfs_pool):
    """A pool of the stand-in for zfs(8) with room enough."""
    return make_zfs_pool()


@pytest.fixture
def make_zfs_disk(zfs_pool, libvirt):
    """Give nova's image backend for a disk of a guest: make_zfs_disk(name, guest)."""
    import guest_recipe
    from nova.virt.libvirt import imagebackend

    def make(name="disk", guest=guest_recipe.UUID):
        instance = guest_recipe.make_instance(guest_recipe.make_image(), uuid=guest)
        return any_release.call(
            imagebackend.Backend(True).by_name,
            instance=instance,
            name=name,
            disk_info_mapping={"bus": "virtio", "dev": "vda", "type": "disk"},
        )

    return make
