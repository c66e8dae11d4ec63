"""The ZFS dataset for the guests' disks, where host.toml names one."""

from __future__ import annotations

from collections.abc import Iterator

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.diagnosis import Diagnosis, doubtful, good, lacks, wrong
from freebsd_port.host.core.recording import Questions, Recording

AREA = "disks"
_GIB = 1 << 30


def _properties(dataset: str) -> tuple[str, ...]:
    return "zfs", "get", "-Hp", "-o", "value", "type,volmode,available", dataset


def questions(answers: Answers) -> Questions:
    """Say what is to be asked."""
    dataset = answers.disks.dataset
    return Questions((_properties(dataset),)) if dataset else Questions()


def judge(host: Recording, answers: Answers) -> Iterator[Diagnosis]:
    """Judge what was answered. nova's helper is root and needs nothing delegated."""
    dataset = answers.disks.dataset
    if not dataset:
        return
    ran = host.run(*_properties(dataset))
    if ran is None:
        yield lacks(AREA, "zfs", "no zfs(8)", 'dataset = "" in [disks] of host.toml')
        return
    values = ran.output.split()
    if ran.status != 0 or len(values) != 3:
        detail = ran.output.splitlines()[-1] if ran.output else f"exit status {ran.status}"
        cure = f"zfs create -o mountpoint=none -o volmode=dev {dataset}"
        yield lacks(AREA, f"dataset {dataset}", detail, cure)
        return
    kind, volmode, available = values
    if kind != "filesystem":
        cure = "another dataset in [disks] of host.toml"
        yield wrong(AREA, f"dataset {dataset}", f"a {kind} can hold no volumes", cure)
        return
    yield _space(dataset, available)
    yield _volmode(dataset, volmode)


def _space(dataset: str, available: str) -> Diagnosis:
    free = int(available) // _GIB if available.isdecimal() else 0
    if free:
        return good(AREA, f"dataset {dataset}", f"{free} GiB free")
    return lacks(AREA, f"dataset {dataset}", "it is full", f"zfs list -o space -r {dataset}")


def _volmode(dataset: str, volmode: str) -> Diagnosis:
    cure = f"zfs set volmode=dev {dataset}"
    if volmode == "dev":
        return good(AREA, "volmode", volmode)
    if volmode == "none":
        return wrong(AREA, "volmode", "none: volumes have no devices", cure)
    detail = f"{volmode}: the host looks for partitions and labels in the disks of guests"
    return doubtful(AREA, "volmode", detail, cure)
