#!/usr/bin/env python3
"""Ask a real neutron-server with the IPAM driver of the extras for addresses, over its REST API.

    scripts/ipam_demo.py --venv DIRECTORY [--json]

The environment needs neutron and PyMySQL. A database is made in the MariaDB of this machine and
dropped again; neutron's tables come from its models. Exit status 0 when the server gives what the
driver promises, 1 when not, 77 when there is no neutron or no database here.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from freebsd_port.openstack.ops.release.extras import load_extras  # noqa: E402
from freebsd_port.openstack.store.project.project import Project  # noqa: E402

IN_TARGET = ROOT / "tests/services/in_target"
SKIPPED = 77
SECONDS = 600
NEEDS = "import neutron, pymysql"
PROJECT = {"project_id": "demo"}
"""What a server without keystone has to be told."""

PROBE = """import sys
sys.exit(sys.argv[1] not in open(sys.argv[2]).read().split())
"""
CONFIG = """\
[DEFAULT]
api_paste_config = {paste}
auth_strategy = noauth
core_plugin = ml2
service_plugins =
ipam_driver = reserving
transport_url = fake:/
state_path = {place}
rpc_workers = 0
notify_nova_on_port_status_changes = False
notify_nova_on_port_data_changes = False
[oslo_concurrency]
lock_path = {place}
[database]
connection = {database}
[ml2]
type_drivers = vlan
tenant_network_types = vlan
mechanism_drivers =
extension_drivers = port_security
[ml2_type_vlan]
network_vlan_ranges = physnet1:100:199
[quotas]
quota_port = -1
[reserving_ipam]
probe_command = {python},-S,{place}/probe.py,{{address}},{place}/in_use
probe_timeout = 10
"""


class DemoError(Exception):
    """The server did not do what was expected."""


class Server:
    """neutron's API, and what is asked of it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v2.0"

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Give the status and the JSON of an answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "X-Project-Id": "demo"}
        asked = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def make(self, kind: str, **fields: object) -> dict[str, Any]:
        """Make something; raises DemoError unless the server does."""
        status, found = self.ask("POST", f"{kind}s", {kind: {**PROJECT, **fields}})
        if status != 201:
            raise DemoError(f"no {kind}: {status} {found}")
        made: dict[str, Any] = found[kind]
        return made

    def make_subnet(self, network: str, cidr: str) -> str:
        """Make a subnet; give its ID."""
        fields = {"network_id": network, "cidr": cidr, "ip_version": 4, "enable_dhcp": False}
        return str(self.make("subnet", **fields)["id"])

    def make_ports(self, network: str, count: int) -> list[str]:
        """Make some ports in one request; give their addresses."""
        body = {"ports": [{**PROJECT, "network_id": network}] * count}
        status, found = self.ask("POST", "ports", body)
        if status != 201:
            raise DemoError(f"no {count} ports: {status} {found}")
        return [one["fixed_ips"][0]["ip_address"] for one in found["ports"]]

    def exhaust(self, network: str) -> tuple[list[str], str]:
        """Make ports until there is none; give their addresses and the reason of the end."""
        addresses: list[str] = []
        while True:
            status, found = self.ask("POST", "ports", {"port": {**PROJECT, "network_id": network}})
            if status != 201:
                return addresses, f"{status} {found['NeutronError']['type']}"
            addresses.append(found["port"]["fixed_ips"][0]["ip_address"])


def main() -> int:
    """Give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    python = asked.venv / "bin/python"
    if reason := _find_reason(python):
        print(f"not run: {reason}", file=sys.stderr)
        return SKIPPED
    facts: list[tuple[str, object, object]] = []
    try:
        with serve(asked.venv, python) as (server, in_use):
            walk(server, in_use, facts)
    except DemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    good = all(found == wanted for _, found, wanted in facts)
    if asked.json:
        rows = [{"what": what, "found": found, "wanted": wanted} for what, found, wanted in facts]
        print(json.dumps({"ok": good, "facts": rows}, indent=1))
    else:
        for what, found, wanted in facts:
            print(f"{'ok  ' if found == wanted else 'FAIL'} {what}: {found}"
                  + ("" if found == wanted else f", not {wanted}"))  # fmt: skip
    return 0 if good else 1


def walk(server: Server, in_use: Path, facts: list[tuple[str, object, object]]) -> None:
    """Ask for everything that the driver promises, and note what came of it."""
    small = server.make("network", name="small")["id"]
    server.make_subnet(small, "10.10.0.0/28")
    found, end = server.exhaust(small)
    facts.append(("ports of a /28, which keeps none", len(found), 13))
    facts.append(("end of the /28", end, "409 IpAddressGenerationFailure"))

    in_use.write_text("10.10.1.7\n10.10.1.20\n10.10.1.33\n")
    large = server.make("network", name="large")["id"]
    server.make_subnet(large, "10.10.1.0/26")
    found = server.make_ports(large, 45)
    more, end = server.exhaust(large)
    found += more
    highest = max(int(one.rpartition(".")[2]) for one in found)
    facts.append(("ports of a /26, where 5 are kept and 3 answer", len(set(found)), 53))
    facts.append(("highest of them", highest, 57))
    answered = sorted(set(found) & set(in_use.read_text().split()))
    facts.append(("given although they answer", answered, []))
    facts.append(("end of the /26", end, "409 IpAddressGenerationFailure"))
    vip = server.make("port", network_id=large, fixed_ips=[{"ip_address": "10.10.1.60"}])
    facts.append(("a kept one asked for", vip["fixed_ips"][0]["ip_address"], "10.10.1.60"))
    status, answer = server.ask("POST", "ports", {"port": {**PROJECT, "network_id": large}})
    facts.append(("the next automatic one", f"{status} {answer['NeutronError']['type']}", end))
    pairs = {"port": {"allowed_address_pairs": [{"ip_address": "10.10.1.61"}]}}
    status, answer = server.ask("PUT", f"ports/{vip['id']}", pairs)
    allowed = answer["port"]["allowed_address_pairs"][0]["ip_address"] if status == 200 else answer
    facts.append(("a kept one as an allowed address pair", allowed, "10.10.1.61"))

    vlan = {"provider:network_type": "vlan", "provider:physical_network": "physnet1"}
    shared = server.make("network", name="vlan", **vlan, **{"provider:segmentation_id": 150})
    for cidr in ("10.10.2.0/28", "10.10.3.0/28"):
        one = server.make_subnet(shared["id"], cidr)
        port = server.make("port", network_id=shared["id"], fixed_ips=[{"subnet_id": one}])
        prefix = port["fixed_ips"][0]["ip_address"].rpartition(".")[0]
        facts.append((f"port on {cidr}, on VLAN 150 with another subnet", prefix, cidr[:7]))
    facts.append(("subnets on VLAN 150", len(_show(server, shared["id"])["subnets"]), 2))
    status, _ = server.ask("DELETE", f"ports/{vip['id']}")
    facts.append(("delete of the port with the kept one", status, 204))


def _show(server: Server, network: str) -> dict[str, Any]:
    found: dict[str, Any] = server.ask("GET", f"networks/{network}")[1]["network"]
    return found


def _find_reason(python: Path) -> str | None:
    """Say why nothing can be shown here, or None."""
    if not python.exists():
        return f"{python} does not exist"
    if subprocess.run([python, "-W", "ignore", "-c", NEEDS], capture_output=True).returncode:
        return f"{python} has no neutron, or no PyMySQL"
    try:
        with socket.create_connection(("127.0.0.1", 3306), 5):
            return None
    except OSError:
        return "no database server at 127.0.0.1:3306"


@contextmanager
def serve(venv: Path, python: Path) -> Iterator[tuple[Server, Path]]:
    """Start a server on a new database; give it, and the file of the addresses in use."""
    name = f"freebsd_port_ipam_{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="freebsd-port-") as directory:
        place = Path(directory)
        for path, content in load_extras(Project(ROOT)).members.items():
            (place / "extras" / path).parent.mkdir(parents=True, exist_ok=True)
            (place / "extras" / path).write_bytes(content)
        before = os.environ.get("PYTHONPATH")
        paths = [str(place / "extras"), *([before] if before else [])]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONWARNINGS": "ignore",
            "OS_NEUTRON_CONFIG_DIR": directory,
            "OS_NEUTRON_CONFIG_FILES": "neutron.conf",
        }
        tables = [python, IN_TARGET / "neutron_tables.py"]
        _say("making neutron's tables")
        made = subprocess.run(
            [*tables, "create", name], env=environment, capture_output=True, text=True
        )
        try:
            if made.returncode:
                raise DemoError(f"no tables: {made.stderr.strip()[-800:]}")
            (place / "probe.py").write_text(PROBE)
            (place / "in_use").touch()
            config = CONFIG.format(
                paste=venv / "etc/neutron/api-paste.ini",
                place=place,
                database=made.stdout.strip(),
                python=python,
            )
            (place / "neutron.conf").write_text(config)
            with _running(python, place, environment) as port:
                yield Server(port), place / "in_use"
        finally:
            subprocess.run([*tables, "drop", name], env=environment, check=False)


@contextmanager
def _running(python: Path, place: Path, environment: dict[str, str]) -> Iterator[int]:
    """Run the server until the end of the block; give its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener, (place / "log").open("w+") as log:
        port = listener.getsockname()[1]
        words = [python, IN_TARGET / "serve.py", str(listener.fileno()), "neutron.wsgi.api"]
        process = subprocess.Popen(
            words, env=environment, pass_fds=[listener.fileno()], stdout=log, stderr=log
        )
        try:
            _say(f"starting neutron-server at port {port}")
            deadline = time.monotonic() + SECONDS
            while "serving neutron.wsgi.api" not in (place / "log").read_text():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise DemoError("neutron-server: " + (place / "log").read_text()[-1500:])
                time.sleep(0.5)
            yield port
        except DemoError:
            print((place / "log").read_text()[-3000:], file=sys.stderr)
            raise
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
