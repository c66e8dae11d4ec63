"""A bhyve host under nova's functional harness: API, scheduler, conductor, compute, placement."""

import needs  # noqa: F401, I001  first: it skips the lives where they cannot be
import nova.tests.functional  # noqa: F401  then: it settles on native or green threads
import functools
import importlib
import importlib.metadata
import os
import threading
import time
import uuid
from unittest import mock

import threads
import fixtures
import images
import pytest
import sqlalchemy.pool
import toolbox
from bhyve_libvirt import Connection, Driver, make_libvirt
from nova import utils
from nova.tests import fixtures as nova_fixtures
from nova.tests.functional import integrated_helpers
from nova.virt.libvirt import host as libvirt_host
from nova.virt.libvirt.volume import mount as libvirt_mount

HOST = "bhyve1.example.org"
PATIENCE = 600
PAUSE_SECONDS = 0.2

NEEDED = (
    "conf-virt-type-bhyve",
    "driver-freebsd-gate-and-uri",
    "host-cpumap-fallback",
    "host-memory-psutil",
    "host-no-topology",
)
"""What a life of any kind needs: without one of them the host does not come up."""

FOR_GUESTS = (
    "config-nmdm",
    "blockinfo-bhyve",
    "consoles-bhyve",
    "vif-bhyve-models",
    "vif-no-delegate-bhyve",
    "disk-extend-missing-e2fs",
    "usb-controller-bhyve",
    "features-acpi-apic",
    "vnc-gop-tablet",
)
"""What a guest needs to start at all."""


def proves(*patches):
    """Marks of a life: what it needs on FreeBSD, by the names of nova's patches."""
    names = dict.fromkeys(NEEDED + patches)
    marks = [pytest.mark.patch("nova/{}.patch".format(name)) for name in names]
    return [pytest.mark.on_freebsd, *marks]


def find_paste():
    """The configuration of nova's API that came with nova's wheel."""
    for path in importlib.metadata.files("nova"):
        if path.name == "api-paste.ini":
            return str(path.locate())
    raise LookupError("nova has no api-paste.ini")


class EventTurner:
    """Turns libvirt's event loop for nova's threads, which know no end, until it is stopped."""

    def __init__(self, loop):
        self.loop = loop
        self.threads = set()
        self.is_over = False

    def turn(self):
        """Deliver what is there, or end the calling thread."""
        self.threads.add(threading.current_thread())
        if self.is_over:
            raise SystemExit
        self.loop.run_once()

    def stop(self):
        self.is_over = True
        for thread in self.threads:
            thread.join()


class BhyveHostCase(integrated_helpers._IntegratedTestBase):
    """One compute node on the stand-in of libvirt, with real files and no program of Linux's.

    Fake are: libvirt, the programs in commands/, glance, neutron, cinder, and the plugging of
    interfaces, which os-vif and neutron's agent do. All else is nova's own, on SQLite.
    """

    ADMIN_API = True
    CAST_AS_CALL = False
    microversion = "latest"

    LIBVIRT = None
    """Which libvirt the host has, as libvirt counts; None for the stand-in's own choice."""

    def setUp(self):
        init_events = libvirt_host.Host._init_events
        self.patch("nova.tests.fixtures.SysFsPoisonFixture", fixtures.Fixture)  # there is no /sys
        self.useFixture(fixtures.MockPatch("os.uname", side_effect=os.uname))  # or it is poisoned
        programs = toolbox.install(self.useFixture(fixtures.TempDir()).path)
        self.useFixture(fixtures.EnvironmentVariable("PATH", programs))
        if threads.are_native():  # its databases have files then, which each transaction opened
            self.patch("sqlalchemy.pool.NullPool", sqlalchemy.pool.QueuePool)
        super().setUp()
        self.patch("nova.virt.libvirt.host.Host._init_events", init_events)
        self.useFixture(nova_fixtures.PrivsepFixture())
        self.useFixture(nova_fixtures.OSBrickFixture())
        self.notifier.wait_for_versioned_notifications = functools.partial(
            self.notifier.wait_for_versioned_notifications, timeout=PATIENCE * PAUSE_SECONDS
        )
        self.use_libvirt()
        self.use_network()
        self.configure()
        self.compute = self._start_compute(HOST)
        self.make_images()

    def _clear_attrs(self):
        """Clear as nova does, but for the method, which pytest has put there and takes away."""
        method = vars(self).get(self._testMethodName)
        super()._clear_attrs()
        setattr(self, self._testMethodName, method)

    def _setup_services(self):
        self.instances = self.useFixture(fixtures.TempDir()).path
        self.flags(instances_path=self.instances)
        self.flags(api_paste_config=find_paste(), group="wsgi")
        super()._setup_services()

    def _setup_compute_service(self):
        """Leave it to setUp: libvirt is not there yet."""

    def _wait_for_server_parameter(self, server, expected_params, *args, **options):
        """Wait longer than nova's harness does, for a busy machine is no failure."""
        for _ in range(PATIENCE):
            server = self.api.get_server(server["id"])
            if all(server[name] == value for name, value in expected_params.items()):
                return server
            if server["status"] == "ERROR" and "fault" in server:
                self.fail("{message}: {details}".format(**dict({"details": ""}, **server["fault"])))
            time.sleep(PAUSE_SECONDS)
        return self.fail("{} never became {}".format(server, expected_params))

    def _wait_for_volume_attach(self, server_id, volume_id):
        """Wait longer, like the above: the notification says that it is over."""

    def _wait_for_volume_detach(self, server_id, volume_id):
        """Wait longer, like the above, until the server has no such volume."""
        for _ in range(PATIENCE):
            volumes = self.api.get_server_volumes(server_id)
            if volume_id not in {volume["volumeId"] for volume in volumes}:
                return
            time.sleep(PAUSE_SECONDS)
        self.fail("{} is still attached".format(volume_id))

    def use_libvirt(self):
        """Put the stand-in where nova has libvirt-python, its events included."""
        self.bhyve = Driver(self.LIBVIRT)
        self.bhyve.loop.wait_seconds = 0.1
        self.libvirt = make_libvirt(Connection(self.bhyve))
        turner = EventTurner(self.bhyve.loop)
        self.libvirt.virEventRunDefaultImpl = turner.turn
        for user in ("driver", "host", "guest", "migration"):
            self.patch("nova.virt.libvirt.{}.libvirt".format(user), self.libvirt)
        self.patch("nova.virt.libvirt.host.Host._conn_event_thread", lambda host: None)
        if not threads.are_native():
            self.keep_to_green_threads()
        self.addCleanup(turner.stop)

    def keep_to_green_threads(self):
        """Have libvirt called and its events waited for in green threads, as the stand-in is."""
        if hasattr(libvirt_host, "native_threading"):
            self.patch("nova.virt.libvirt.host.native_threading", threading)
        else:
            self.patch("eventlet.patcher.original", importlib.import_module)
        self.patch("eventlet.tpool.Proxy", lambda value, *args, **options: value)

    def start_another(self, name):
        """Start a second bhyve host, which has no guests."""
        own = self.libvirt.openAuth
        other = Connection(Driver(self.LIBVIRT))
        other.getHostname = lambda: name
        self.libvirt.openAuth = lambda *arguments: other
        with mock.patch("nova.virt.node.get_local_node_uuid", return_value=str(uuid.uuid4())):
            self._start_compute(name).driver._host.get_node_uuid()  # which it then knows
        self.libvirt.openAuth = own

    def use_network(self):
        """Stub what asks the test machine's network, and the plugging; add a second port."""
        import os_vif

        self.patch("nova.compute.utils.get_machine_ips", lambda: ["192.0.2.10"])
        driver = "nova.virt.libvirt.vif.LibvirtGenericVIFDriver."
        self.patch(driver + "_plug_os_vif", lambda *args, **options: None)
        self.patch(driver + "_unplug_os_vif", lambda *args, **options: None)
        os_vif.initialize()
        self.neutron.create_port({"port": self.neutron.port_2})

    def configure(self):
        """Set what an operator sets for a bhyve host."""
        self.flags(compute_driver="libvirt.LibvirtDriver", mkisofs_cmd="mkisofs")
        self.flags(virt_type="bhyve", images_type="raw", group="libvirt")

    def patch(self, target, value):
        self.useFixture(fixtures.MonkeyPatch(target, value))

    def make_images(self):
        """An image of FreeBSD, one of Linux for UEFI, and one of FreeBSD as qcow2."""
        disk = images.raw(images.FREEBSD)
        self.freebsd = images.register(self.glance, "freebsd", disk)
        linux = images.raw(images.LINUX)
        self.linux = images.register(self.glance, "linux", linux, hw_firmware_type="uefi")
        packed = images.qcow2(disk, len(disk))
        self.packed = images.register(self.glance, "packed", packed, "qcow2")

    def boot(self, image=None, disk=1, **options):
        """Create a server with 2 CPUs, 512 MiB and a disk of so many GiB; wait until it runs."""
        flavor = self._create_flavor(memory_mb=512, vcpu=2, disk=disk, ephemeral=0, swap=0)
        networks = options.pop("networks", [{"port": self.neutron.port_1["id"]}])
        server = self._build_server(
            image_uuid=image or self.freebsd, flavor_id=flavor, networks=networks
        )
        server = self.api.post_server({"server": dict(server, **options)})
        return self._wait_for_state_change(server, "ACTIVE")

    def serve_volumes_by_nfs(self):
        """Have every volume of cinder be a raw file of 1 MiB on a share, mounted by a stand-in."""
        shares = self.useFixture(fixtures.TempDir()).path
        self.flags(nfs_mount_point_base=shares, group="libvirt")
        data = {"export": "192.0.2.20:/volumes", "name": "a-volume", "format": "raw"}
        self.cinder.VOLUME_CONNECTION_INFO = {
            "fake": {"driver_volume_type": "nfs", "data": data, "status": "attached"}
        }

        def mount(fstype, device, mountpoint, options):
            with open(os.path.join(mountpoint, "a-volume"), "wb") as volume:
                volume.truncate(1 << 20)

        mounts = libvirt_mount.get_manager()
        mounts.host_up(self.compute.driver._host)  # else done by the events of the connection
        self.addCleanup(mounts.host_down)
        self.patch("nova.privsep.fs.mount", mount)
        self.patch("nova.privsep.fs.umount", lambda mountpoint: None)
        self.patch("nova.privsep.path.rmdir", lambda path: None)
        return os.path.join(shares, utils.get_hash_str(data["export"]), "a-volume")

    def guest_of(self, server):
        """What libvirt has of a server."""
        return self.bhyve.guests[server["id"]]

    def file_of(self, server, name="disk"):
        """The path of a file of a server."""
        return os.path.join(self.instances, server["id"], name)

    def act(self, server, action):
        """Ask the API for an action."""
        return self.api.post_server_action(server["id"], action)

    def wait_for_failure(self, server, action):
        """Wait until an action has ended in an error; give what its event says of it."""
        for _ in range(PATIENCE):
            for found in self.api.get_instance_actions(server["id"]):
                if found["action"] == action:
                    request = self.api.get_instance_action_details(
                        server["id"], found["request_id"]
                    )
                    for event in request["events"]:
                        if event["result"] == "Error":
                            return "{details}\n{traceback}".format(**event)
            time.sleep(PAUSE_SECONDS)
        return self.fail("{} did not fail".format(action))

    def assert_runs_on(self, server, number):
        """The server is active, without a task, and its guest is the process it was."""
        server = self._wait_for_server_parameter(
            server, {"status": "ACTIVE", "OS-EXT-STS:task_state": None}
        )
        assert server["OS-EXT-STS:power_state"] == 1
        assert self.guest_of(server).is_active
        assert number == self.guest_of(server).number
