"""The judgement of what nova and placement have of a host."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from freebsd_port.host.core.verify import (
    NEEDED_TRAITS,
    Truth,
    find_hypervisor,
    judge_inventory,
    judge_traits,
)

TRUTH = Truth("b1", 8, 16 << 30, 200 << 30)
TOTALS = {"VCPU": 8, "MEMORY_MB": 16384, "DISK_GB": 200}
NODE: dict[str, Any] = {
    "id": "uuid", "hypervisor_hostname": "b1.example.org", "hypervisor_type": "BHYVE",
    "hypervisor_version": 14003000, "state": "up", "service": {"host": "b1"},
}  # fmt: skip


def states(totals: dict[str, int], truth: Truth = TRUTH) -> dict[str, str]:
    return {one.what: one.state for one in judge_inventory(totals, truth)}


def test_the_compute_node_of_this_host_is_found_among_others() -> None:
    other = {**NODE, "id": "other", "service": {"host": "b2"}}
    found, node = find_hypervisor([other, NODE], "b1", "bhyve")
    assert (found.state, node) == ("good", NODE)
    assert find_hypervisor([other], None, "bhyve")[1] == other


def test_a_host_that_nova_does_not_list_lacks() -> None:
    found, node = find_hypervisor([], "b1", "bhyve")
    assert (found.state, found.detail, node) == ("lacks", "nova lists none for b1", None)


@pytest.mark.parametrize("changed", [{"hypervisor_type": "QEMU"}, {"state": "down"}])
def test_a_node_that_is_down_or_no_bhyve_is_wrong_and_still_looked_into(
    changed: dict[str, str],
) -> None:
    found, node = find_hypervisor([{**NODE, **changed}], "b1", "bhyve")
    assert (found.state, node) == ("wrong", {**NODE, **changed})


def test_numbers_that_agree_are_good() -> None:
    assert states(TOTALS) == dict.fromkeys(TOTALS, "good")


@pytest.mark.parametrize(("what", "total"), [("VCPU", 7), ("MEMORY_MB", 16382), ("DISK_GB", 197)])
def test_a_number_that_is_not_the_hosts_is_wrong(what: str, total: int) -> None:
    assert states({**TOTALS, what: total}) == {**dict.fromkeys(TOTALS, "good"), what: "wrong"}


def test_rounding_and_a_disk_of_zfs_may_be_a_little_off() -> None:
    truth = replace(TRUTH, memory_bytes=(16 << 30) + (1 << 19))
    assert states({**TOTALS, "DISK_GB": 199}, truth) == dict.fromkeys(TOTALS, "good")


def test_what_placement_does_not_have_lacks_and_what_the_host_did_not_tell_is_unknown() -> None:
    assert states({"VCPU": 8}, replace(TRUTH, cpus=None)) == {
        "VCPU": "unknown", "MEMORY_MB": "lacks", "DISK_GB": "lacks"
    }  # fmt: skip


def test_traits_of_a_bhyve_host_are_good() -> None:
    own = ["COMPUTE_NET_ATTACH_INTERFACE", "COMPUTE_STORAGE_BUS_SATA", "HW_CPU_X86_AVX"]
    found = list(judge_traits([*NEEDED_TRAITS, *own], "bhyve"))
    assert [one.state for one in found] == ["good"]


@pytest.mark.parametrize("false", [
    "COMPUTE_VOLUME_MULTI_ATTACH", "COMPUTE_SOUND_MODEL_ES1370", "COMPUTE_VIOMMU_MODEL_INTEL",
    "COMPUTE_SECURITY_TPM_2_0", "COMPUTE_NET_ATTACH_INTERFACE_WITH_TAG", "COMPUTE_STORAGE_BUS_IDE",
])  # fmt: skip
def test_a_trait_of_what_bhyve_cannot_do_is_wrong_and_named(false: str) -> None:
    (found,) = judge_traits([*NEEDED_TRAITS, false], "bhyve")
    assert (found.state, false in found.detail) == ("wrong", True)


def test_traits_that_are_missing_and_false_ones_are_both_told() -> None:
    found = list(judge_traits(["COMPUTE_NODE", "COMPUTE_RESCUE_BFV"], "bhyve"))
    assert [one.state for one in found] == ["lacks", "wrong"]
    assert found[0].detail == "without " + ", ".join(sorted(NEEDED_TRAITS - {"COMPUTE_NODE"}))


def test_a_host_of_qemu_is_judged_as_one() -> None:
    qemu = {**NODE, "hypervisor_type": "QEMU", "hypervisor_version": 9001000}
    assert find_hypervisor([qemu], "b1", "qemu")[0].state == "good"
    found, _ = find_hypervisor([NODE], "b1", "qemu")
    assert (found.state, found.cure) == (
        "wrong",
        "freebsd-port host config writes virt_type = qemu",
    )
    (found,) = judge_traits([*NEEDED_TRAITS, "COMPUTE_STORAGE_BUS_IDE"], "qemu")
    assert (found.state, "qemu" in found.detail) == ("good", True)
