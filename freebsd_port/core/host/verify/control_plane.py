"""The services that report to nova's database, and the databases and cells themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from freebsd_port.core.host.database_steps import Step
from freebsd_port.core.host.diagnosis import Diagnosis, good, lacks, unknown, wrong

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


def judge_cells(steps: Iterable[Step]) -> Iterator[Diagnosis]:
    """Judge the databases and cells by the steps of `host database`."""
    for step in steps:
        if step.state == "done":
            yield good(CELLS, step.name, step.detail)
        else:
            yield wrong(CELLS, step.name, step.detail, "freebsd-port host database --run")


def cells_unknown(reason: str, cure: str) -> Diagnosis:
    """Say that nova's database is not this host's to ask."""
    return unknown(CELLS, "databases and cells", reason, cure)
