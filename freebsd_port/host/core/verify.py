"""Compare what nova and placement say of a host with what the host says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.database import DatabaseStep
from freebsd_port.host.core.diagnosis import Diagnosis, good, lacks, unknown, wrong
from freebsd_port.host.core.recording import Questions, Recording

SERVICES = "services"
CELLS = "cells"
REPORTING = ("nova-conductor", "nova-scheduler", "nova-compute")
"""What a host needs, on it or elsewhere, of that which reports to nova's database."""


def judge_services(
    listed: Iterable[Mapping[str, Any]], host: str | None, log: str
) -> Iterator[Diagnosis]:
    """Judge nova's services on `host`, as the compute API lists them; None for any host.

    Conductor and scheduler may run elsewhere, then those are judged. `log` is the directory of
    their logs. Source: Compute API, GET /os-services.
    """
    rows = list(listed)
    for binary in REPORTING:
        name = binary.replace("-", "_")
        everywhere = [one for one in rows if one["binary"] == binary]
        mine = [one for one in everywhere if host is None or one["host"] == host]
        if binary != "nova-compute":
            mine = mine or everywhere
        if not mine:
            where = f"on {host}" if host and binary == "nova-compute" else "on any host"
            cure = f"service {name} start; its log is {log}/{binary}.log"
            yield lacks(SERVICES, binary, f"none has reported {where}", cure)
        for one in mine:
            yield _judge_service(one, name, log)


def _judge_service(one: Mapping[str, Any], name: str, log: str) -> Diagnosis:
    binary, detail = one["binary"], f"{one['host']}, {one['status']}, {one['state']}"
    if one["state"] != "up":
        said = f"{detail}; it last reported at {one['updated_at']} UTC"
        cure = f"service {name} restart; its log is {log}/{binary}.log"
        return wrong(SERVICES, binary, said, cure)
    if one["status"] != "enabled":
        reason = f": {one['disabled_reason']}" if one.get("disabled_reason") else ""
        cure = f"openstack compute service set --enable {one['host']} {binary}"
        return wrong(SERVICES, binary, f"{detail}{reason}", cure)
    return good(SERVICES, binary, detail)


def judge_cells(steps: Iterable[DatabaseStep]) -> Iterator[Diagnosis]:
    """Judge the databases and cells by the steps of `host database`."""
    for step in steps:
        if step.state == "done":
            yield good(CELLS, step.name, step.detail)
        else:
            yield wrong(CELLS, step.name, step.detail, "freebsd-port host database --run")


def cells_unknown(reason: str, cure: str) -> Diagnosis:
    """Say that nova's database is not this host's to ask."""
    return unknown(CELLS, "databases and cells", reason, cure)


_NAME = ("hostname",)
_CPUS = ("sysctl", "-n", "hw.ncpu")
_MEMORY = ("sysctl", "-n", "hw.physmem")


@dataclass(frozen=True, slots=True)
class Truth:
    """The host's own numbers; None for each that it did not tell."""

    name: str | None
    cpus: int | None
    memory_bytes: int | None
    disk_bytes: int | None
    """Size of what holds the guests' disks, used or not: a file system or a ZFS dataset."""


def questions(answers: Answers) -> Questions:
    """Say what is to be asked. Each of it any user may ask."""
    return Questions((_NAME, _CPUS, _MEMORY, _disk(answers)))


def read_truth(host: Recording, answers: Answers) -> Truth:
    """Take the numbers from a host's answers."""
    return Truth(
        host.value(*_NAME) or None,
        _number(host.value(*_CPUS)),
        _number(host.value(*_MEMORY)),
        _disk_bytes(host.value(*_disk(answers))),
    )


def _disk(answers: Answers) -> tuple[str, ...]:
    if answers.disks.dataset:
        return "zfs", "get", "-Hp", "-o", "value", "used,available", answers.disks.dataset
    return "df", "-kP", answers.nova.instances


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _disk_bytes(text: str | None) -> int | None:
    """Give the second column of the second line, or the sum of two numbers.

    Source: POSIX df, option -P; zfs-get(8), options -Hp.
    """
    rows = [line.split() for line in (text or "").splitlines()]
    if [len(row) for row in rows] == [1, 1] and all(row[0].isdecimal() for row in rows):
        return sum(int(row[0]) for row in rows)
    if len(rows) < 2 or len(rows[1]) < 6:
        return None
    kilobytes = _number(rows[1][-5])
    return None if kilobytes is None else kilobytes * 1024


AREA = "hypervisor"
_MIB = 1 << 20
_GIB = 1 << 30
_DISK_SHARE = 0.01
"""How far the size of a disk may be off: on ZFS it moves with what other data sets take."""

_RESTART = "service nova_compute restart; its log has libvirt's error"

NEEDED_TRAITS = frozenset(
    (
        "COMPUTE_IMAGE_TYPE_RAW",
        "COMPUTE_NET_VIF_MODEL_VIRTIO",
        "COMPUTE_NODE",
        "COMPUTE_STORAGE_BUS_VIRTIO",
    )
)
"""Without one of them the scheduler keeps away guests that this host runs. Source: os-traits."""

IMPOSSIBLE_TRAITS = (
    "COMPUTE_ACCELERATORS",
    "COMPUTE_MEM_BACKING_FILE",
    "COMPUTE_MIGRATE_",
    "COMPUTE_NET_ATTACH_INTERFACE_WITH_TAG",
    "COMPUTE_NET_VIRTIO_PACKED",
    "COMPUTE_RESCUE_BFV",
    "COMPUTE_SECURITY_",
    "COMPUTE_SOUND_MODEL_",
    "COMPUTE_STORAGE_BUS_FDC",
    "COMPUTE_STORAGE_BUS_IDE",
    "COMPUTE_STORAGE_BUS_LXC",
    "COMPUTE_STORAGE_BUS_SCSI",
    "COMPUTE_STORAGE_BUS_USB",
    "COMPUTE_STORAGE_BUS_XEN",
    "COMPUTE_VIOMMU_",
    "COMPUTE_VOLUME_",
)
"""Beginnings of traits that would draw guests here which bhyve cannot run."""


def find_hypervisor(
    listed: Iterable[Mapping[str, Any]], host: str | None, virt_type: str
) -> tuple[Diagnosis, Mapping[str, Any] | None]:
    """Judge the compute node of `host`, the first one for None; give it too, if it is there.

    `virt_type` is what host.toml says, in small letters.

    Source: Compute API, GET /os-hypervisors/detail.
    """
    mine = [one for one in listed if host is None or one["service"]["host"] == host]
    if not mine:
        where = f"nova lists none for {host}" if host else "nova lists none"
        cure = "freebsd-port host database --run, once nova-compute has reported"
        return lacks(AREA, "compute node", where, cure), None
    node = mine[0]
    kind = node["hypervisor_type"]
    detail = f"{node['hypervisor_hostname']}, {kind} {node['hypervisor_version']}, {node['state']}"
    if kind.lower() != virt_type:
        cure = f"freebsd-port host config writes virt_type = {virt_type}"
        return wrong(AREA, "compute node", f"{detail}: not {virt_type}", cure), node
    if node["state"] != "up":
        return wrong(AREA, "compute node", detail, _RESTART), node
    return good(AREA, "compute node", detail), node


def judge_inventory(totals: Mapping[str, int], truth: Truth) -> Iterator[Diagnosis]:
    """Judge what placement has of the host: VCPU, MEMORY_MB in MiB, DISK_GB in GiB.

    Source: Placement API, GET /resource_providers/{uuid}/inventories.
    """
    for name, own, source, slack in (
        ("VCPU", truth.cpus, "sysctl hw.ncpu", 0.0),
        ("MEMORY_MB", _in(truth.memory_bytes, _MIB), "sysctl hw.physmem", 1.0),
        ("DISK_GB", _in(truth.disk_bytes, _GIB), "df or zfs on the host", 1.0),
    ):
        total = totals.get(name)
        if total is None:
            yield lacks(AREA, name, "placement has none of it", _RESTART)
        elif own is None:
            yield unknown(AREA, name, f"{total}; the host did not tell its own", source)
        elif abs(total - own) > max(slack, own * _DISK_SHARE if name == "DISK_GB" else 0):
            detail = f"{total}, but {source} says {own:.0f}"
            yield wrong(AREA, name, detail, _RESTART)
        else:
            yield good(AREA, name, f"{total}, as {source} says")


def judge_traits(traits: Iterable[str], virt_type: str) -> Iterator[Diagnosis]:
    """Judge what placement says that the host can do; with QEMU no trait counts as false."""
    found = frozenset(traits)
    impossible = IMPOSSIBLE_TRAITS if virt_type == "bhyve" else ()
    missing = sorted(NEEDED_TRAITS - found)
    false = sorted(one for one in found if one.startswith(impossible))
    if missing:
        yield lacks(AREA, "traits", f"without {', '.join(missing)}", _RESTART)
    if false:
        detail = f"claims what {virt_type} cannot do: {', '.join(false)}"
        yield wrong(
            AREA, "traits", detail, "freebsd-port status; then service nova_compute restart"
        )
    if not missing and not false:
        yield good(AREA, "traits", f"{len(found)}, none of what {virt_type} cannot do")


def _in(size: int | None, unit: int) -> float | None:
    return None if size is None else size / unit
