"""Instances without a database, and the domain XML that nova's libvirt driver makes of them.

Everything that differs from run to run (times, versions, identities) is fixed, so that the XML of
a recipe can be compared byte for byte.
"""

import time
import types

from lxml import etree

UUID = "5f2c1d0e-7a3b-4c4d-8e9f-0a1b2c3d4e5f"
IMAGE = "155d900f-4e14-4e4c-a73d-069cbf4541e6"
INSTANCES = "/var/lib/nova/instances"
RELEASE = "34.0.0"
BORN = 1795219200  # seconds UTC, 2026-11-21


def prepare_objects():
    """Register the objects of nova and os-vif, which the services do when they start."""
    import os_vif.objects
    from nova import objects

    os_vif.objects.register_all()
    objects.register_all()
    return objects


def make_image(**properties):
    """An image of a raw disk; the properties are named as in glance."""
    return prepare_objects().ImageMeta.from_dict(
        {
            "id": IMAGE,
            "name": "guest",
            "disk_format": "raw",
            "container_format": "bare",
            "min_disk": 10,
            "min_ram": 0,
            "properties": properties,
        }
    )


def make_instance(image, specs=None, **fields):
    """An instance of this image with 2 CPUs, 2 GiB of memory and a disk of 10 GiB."""
    objects = prepare_objects()
    flavor = objects.Flavor(
        id=1,
        name="m1.guest",
        flavorid="1",
        memory_mb=2048,
        vcpus=2,
        root_gb=10,
        ephemeral_gb=0,
        swap=0,
        rxtx_factor=1.0,
        extra_specs=specs or {},
    )
    values = {
        "id": 1,
        "uuid": UUID,
        "display_name": "guest",
        "hostname": "guest",
        "host": "bhyve1.example.org",
        "user_id": "user",
        "project_id": "project",
        "image_ref": IMAGE,
        "kernel_id": "",
        "ramdisk_id": "",
        "os_type": image.properties.get("os_type"),
        "vm_mode": None,
        "config_drive": "",
        "root_device_name": None,
        "ephemeral_gb": 0,
        "flavor": flavor,
        "system_metadata": {"owner_user_name": "user", "owner_project_name": "project"},
        "numa_topology": None,
        "vcpu_model": None,
        "resources": None,
        "pci_devices": objects.PciDeviceList(objects=[]),
        "pci_requests": objects.InstancePCIRequests(instance_uuid=UUID, requests=[]),
        "info_cache": None,
        "migration_context": None,
        "task_state": None,
    }
    values.update(fields)
    return objects.Instance(**values)


def make_vif(number=0):
    """A port on Open vSwitch, as neutron and nova describe it; the number says which."""
    from nova.network import model

    return model.VIF(
        id="%08d-1111-4000-8000-000000000000" % number,
        address="fa:16:3e:00:00:%02x" % number,
        network=model.Network(id="%08d-0000-4000-8000-000000000000" % number, bridge="br-int"),
        type=model.VIF_TYPE_OVS,
        devname="tap%d" % number,
        delegate_create=True,
    )


def make_guest(driver, image=None, specs=None, vifs=(), rescue=None, **fields):
    """The LibvirtConfigGuest that this driver makes of a recipe."""
    import nova.conf
    from nova.network import model
    from nova.virt.libvirt import blockinfo

    image = image or make_image()
    instance = make_instance(image, specs, **fields)
    disks = blockinfo.get_disk_info(
        nova.conf.CONF.libvirt.virt_type,
        instance,
        image,
        {"root_device_name": None},
        rescue=bool(rescue),
    )
    return driver._get_guest_config(
        instance, model.NetworkInfo(vifs), image, disks, rescue=rescue, block_device_info={}
    )


def make_consoles(driver, image=None, specs=None, **fields):
    """A LibvirtConfigGuest that has the consoles of such a guest and nothing else."""
    from nova.virt.libvirt import config

    image = image or make_image()
    instance = make_instance(image, specs, **fields)
    guest = config.LibvirtConfigGuest()
    driver._create_consoles(guest, instance, instance.flavor, image)
    return guest


def sources(guest):
    """The type of each device of this guest, and the attributes of its source."""
    found = []
    for device in guest.devices:
        element = device.format_dom()
        source = element.find("source")
        found.append((element.get("type"), {} if source is None else dict(source.attrib)))
    return found


def find(guest, path):
    """The elements of this guest's XML at this path, below <domain>."""
    return etree.fromstring(guest.to_xml()).findall(path)


def freeze(monkeypatch):
    """Fix the release and the time in the metadata of a domain."""
    from nova import version
    from nova.virt.libvirt import config

    clock = types.SimpleNamespace(strftime=time.strftime, gmtime=lambda _: time.gmtime(BORN))
    monkeypatch.setattr(config, "time", clock)
    monkeypatch.setattr(version, "loaded", True)
    release = types.SimpleNamespace(version_string=lambda: RELEASE)
    monkeypatch.setattr(version, "version_info", release)
