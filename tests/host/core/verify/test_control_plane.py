"""The judgement of nova's services and cells."""

from __future__ import annotations

from typing import Any

import pytest

from freebsd_port.host.core.database import DatabaseStep
from freebsd_port.host.core.diagnosis import Diagnosis
from freebsd_port.host.core.verify import judge_cells, judge_services


def service(binary: str, **other: Any) -> dict[str, Any]:
    up = {"host": "b1", "status": "enabled", "state": "up", "disabled_reason": None}
    return {"binary": binary, "updated_at": "2026-11-21T10:00:00.000000", **up, **other}


ALL = [service("nova-conductor"), service("nova-scheduler"), service("nova-compute")]


def judge(listed: list[dict[str, Any]], host: str | None = "b1") -> list[Diagnosis]:
    return list(judge_services(listed, host, "/var/log/nova"))


def test_services_that_are_up_and_enabled_are_good() -> None:
    assert [(one.what, one.state) for one in judge(ALL)] == [
        ("nova-conductor", "good"), ("nova-scheduler", "good"), ("nova-compute", "good")
    ]  # fmt: skip


def test_a_service_that_never_reported_lacks_with_its_start_and_its_log() -> None:
    found = judge(ALL[:2])[2]
    assert (found.state, found.detail) == ("lacks", "none has reported on b1")
    assert found.cure == "service nova_compute start; its log is /var/log/nova/nova-compute.log"


def test_a_service_of_another_host_is_not_this_one() -> None:
    elsewhere = [*ALL[:2], service("nova-compute", host="b2")]
    assert [one.state for one in judge(elsewhere)] == ["good", "good", "lacks"]
    assert [one.state for one in judge(elsewhere, None)] == ["good", "good", "good"]


def test_conductor_and_scheduler_may_run_elsewhere_and_those_here_come_first() -> None:
    controller = [{**one, "host": "c1"} for one in ALL[:2]]
    assert [one.detail.partition(",")[0] for one in judge([*controller, ALL[2]])] == [
        "c1", "c1", "b1"
    ]  # fmt: skip
    broken = [service("nova-conductor", state="down"), *controller, ALL[2]]
    assert [one.state for one in judge(broken)] == ["wrong", "good", "good"]
    assert judge([ALL[2]])[0].detail == "none has reported on any host"


def test_a_service_that_went_down_is_wrong_and_says_since_when() -> None:
    found = judge([*ALL[:2], service("nova-compute", state="down")])[2]
    assert found.state == "wrong"
    assert found.detail.endswith("down; it last reported at 2026-11-21T10:00:00.000000 UTC")


@pytest.mark.parametrize(("reason", "end"), [("maintenance", ": maintenance"), (None, "")])
def test_a_disabled_service_is_wrong_with_the_reason_that_was_given(
    reason: str | None, end: str
) -> None:
    found = judge([*ALL[:2], service("nova-compute", status="disabled", disabled_reason=reason)])[2]
    assert (found.state, found.detail) == ("wrong", f"b1, disabled, up{end}")
    assert found.cure == "openstack compute service set --enable b1 nova-compute"


def test_cells_are_good_only_when_every_step_is_done() -> None:
    steps = (
        DatabaseStep("db sync", "done"),
        DatabaseStep("a", "left", "no schema"),
        DatabaseStep("b", "later", "wait"),
    )
    assert [(one.what, one.state, one.detail) for one in judge_cells(steps)] == [
        ("db sync", "good", ""), ("a", "wrong", "no schema"), ("b", "wrong", "wait")
    ]  # fmt: skip
