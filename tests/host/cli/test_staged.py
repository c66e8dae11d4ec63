"""Every verb of a host takes --root, and finds there what the verbs before it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Run

from freebsd_port.host.core.answers import Answers, Libvirt
from freebsd_port.host.ops.answers import load_answers
from freebsd_port.host.ops.console_bridge import bridge_settings

PLACE = "usr/local/etc/freebsd-port"


@pytest.fixture
def root(run: Run, tmp_path: Path) -> Path:
    stage = tmp_path / "stage"
    assert run("host", "init", "--root", str(stage)).status == 0
    return stage


def test_init_writes_the_hypervisor_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    words = ("host", "init", "--root", str(tmp_path / "stage"), "--virt-type", "qemu")
    assert run(*words).status == 0
    answers = load_answers(tmp_path / "stage" / PLACE / "host.toml")
    assert answers == Answers(libvirt=Libvirt("qemu", "qemu:///system"))
    assert run(*words, "--json").json["new"] is False
    assert run(*words[:-1], "bhyve").status == 2


@pytest.mark.parametrize("verb", ["doctor", "config", "database", "verify", "console-bridge"])
def test_the_answers_are_those_below_the_root(run: Run, tmp_path: Path, verb: str) -> None:
    said = run("host", verb, "--root", str(tmp_path / "empty"))
    assert said.status == 2
    assert f"  where: {tmp_path}/empty/{PLACE}/host.toml\n" in said.err


@pytest.mark.parametrize("verb", ["database", "verify"])
def test_the_passwords_are_those_below_the_root(run: Run, root: Path, verb: str) -> None:
    said = run("host", verb, "--root", str(root))
    assert said.status == 1
    assert "there is no password for " in said.err
    assert f"  where: {root}/{PLACE}/passwords.toml\n" in said.err


def test_the_database_is_filled_by_the_configuration_below_the_root(run: Run, root: Path) -> None:
    passwords = root / PLACE / "passwords.toml"
    passwords.touch(0o600)
    passwords.write_text('database = "secret"\n')
    said = run("host", "database", "--run", "--root", str(root))
    assert said.status == 1
    assert f"  where: {root}/usr/local/etc/nova/nova.conf\n" in said.err


def test_a_file_that_an_option_names_is_that_file(run: Run, root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    said = run("host", "verify", "--root", str(root), "--passwords", str(other))
    assert f"  where: {other}\n" in said.err


def test_the_console_bridge_listens_and_logs_below_the_root(tmp_path: Path) -> None:
    settings = bridge_settings(Answers(), tmp_path)
    assert settings.root == tmp_path
    assert settings.socket == tmp_path / "var/run/nova-consolebridge.sock"
    assert settings.instances == tmp_path / "var/db/nova/instances"
