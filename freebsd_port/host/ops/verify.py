"""`host verify`: ask nova, placement and the database, and judge what they say of this host."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.diagnosis import Diagnosis, wrong
from freebsd_port.host.core.recording import Recording
from freebsd_port.host.core.verify import (
    AREA,
    CELLS,
    SERVICES,
    Truth,
    cells_unknown,
    find_hypervisor,
    judge_cells,
    judge_inventory,
    judge_services,
    judge_traits,
    questions,
    read_truth,
)
from freebsd_port.host.ops.database import look_at_databases
from freebsd_port.host.ops.guest import GUEST, GuestError, GuestWish, live_once
from freebsd_port.host.ops.passwords import UnpreparedError, require_password
from freebsd_port.host.store.ask_host import ask_host
from freebsd_port.host.store.database_server import DatabaseError
from freebsd_port.host.store.openstack import Login, OpenStack, OpenStackError

Progress = Callable[[str], None]


def verify_host(
    answers: Answers,
    passwords_path: Path,
    root: Path,
    host: Recording | None,
    wish: GuestWish | None,
    progress: Progress,
) -> tuple[Diagnosis, ...]:
    """Judge area by area; one that cannot be asked is a finding, and the rest is judged.

    `host` is a recorded host to hold nova's numbers against, None for this one; with a `wish` a
    guest is booted and deleted. Raises UnpreparedError when there is no password for keystone.
    """
    truth = read_truth(host or ask_host(questions(answers), root, progress), answers)
    cloud = open_cloud(answers, passwords_path)
    progress("asking the compute API, the database and placement")
    found = [
        *_area(SERVICES, lambda: _services(cloud, truth, answers)),
        *_area(CELLS, lambda: _cells(answers, passwords_path, root)),
        *_area(AREA, lambda: _hypervisor(cloud, truth, answers.libvirt.virt_type)),
    ]
    if wish is not None:
        found += _area(GUEST, lambda: live_once(cloud, wish, truth.name, progress))
    return tuple(found)


def _area(name: str, judge: Callable[[], Iterable[Diagnosis]]) -> list[Diagnosis]:
    """Judge one area; what stops it is a finding of it, beside those of before."""
    found: list[Diagnosis] = []
    try:
        found.extend(judge())
    except (DatabaseError, GuestError, OpenStackError) as error:
        detail = f"{error.what}; {error.where}" if error.where else error.what
        found.append(wrong(name, name, detail, error.hint or ""))
    return found


def _services(cloud: OpenStack, truth: Truth, answers: Answers) -> Iterator[Diagnosis]:
    listed = cloud.ask("compute", "/os-services")["services"]
    return judge_services(listed, truth.name, answers.nova.log)


def _cells(answers: Answers, passwords_path: Path, root: Path) -> Iterator[Diagnosis]:
    try:
        outcome = look_at_databases(answers, passwords_path, root)
    except UnpreparedError as error:
        return iter([cells_unknown(error.what, "freebsd-port host database, where nova's API is")])
    return judge_cells(outcome.steps)


def _hypervisor(cloud: OpenStack, truth: Truth, virt_type: str) -> Iterator[Diagnosis]:
    listed = cloud.ask("compute", "/os-hypervisors/detail")["hypervisors"]
    found, node = find_hypervisor(listed, truth.name, virt_type)
    yield found
    if node is None:
        return
    place = f"/resource_providers/{node['id']}"
    held = cloud.ask("placement", f"{place}/inventories")["inventories"]
    yield from judge_inventory({name: one["total"] for name, one in held.items()}, truth)
    yield from judge_traits(cloud.ask("placement", f"{place}/traits")["traits"], virt_type)


def open_cloud(answers: Answers, passwords_path: Path) -> OpenStack:
    """Give the services that the answers name, as nova's own user; asks nothing yet.

    Raises UnpreparedError when there is no password for keystone.
    """
    identity, ends = answers.identity, answers.endpoints
    whose = f"keystone's user {identity.user}"
    password = require_password(passwords_path, "identity", whose)
    return OpenStack(
        {
            "identity": str(identity.url),
            "compute": answers.api.url,
            "placement": str(ends.placement),
            "image": str(ends.image),
            "network": str(ends.network),
        },
        Login(identity.user, identity.project, identity.domain, password),
    )
