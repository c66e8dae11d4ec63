"""A small cloud over HTTP: it refuses what the real services refuse, and can be told to fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from freebsd_port.host.core.verify import NEEDED_TRAITS

PASSWORD = "secret of nova"
TOKEN = "a-token"
IMAGE = {"id": "7c1f2d1e-2b9f-4a53-9a46-0f2f3f6f0001", "name": "tiny", "size": (5 << 30) - 1,
         "min_disk": 2, "virtual_size": None}  # fmt: skip
NETWORK = {"id": "5f2a3d1e-2b9f-4a53-9a46-0f2f3f6f0002", "name": "private"}
HOST = "bhyve1.example.org"
NODE = {
    "id": "node-id", "hypervisor_hostname": HOST, "hypervisor_type": "BHYVE",
    "hypervisor_version": 14003000, "state": "up", "service": {"host": HOST},
}  # fmt: skip


class Refusal(Exception):
    """An answer with another status than 200."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class Cloud:
    """All its services on one port, and what was asked of them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.failing: dict[str, Refusal] = {}
        """Method and path to what is answered instead."""

        self.servers: dict[str, dict[str, Any]] = {}
        self.flavors: dict[str, dict[str, Any]] = {}
        self.states = ["BUILD", "ACTIVE"]
        """A new guest's states, one for each time that somebody looks; the last one stays."""

        self.wanted: dict[str, Any] = {}
        """What the last guest was asked to be."""

        self.inventories = {"VCPU": 8, "MEMORY_MB": 16384, "DISK_GB": 205}
        self.services = [
            {"binary": name, "host": HOST, "status": "enabled", "state": "up", "updated_at": "now"}
            for name in ("nova-conductor", "nova-scheduler", "nova-compute")
        ]

    def answer(self, method: str, target: str, token: str | None, body: Any) -> object:
        """Give the body of an answer; raises Refusal."""
        place = urlsplit(target)
        asked = f"{method} {place.path}"
        self.asked.append(asked)
        for what, refusal in self.failing.items():
            if asked.startswith(what):
                raise refusal
        if asked == "POST /v3/auth/tokens":
            return self._log_in(body)
        if token != TOKEN:
            raise Refusal(401, {"error": {"code": 401, "message": "The request needs a token."}})
        for prefix, verb in (
            ("/v2.1/servers", self._server),
            ("/v2.1/flavors", self._flavor),
            ("/v2.1/", self._nova),
            ("/resource_providers/node-id/", self._placement),
        ):
            if place.path.startswith(prefix):
                return verb(method, place.path.removeprefix(prefix).strip("/"), body)
        return self._catalogue(place.path, parse_qs(place.query).get("name", [""])[0])

    def _log_in(self, body: Any) -> object:
        user = body["auth"]["identity"]["password"]["user"]
        if (user["name"], user["password"]) != ("nova", PASSWORD):
            said = "The request you have made requires authentication."
            raise Refusal(401, {"error": {"code": 401, "message": said, "title": "Unauthorized"}})
        return {"token": {}}

    def _nova(self, method: str, path: str, body: Any) -> object:
        if path == "os-services":
            return {"services": self.services}
        return {"hypervisors": [NODE]}

    def _placement(self, method: str, path: str, body: Any) -> object:
        if path == "traits":
            return {"traits": sorted(NEEDED_TRAITS)}
        return {"inventories": {name: {"total": one} for name, one in self.inventories.items()}}

    def _catalogue(self, path: str, name: str) -> object:
        """Images and networks: an image alone is bare, a network in its own name."""
        if path == f"/v2/images/{IMAGE['id']}":
            return IMAGE
        if path == f"/v2.0/networks/{NETWORK['id']}":
            return {"network": NETWORK}
        for where, kind, one in (("/v2/images", "images", IMAGE),
                                 ("/v2.0/networks", "networks", NETWORK)):  # fmt: skip
            if path == where:
                return {kind: [one] if name == one["name"] else []}
        raise Refusal(404, {"message": "No such thing found."})

    def _flavor(self, method: str, number: str, body: Any) -> object:
        if method == "POST":
            self.flavors["f1"] = body["flavor"]
            return {"flavor": {"id": "f1"}}
        self.flavors.pop(number)
        return None

    def _server(self, method: str, number: str, body: Any) -> object:
        if method == "POST":
            self.wanted = body["server"]
            self.servers["s1"] = {"left": list(self.states)}
            return {"server": {"id": "s1"}}
        if number not in self.servers:
            raise Refusal(404, {"itemNotFound": {"code": 404, "message": "no such instance"}})
        if method == "DELETE":
            del self.servers[number]
            return None
        left = self.servers[number]["left"]
        state = left.pop(0) if len(left) > 1 else left[0]
        return {"server": {
            "status": state, "OS-EXT-STS:power_state": int(state == "ACTIVE"),
            "OS-EXT-STS:task_state": None, "OS-EXT-SRV-ATTR:host": HOST,
            "fault": {"message": "bhyve said no"},
        }}  # fmt: skip


@contextmanager
def made_cloud() -> Iterator[Cloud]:
    """Serve one on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.cloud = Cloud(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.cloud  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_any(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        status, said = 200, None
        try:
            said = self.server.cloud.answer(  # type: ignore[attr-defined]
                self.command, self.path, self.headers.get("X-Auth-Token"), body
            )
        except Refusal as refusal:
            status, said = refusal.status, refusal.body
        text = (
            b"" if said is None else said if isinstance(said, bytes) else json.dumps(said).encode()
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        if self.path == "/v3/auth/tokens":
            self.send_header("X-Subject-Token", TOKEN)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = do_PUT = do_any

    def log_message(self, *arguments: object) -> None:
        pass
