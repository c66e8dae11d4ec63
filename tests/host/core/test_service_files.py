"""The text of the files of services, held against golden files and against what reads them.

After a wanted change: FREEBSD_PORT_GOLDEN=write pytest tests/host/core/test_service_files.py
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from made_answers import answer
from programs import needs

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.service import NAMES, Tools, services
from freebsd_port.host.core.service_files import HostFile, service_files

GOLDEN = Path(__file__).parents[2] / "data" / "host"
ANSWERS = Answers()
BY_GUNICORN = Tools(
    "/usr/local/freebsd-port/bin/freebsd-port", "/usr/local/etc/freebsd-port/host.toml", False
)
BY_ITSELF = replace(BY_GUNICORN, has_own_api_server=True)
SHELLCHECK = shutil.which("shellcheck")
BASE = """\
NETWORKING |
SERVERS    | NETWORKING
DAEMON     | NETWORKING SERVERS
LOGIN      | DAEMON
virtlogd   | LOGIN
libvirtd   | LOGIN virtlogd
mysql      | LOGIN
memcached  | DAEMON
rabbitmq   | DAEMON
ovs_vswitchd | LOGIN
"""
"""What FreeBSD's own scripts and those of its packages provide and require. Source:
libexec/rc/rc.d in its sources; files/*.in of devel/libvirt, databases/mariadb106-server,
databases/memcached, net/rabbitmq and net/openvswitch in its ports."""


def files_of(tools: Tools = BY_GUNICORN, answers: Answers = ANSWERS) -> dict[str, HostFile]:
    return {Path(file.path).name: file for file in service_files(answers, tools)}


def golden_name(file: HostFile, tools: Tools) -> str:
    return Path(file.path).name + ("@own-server" if tools is BY_ITSELF else "")


@pytest.mark.parametrize(
    ("tools", "name"),
    [
        *((BY_GUNICORN, name) for name in files_of()),
        *((BY_ITSELF, name) for name in ("nova_api", "nova_api_metadata")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_text_of_each_file_is_as_it_was_read_and_approved(tools: Tools, name: str) -> None:
    file = files_of(tools)[name]
    golden = GOLDEN / golden_name(file, tools)
    if os.environ.get("FREEBSD_PORT_GOLDEN") == "write":
        golden.write_bytes(file.content)
    assert golden.read_text() == file.content.decode()


def test_no_golden_file_is_left_over() -> None:
    wanted = {golden_name(file, BY_GUNICORN) for file in files_of().values()}
    assert {path.name for path in GOLDEN.iterdir()} == wanted | {
        *("nova_api@own-server", "nova_api_metadata@own-server")
    }


def test_every_file_has_its_place_and_no_more_rights_than_it_needs() -> None:
    assert {file.path: oct(file.mode) for file in files_of().values()} == {
        **{f"/usr/local/etc/rc.d/{name}": "0o555" for name in NAMES},
        "/usr/local/etc/newsyslog.conf.d/nova.conf": "0o644",
        "/usr/local/etc/libvirt/hooks/bhyve": "0o755",
        "/usr/local/etc/nova/nova-api-gunicorn.conf.py": "0o644",
        "/usr/local/etc/nova/nova-api-metadata-gunicorn.conf.py": "0o644",
    }
    assert not [name for name in files_of(BY_ITSELF) if "gunicorn" in name]


def test_no_placeholder_is_left_in_any_file() -> None:
    for tools in (BY_GUNICORN, BY_ITSELF):
        for file in files_of(tools).values():
            assert not re.search(rb"@[A-Z_]+@", file.content), file.path


def test_qemu_needs_neither_the_bridge_nor_the_modules_of_bhyve() -> None:
    answers = answer(libvirt={"virt_type": "qemu", "uri": "qemu:///system"})
    made, bhyve = files_of(answers=answers), files_of()
    assert set(bhyve) - set(made) == {"nova_consolebridge", "bhyve"}
    assert b"nova_consolebridge" in bhyve["nova_compute"].content
    assert not [name for name, file in made.items() if b"consolebridge" in file.content]
    compute = made["nova_compute"].content.decode()
    assert "if_bridge" in compute
    assert not re.search(r"\b(vmm|nmdm)\b", compute)
    alone = files_of(replace(BY_GUNICORN, installed=frozenset()), answers)
    assert "libvirtd" in keyword(made["nova_compute"].content, "REQUIRE")
    assert keyword(alone["nova_compute"].content, "REQUIRE") == ["LOGIN", "nova_conductor"]


SHELL = [*(NAMES), "bhyve"]


@pytest.mark.parametrize("name", SHELL)
def test_every_script_is_shell(name: str, tmp_path: Path) -> None:
    script = tmp_path / name
    script.write_bytes(files_of()[name].content)
    subprocess.run(["sh", "-n", str(script)], check=True)


@needs("shellcheck")
@pytest.mark.parametrize("name", SHELL)
def test_shellcheck_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    script = tmp_path / name
    script.write_bytes(files_of()[name].content)
    excused = "SC1091,SC2034,SC2154"  # rc.subr is not here, reads our variables, and sets its own
    command = [str(SHELLCHECK), "-s", "sh", "-e", excused, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def keyword(script: bytes, word: str) -> list[str]:
    found = re.search(rf"^# {word}: (.*)$", script.decode(), re.M)
    assert found is not None
    return found[1].split()


def boot_order() -> list[str]:
    """The order that rcorder(8) would give, with what FreeBSD has."""
    graph = {name: keyword(files_of()[name].content, "REQUIRE") for name in NAMES}
    for row in BASE.splitlines():
        name, _, required = row.partition("|")
        graph[name.strip()] = required.split()
    provided = set(graph)
    known = {name: [one for one in needed if one in provided] for name, needed in graph.items()}
    return list(TopologicalSorter(known).static_order())


def test_the_scripts_can_be_ordered_and_come_after_what_they_need() -> None:
    order = boot_order()
    for first, *later in (
        ("LOGIN", *NAMES),
        ("mysql", "nova_conductor", "nova_scheduler", "nova_api", "nova_api_metadata"),
        ("rabbitmq", "nova_conductor"),
        ("libvirtd", "nova_consolebridge", "nova_compute"),
        ("nova_consolebridge", "nova_compute"),
        ("ovs_vswitchd", "nova_compute"),
        ("nova_conductor", "nova_scheduler", "nova_api", "nova_api_metadata", "nova_compute"),
    ):
        assert all(order.index(first) < order.index(name) for name in later), (first, later)


def test_what_a_script_requires_is_ours_or_one_of_freebsds() -> None:
    known = {row.split("|")[0].strip() for row in BASE.splitlines()} | set(NAMES) | {"postgresql"}
    for name in NAMES:
        content = files_of()[name].content
        assert set(keyword(content, "REQUIRE")) <= known
        assert keyword(content, "PROVIDE") == [name]
        assert keyword(content, "KEYWORD") == ["shutdown"]


def test_the_words_of_a_command_survive_the_quotes_of_rc_subr() -> None:
    for one in services(ANSWERS, BY_GUNICORN):
        for word in (one.program, *one.arguments, *one.environment, *one.required_files):
            assert re.fullmatch(r"[A-Za-z0-9/._+@:=-]+", word), word


@pytest.mark.parametrize(
    ("name", "module", "port"),
    [("api", "osapi_compute", 8774), ("api-metadata", "metadata", 8775)],
)
def test_gunicorn_gets_no_word_that_nova_would_take_for_its_own(
    name: str, module: str, port: int
) -> None:
    (api,) = [one for one in services(ANSWERS, BY_GUNICORN) if one.file_name == f"nova-{name}"]
    assert api.arguments == ()
    file = f"nova-{name}-gunicorn.conf.py"
    assert f"GUNICORN_CMD_ARGS=--config=/usr/local/etc/nova/{file}" in api.environment
    settings: dict[str, object] = {}
    exec(files_of()[file].content, settings)
    assert settings["wsgi_app"] == f"nova.wsgi.{module}:application"
    assert settings["bind"] == [f"127.0.0.1:{port}"]
    assert settings["proc_name"] == f"nova-{name}"


def test_each_api_listens_where_its_own_answers_say() -> None:
    answers = answer(
        api={"address": "::1", "workers": 3}, metadata={"address": "fd00::1", "port": 9000}
    )
    found = {}
    for name in ("api", "api-metadata"):
        settings: dict[str, object] = {}
        exec(files_of(answers=answers)[f"nova-{name}-gunicorn.conf.py"].content, settings)
        found[name] = (settings["bind"], settings["workers"])
    assert found == {"api": (["[::1]:8774"], 3), "api-metadata": (["[fd00::1]:9000"], 2)}


def test_each_log_is_rotated_under_its_owner_and_its_daemon_is_told() -> None:
    rows = [
        row.split()
        for row in files_of()["nova.conf"].content.decode().splitlines()
        if not row.startswith("#")
    ]
    assert len(rows) == len(NAMES)
    for log, owner, mode, count, size, when, flags, pid, signal in rows:
        script = files_of()[Path(pid).stem].content.decode()
        assert f'logfile="{log}"\n' in script
        assert f'pidfile="{pid}"\n' in script
        assert owner == ("root:wheel" if "consolebridge" in log else "nova:nova")
        assert (mode, count, size, when, flags) == ("640", "7", "10240", "*", "J")
        assert signal == "1"
