"""`host database` on a real MariaDB, by the environment's nova-manage."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from programs import why_not
from proof import VARIABLE, require_environment
from services.place import DATABASE, find_address

from freebsd_port.host.core.nova_config import nova_sections, render_config
from freebsd_port.host.core.passwords import KEYS, render_passwords
from freebsd_port.host.ops.answers import load_answers

pytestmark = [  # nova-manage is started nine times
    pytest.mark.timeout(1800),
    pytest.mark.long,
]
NASTY = "it's \\ a;`\" %{x}$y/@:"

COMPUTE = """
INSERT INTO services (created_at, host, `binary`, topic, report_count, disabled, deleted, version,
  uuid) VALUES (now(), 'h1', 'nova-compute', 'compute', 1, 0, 0, 70, uuid());
INSERT INTO compute_nodes (created_at, vcpus, memory_mb, local_gb, vcpus_used, memory_mb_used,
  local_gb_used, hypervisor_type, hypervisor_version, cpu_info, host, hypervisor_hostname, deleted,
  uuid, mapped) VALUES (now(), 1, 1, 1, 0, 0, 0, 'bhyve', 1, '{}', 'h1', 'h1', 0, uuid(), 0);
"""


@dataclass
class Place:
    """A host of the test's own, with databases of its own."""

    root: Path
    name: str

    def configure(self, passwords: Mapping[str, str]) -> None:
        """Write nova.conf, as `host config` has it."""
        answers = load_answers(self.root / "host.toml")
        (self.root / "nova.conf").write_bytes(render_config("", nova_sections(answers, passwords)))

    def sql(self, text: str, database: str = "") -> str:
        """Run statements as the administrator."""
        words = [client(), f"--defaults-file={self.root}/admin.cnf", "--batch", database]
        done = subprocess.run(words, input=text, text=True, capture_output=True, check=True)
        return done.stdout

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the verb."""
        command = [sys.executable, "-m", "freebsd_port", "host", "database", *words]
        files = ["--answers", "host.toml", "--passwords", "passwords.toml"]
        done = subprocess.run([*command, *files], cwd=self.root, text=True, capture_output=True)
        assert NASTY not in done.stdout + done.stderr
        assert quote(NASTY, safe="") not in done.stdout + done.stderr
        return done

    def run(self) -> list[str]:
        """Take what is left; give which steps were taken."""
        done = self.call("--run", "--json", "--defaults-file", "admin.cnf")
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        assert {step["state"] for step in told["steps"]} <= {"done", "later"}
        taken: list[str] = told["taken"]
        return taken

    def left(self) -> list[str]:
        """Only look."""
        done = self.call("--json")
        steps = json.loads(done.stdout)["steps"]
        found = [step["name"] for step in steps if step["state"] == "left"]
        assert done.returncode == bool(found)
        return found


def client() -> str:
    return shutil.which("mariadb") or shutil.which("mysql") or "mariadb"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    require_environment()
    if shutil.which(client()) is None:
        pytest.skip(why_not("mariadb"))
    address = find_address(DATABASE)
    account = address.account
    host, port = str(account["host"]), int(str(account["port"]))
    try:
        socket.create_connection((host, port), 20).close()
    except OSError as error:
        if address.is_chosen:
            raise
        pytest.skip(f"no database at {host}:{port}: {error}")
    name = f"fp_{secrets.token_hex(4)}"
    venv = Path(os.environ[VARIABLE]).absolute()
    (tmp_path / "host.toml").write_text(
        f'[nova]\nenvironment = "{venv}"\nconfig = "{tmp_path}"\n'
        f'[database]\nname = "{name}"\nurl = "mysql+pymysql://{name}@{host}:{port}/"\n'
    )
    admin = tmp_path / "admin.cnf"
    admin.touch(0o600)
    admin.write_text(
        f"[client]\nprotocol=tcp\nhost={host}\nport={port}\nuser={account['user']}\n"
        f'password="{account["password"]}"\n'
    )
    one = Place(tmp_path, name)
    yield one
    drops = [f"DROP DATABASE IF EXISTS {name}{end};" for end in ("_api", "", "_cell0")]
    users = one.sql(f"SELECT quote(user), quote(host) FROM mysql.user WHERE user = '{name}'")
    for row in users.splitlines()[1:]:
        user, where = row.split("\t")
        drops.append(f"DROP USER {user}@{where};")
    one.sql("".join(drops))


def save(place: Place, passwords: Mapping[str, str]) -> None:
    path = place.root / "passwords.toml"
    path.touch(0o600)
    path.chmod(0o600)
    path.write_bytes(render_passwords(passwords))


def test_the_steps_are_taken_once_and_a_run_that_broke_off_goes_on(place: Place) -> None:
    passwords = {key: NASTY if key == "database" else "p" for key in KEYS}
    save(place, passwords)
    everything = [
        *("databases and user", "api_db sync", "cell_v2 map_cell0", "db sync"),
        "cell_v2 create_cell",
    ]
    assert place.left() == everything

    place.configure(passwords)
    config = place.root / "nova.conf"
    right = config.read_text()
    config.write_text(right.replace(f"/{place.name}?", f"/{place.name}_none?"))
    done = place.call("--run", "--defaults-file", "admin.cnf")
    assert done.returncode == 1
    assert "max_connections" in done.stderr or int(place.sql("SELECT @@max_connections")[18:]) > 499
    assert "error: nova-manage ended with status " in done.stderr
    assert "host database --run continues from this step" in done.stderr
    assert place.left() == ["db sync", "cell_v2 create_cell"]

    config.write_text(right)
    assert place.run() == ["db sync", "cell_v2 create_cell"]
    assert place.run() == []

    plain = "UPDATE cell_mappings SET transport_url = 'rabbit://a:b@c/' WHERE name = 'cell1';"
    place.sql(plain, f"{place.name}_api")
    place.sql(COMPUTE, place.name)
    steps = ["cell_v2 update_cell cell1", "cell_v2 discover_hosts"]
    assert place.left() == steps
    assert place.run() == steps

    save(place, passwords | {"database": "another"})
    assert place.left()[0] == "databases and user"
    assert place.run() == ["databases and user"]
    mapped = place.sql("SELECT host FROM host_mappings", f"{place.name}_api")
    assert mapped.split() == ["host", "h1"]
    kept = place.sql("SELECT * FROM cell_mappings", f"{place.name}_api")
    assert "{password}" in kept
    assert quote(NASTY, safe="") not in kept
