"""One guest, and nova's libvirt driver that knows it: for checks of what is done with a guest.

`guest_on` gives a driver whose host has the one guest, without a connection to libvirt.
"""

import types
import uuid

UUID = str(uuid.UUID(int=11))

RUNNING, SHUTOFF = 1, 5
"""VIR_DOMAIN_RUNNING and VIR_DOMAIN_SHUTOFF."""

NO_SUPPORT, SYSTEM_ERROR, OPERATION_INVALID = 3, 38, 55
"""VIR_ERR_NO_SUPPORT and so on."""

FROM_BHYVE = 57
"""VIR_FROM_BHYVE."""

NOT_OF_BHYVE = (
    "abortJob",
    "attachDeviceFlags",
    "blockCopy",
    "blockJobAbort",
    "blockStats",
    "detachDeviceFlags",
    "injectNMI",
    "interfaceStats",
    "managedSave",
    "maxMemory",
    "memoryStats",
    "resume",
    "setTime",
    "suspend",
    "vcpus",
)
"""Functions of a domain that nova calls and bhyveHypervisorDriver has no entry for."""

CONSTANTS = {
    "VIR_DOMAIN_AFFECT_CONFIG": 2,
    "VIR_DOMAIN_AFFECT_LIVE": 1,
    "VIR_DOMAIN_UNDEFINE_MANAGED_SAVE": 1,
    "VIR_DOMAIN_UNDEFINE_NVRAM": 4,
    "VIR_DOMAIN_XML_INACTIVE": 2,
    "VIR_ERR_AGENT_UNRESPONSIVE": 86,
    "VIR_ERR_ARGUMENT_UNSUPPORTED": 74,
    "VIR_ERR_NO_DOMAIN": 42,
    "VIR_ERR_OPERATION_INVALID": OPERATION_INVALID,
    "VIR_ERR_OPERATION_UNSUPPORTED": 84,
    "VIR_FROM_BHYVE": FROM_BHYVE,
    "VIR_FROM_QEMU": 10,
}

XML = """
<domain type='{type}'>
  <name>instance-0000000b</name>
  <uuid>{uuid}</uuid>
  <memory unit='KiB'>1048576</memory>
  <devices>{devices}</devices>
</domain>
"""


def error_of(libvirt, message, code, domain=FROM_BHYVE):
    """The exception with which libvirt reports an error of that code and domain."""

    class Reported(libvirt.libvirtError):
        def __init__(self):
            Exception.__init__(self, message)

        def get_error_code(self):
            return code

        def get_error_domain(self):
            return domain

        def get_error_message(self):
            return message

    return Reported()


class Domain:
    """Stand-in for libvirt.virDomain; what it is asked for stands in `calls`, in order.

    A function in `missing` is refused as by a driver without it; one in `answers` returns that
    value, or raises it if it is an exception; any other is an AttributeError.
    """

    def __init__(self, libvirt, type, state, devices, missing=(), **answers):
        self.libvirt = libvirt
        self.xml = XML.format(type=type, uuid=UUID, devices=devices)
        self.missing = missing
        self.answers = dict(
            {
                "ID": 4711 if state == RUNNING else -1,
                "UUIDString": UUID,
                "XMLDesc": self.xml,
                "info": [state, 1048576, 0, 1, 12 * 10**9],
                "isActive": int(state == RUNNING),
                "isPersistent": 1,
                "name": "instance-0000000b",
                "setMetadata": 0,
                "state": [state, 1],
            },
            **answers,
        )
        self.calls = []

    def __getattr__(self, name):
        if name in self.answers:
            answer = self.answers[name]
        elif name in self.missing:
            answer = error_of(
                self.libvirt,
                "this function is not supported by the connection driver: " + name,
                NO_SUPPORT,
            )
        else:
            raise AttributeError("the stand-in for a domain has no " + name)

        def function(*args, **kwargs):
            self.calls.append(name)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return function


def bhyve_domain(libvirt, state=RUNNING, devices="", **answers):
    """A guest of libvirt's bhyve driver."""
    return Domain(libvirt, "bhyve", state, devices, missing=NOT_OF_BHYVE, **answers)


def kvm_domain(libvirt, state=RUNNING, devices="", **answers):
    """A guest of libvirt's QEMU driver, which has the functions that are in `answers`."""
    return Domain(libvirt, "kvm", state, devices, **answers)


def guest_on(domain, option, monkeypatch, **options):
    """Start nova's driver with the [libvirt] options; give it, and the instance of the domain."""
    from nova import objects
    from nova.virt.libvirt import driver, guest

    for name, value in CONSTANTS.items():
        if not hasattr(domain.libvirt, name):
            monkeypatch.setattr(domain.libvirt, name, value, raising=False)
    for name, value in options.items():
        option("libvirt", name, value)
    objects.register_all()
    instance = objects.Instance(
        id=11,
        uuid=UUID,
        vm_state="active",
        task_state=None,
        pci_devices=objects.PciDeviceList(objects=[]),
    )
    nova_driver = driver.LibvirtDriver(None)
    host = types.SimpleNamespace(
        get_guest=lambda instance: guest.Guest(domain),
        has_min_version=lambda **wanted: False,
        ended_processes={},
    )
    monkeypatch.setattr(nova_driver, "_host", host)
    return nova_driver, instance
