"""The written scripts with the environment's own programs: gunicorn, and a service of nova."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from null_modems import free_ports
from proof import require_environment
from rc_host import RcHost, is_alive

from freebsd_port.host.core.service_files import service_files
from freebsd_port.host.ops.services import find_tools

APPLICATION = """
import json, os, sys

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    said = {"words": sys.argv[1:], "config": os.environ["OS_NOVA_CONFIG_DIR"], "pid": os.getppid()}
    return [json.dumps(said).encode()]
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[RcHost]:
    _, _, environment = require_environment()
    host = RcHost(tmp_path)
    host.use_environment(environment.root)
    yield host
    host.kill_all()


def answer(port: int) -> dict[str, object]:
    """Ask until there is an answer."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
            continue
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as response:
            said: dict[str, object] = json.load(response)
            return said


@pytest.mark.parametrize(
    ("name", "section", "module"),
    [("nova_api", "api", "osapi_compute"), ("nova_api_metadata", "metadata", "metadata")],
)
def test_gunicorn_serves_novas_application_by_the_written_settings(
    host: RcHost, name: str, section: str, module: str
) -> None:
    tools = find_tools(host.answers, host.root / "host.toml", Path("/"))
    if tools.has_own_api_server:  # an older release, which starts its own
        assert name.replace("_", "-") in host.services[name].program
        return
    (port,) = free_ports(1)
    place = replace(getattr(host.answers, section), port=port, workers=1)
    answers = replace(host.answers, **{section: place})
    for file in service_files(answers, tools):
        if file.path.startswith(str(host.root)):
            Path(file.path).write_bytes(file.content)
    (host.root / "etc/api-paste.ini").touch()
    package = host.root / "stand-in/nova/wsgi"
    package.mkdir(parents=True)
    for file, text in (
        ("../__init__.py", ""),
        ("__init__.py", ""),
        (f"{module}.py", APPLICATION),
    ):
        (package / file).write_text(text)
    host.install(name)
    host.rc_conf.write_text(f'{name}_enable="YES"\n{name}_start_seconds=1\n')
    started = host.run(name, "start", PYTHONPATH=str(host.root / "stand-in"))
    assert (started.returncode, started.stderr) == (0, "")
    child = host.pid(name, of_child=True)
    assert answer(port) == {"words": [], "config": f"{host.root}/etc", "pid": child}
    assert host.run(name, "stop").returncode == 0
    assert not is_alive(child)
    assert "Shutting down: Master" in host.log(name)


def test_a_service_of_nova_that_cannot_start_shows_why(host: RcHost) -> None:
    (host.root / "etc/nova.conf").write_text("[DEFAULT]\ntransport_url = nonsense://\n")
    host.install("nova_conductor")
    host.rc_conf.write_text('nova_conductor_enable="YES"\nnova_conductor_start_seconds=100000\n')
    started = host.run("nova_conductor", "start")
    assert started.returncode == 1
    assert "nova_conductor does not stay up" in started.stderr
    assert "nonsense" in started.stderr
    host.run("nova_conductor", "stop")
