"""The life of one guest, short: created, seen active, deleted, by the real API."""

from __future__ import annotations

import shutil
from typing import Any

from services import http
from services.configuration import Host
from services.session import Session, StepError

IMAGE = "7c1f2d1e-2b9f-4a53-9a46-0f2f3f6f0001"  # as in_target/stubs.py has it
FLAVOR = {"id": "1", "name": "tiny", "ram": 64, "vcpus": 1, "disk": 1}
RUNNING = 1


def why_not(host: Host) -> str | None:
    """Why no guest can be started on this host; None where one can."""
    if host.driver == "bhyve" and host.libvirt is None:
        return "the stub of glance has no image that bhyve could boot"
    if host.driver != "fake" and shutil.which("qemu-img") is None:
        return "qemu-img is not installed"
    return None


def live(session: Session) -> None:
    """Go through it; raises StepError or ApiError."""
    reason = why_not(session.host)
    if reason is not None:
        session.leave_out("a guest's life", reason)
        return
    base = session.run.url("api") + "/v2.1"
    with session.step("create a guest, by the API") as said:
        http.request("compute", f"{base}/flavors", "POST", {"flavor": FLAVOR})
        wanted = {"name": "guest", "imageRef": IMAGE, "flavorRef": "1", "networks": "none"}
        made = http.request("compute", f"{base}/servers", "POST", {"server": wanted})
        url = f"{base}/servers/{made['server']['id']}"
        session.wait_for("the guest", lambda: is_active(url), log="nova-compute")
        said.append(describe(show(url)))
    with session.step("delete it, by the API"):
        http.request("compute", url, "DELETE")
        session.wait_for("its end", lambda: url not in listed(base), log="nova-compute")


def show(url: str) -> dict[str, Any]:
    """The API's view of the guest."""
    server: dict[str, Any] = http.request("compute", url)["server"]
    return server


def is_active(url: str) -> bool:
    """Whether it runs; StepError where nova gave up."""
    server = show(url)
    if server["status"] == "ERROR":
        raise StepError(f"the guest is in error: {server.get('fault')}", log="nova-compute")
    return (server["status"], server["OS-EXT-STS:power_state"]) == ("ACTIVE", RUNNING)


def describe(server: dict[str, Any]) -> str:
    """State, power and host in a few words."""
    host = server["OS-EXT-SRV-ATTR:hypervisor_hostname"]
    return f"{server['OS-EXT-SRV-ATTR:instance_name']} {server['status']} on {host}"


def listed(base: str) -> list[str]:
    """The addresses of all guests."""
    servers = http.request("compute", f"{base}/servers")["servers"]
    return [f"{base}/servers/{one['id']}" for one in servers]
