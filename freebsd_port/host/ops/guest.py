"""A guest's short life, to see that a host can: created there, seen active, deleted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from freebsd_port.engine.core.progress import counting
from freebsd_port.errors import PortError
from freebsd_port.host.core.diagnosis import Diagnosis, good
from freebsd_port.host.store.openstack import OpenStack, OpenStackError

GUEST = "guest"
_PAUSE_SECONDS = 1.0
_RUNNING = 1
_MEMORY_MIB = 512
_GIB = 1 << 30

Progress = Callable[[str], None]


class GuestError(PortError):
    """The guest does not live as it should, or something of it is left."""


@dataclass(frozen=True, slots=True)
class GuestWish:
    """What to boot."""

    image: str
    """Name or ID, in glance."""

    network: str | None
    """Name or ID, in neutron; None for a guest without an interface."""

    seconds: float
    """For coming up, and again for going."""


def live_once(
    cloud: OpenStack, wish: GuestWish, host: str | None, progress: Progress
) -> Iterator[Diagnosis]:
    """Boot a guest of 1 CPU and 512 MiB on `host`, see it run, delete it and its flavor.

    Raises GuestError and OpenStackError; what was made is deleted then too, and where that fails
    it is named.
    """
    image = _find(cloud, "image", "/v2/images", wish.image)
    network = wish.network and _find(cloud, "network", "/v2.0/networks", wish.network)
    name = f"freebsd-port-verify-{secrets.token_hex(4)}"
    with _flavor(cloud, name, _disk_gib(image)) as flavor:
        server = {
            "name": name,
            "imageRef": image["id"],
            "flavorRef": flavor,
            "networks": [{"uuid": network["id"]}] if network else "none",
            **({"host": host} if host else {}),
        }
        began = time.monotonic()
        with _server(cloud, server, wish.seconds) as path:
            progress(f"booting {name} from {image['name']}, at most {wish.seconds:g} seconds")
            with counting(progress, "booting the guest"):
                seen = _wait_until_active(cloud, path, wish.seconds)
            took = time.monotonic() - began
            where = seen["OS-EXT-SRV-ATTR:host"]
            detail = f"ACTIVE on {where} after {took:.1f} s; its console was not read"
            yield good(GUEST, "boot", detail)
            progress(f"deleting {name}")
    yield good(GUEST, "delete", "neither the guest nor its flavor is left")


def _find(cloud: OpenStack, kind: str, path: str, wanted: str) -> dict[str, Any]:
    """Give what has this ID, or as the only one this name; `kind` is its service's name too.

    Source: Image API v2, Network API v2.0.
    """
    if _is_id(wanted):
        answer: dict[str, Any] = cloud.ask(kind, f"{path}/{wanted}")
        return dict(answer.get(kind, answer))
    found = cloud.ask(kind, f"{path}?name={quote(wanted, safe='')}")[f"{kind}s"]
    if len(found) != 1:
        raise GuestError(
            f"{len(found)} {kind}s are named {wanted}" if found else f"no {kind} is named {wanted}",
            hint=f"openstack {kind} list; then name one, by its ID if need be",
        )
    return dict(found[0])


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _disk_gib(image: dict[str, Any]) -> int:
    """Give the smallest disk that the image fits on, in GiB."""
    size = max(image.get("virtual_size") or 0, image.get("size") or 0)
    return max(1, image.get("min_disk") or 0, -(-size // _GIB))


@contextmanager
def _flavor(cloud: OpenStack, name: str, disk_gib: int) -> Iterator[str]:
    wanted = {"name": name, "ram": _MEMORY_MIB, "vcpus": 1, "disk": disk_gib}
    made = cloud.ask("compute", "/flavors", "POST", {"flavor": wanted})["flavor"]
    try:
        yield made["id"]
    finally:
        _delete(cloud, f"/flavors/{made['id']}", f"openstack flavor delete {made['id']}")


@contextmanager
def _server(cloud: OpenStack, server: dict[str, Any], seconds: float) -> Iterator[str]:
    """Create it; give its path; delete it and wait until it is gone, come what may."""
    made = cloud.ask("compute", "/servers", "POST", {"server": server})["server"]
    path, by_hand = f"/servers/{made['id']}", f"openstack server delete --force {made['id']}"
    try:
        yield path
    finally:
        _delete(cloud, path, by_hand)
        for _ in _until(seconds):
            if _show(cloud, path) is None:
                break
        else:
            what = f"the guest is not gone after {seconds:g} seconds"
            raise GuestError(what, where=path, hint=by_hand)


def _delete(cloud: OpenStack, path: str, by_hand: str) -> None:
    try:
        cloud.ask("compute", path, "DELETE")
    except OpenStackError as error:
        if error.status != 404:
            raise GuestError(
                f"it could not be deleted: {error.what}", where=path, hint=by_hand
            ) from error


def _wait_until_active(cloud: OpenStack, path: str, seconds: float) -> dict[str, Any]:
    seen: dict[str, Any] | None = None
    for _ in _until(seconds):
        seen = _show(cloud, path)
        if seen is None:
            raise GuestError("somebody else deleted the guest", where=path)
        if seen["status"] == "ERROR":
            fault = seen.get("fault", {}).get("message", "nova gives no reason")
            raise GuestError(
                f"the guest does not start: {fault}",
                where=path,
                hint="see nova-compute.log; freebsd-port host services status shows where",
            )
        if (seen["status"], seen["OS-EXT-STS:power_state"]) == ("ACTIVE", _RUNNING):
            return seen
    state = f"{seen['status']}, {seen['OS-EXT-STS:task_state']}" if seen else "not seen"
    raise GuestError(
        f"the guest does not run after {seconds:g} seconds: {state}",
        where=path,
        hint="see nova-compute.log; or give it longer with --timeout",
    )


def _show(cloud: OpenStack, path: str) -> dict[str, Any] | None:
    """Give the API's view of the guest, None when there is none."""
    try:
        server: dict[str, Any] = cloud.ask("compute", path)["server"]
    except OpenStackError as error:
        if error.status == 404:
            return None
        raise
    return server


def _until(seconds: float) -> Iterator[None]:
    """Come around at least once, then once a second until the time is over."""
    end = time.monotonic() + seconds
    while True:
        yield
        if time.monotonic() >= end:
            return
        time.sleep(_PAUSE_SECONDS)
