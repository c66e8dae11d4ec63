"""The compute host as nova and placement have it, held against what it says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from freebsd_port.core.host.diagnosis import Diagnosis, good, lacks, unknown, wrong
from freebsd_port.core.host.verify.truth import Truth

AREA = "hypervisor"
_MIB = 1 << 20
_GIB = 1 << 30
_DISK_SHARE = 0.01
"""How far the size of a disk may be off: on ZFS it moves with what other data sets take."""

_RESTART = "service nova_compute restart; its log says what libvirt told it"

NEEDED_TRAITS = frozenset(
    (
        "COMPUTE_IMAGE_TYPE_RAW",
        "COMPUTE_NET_VIF_MODEL_VIRTIO",
        "COMPUTE_NODE",
        "COMPUTE_STORAGE_BUS_VIRTIO",
    )
)
"""Without one of them the scheduler keeps guests away that bhyve could run. Source: os-traits."""

IMPOSSIBLE_TRAITS = (
    "COMPUTE_ACCELERATORS",
    "COMPUTE_MEM_BACKING_FILE",
    "COMPUTE_MIGRATE_",
    "COMPUTE_NET_ATTACH_INTERFACE",
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
    listed: Iterable[Mapping[str, Any]], host: str | None
) -> tuple[Diagnosis, Mapping[str, Any] | None]:
    """Judge the compute node of `host`, the first one for None; give it too, if it is there.

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
    if kind.lower() != "bhyve":
        cure = "freebsd-port host config writes virt_type = bhyve"
        return wrong(AREA, "compute node", f"{detail}: not bhyve", cure), node
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
        ("DISK_GB", _in(truth.disk_bytes, _GIB), "df of the instances", 1.0),
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


def judge_traits(traits: Iterable[str]) -> Iterator[Diagnosis]:
    """Judge what placement says that the host can do."""
    found = frozenset(traits)
    missing = sorted(NEEDED_TRAITS - found)
    false = sorted(one for one in found if one.startswith(IMPOSSIBLE_TRAITS))
    if missing:
        yield lacks(AREA, "traits", f"without {', '.join(missing)}", _RESTART)
    if false:
        detail = f"claims what bhyve cannot do: {', '.join(false)}"
        yield wrong(
            AREA, "traits", detail, "freebsd-port status; then service nova_compute restart"
        )
    if not missing and not false:
        yield good(AREA, "traits", f"{len(found)}, none of what bhyve cannot do")


def _in(size: int | None, unit: int) -> float | None:
    return None if size is None else size / unit
